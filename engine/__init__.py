"""Rasa extensions of Frontdesk: encoders, intent classifier, red flags, gate, connector, tracker store."""
