"""Texting the clinic: what an SMS means, what it costs and whether it is genuine."""
