"""Labelled messages, and the runner that sends them through the real engine and actions."""
