"""Red flags in a patient's message, read by rules that a clinician can review.

The rules are data (`rules/*.yml`); `rules/README.md` explains the notation. Nothing here needs Rasa,
the network or a trained model, so the reader works when everything else is down.
"""

from engine.red_flags.reader import Finding, Reading, RedFlagReader
from engine.red_flags.rules import RuleError

__all__ = ["Finding", "Reading", "RedFlagReader", "RuleError"]
