"""Custom actions of the assistant; `python -m actions` serves them to the engine."""
