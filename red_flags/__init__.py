"""Red flags in a patient's message, read by rules that a clinician can review.

The rules are data (`rules/*.yml`); `rules/README.md` explains the notation. Nothing here needs Rasa,
the network or a trained model, so the reader works when everything else is down.
"""

from red_flags.reader import Finding, Reading, RedFlagReader
from red_flags.rules import TIERS, RuleError, stricter

__all__ = ["TIERS", "Finding", "Reading", "RedFlagReader", "RuleError", "stricter"]
