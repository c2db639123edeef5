"""A trained detector of warnings in words that no rule foresaw, over the sentence encoders.

It stands beside the rules (red_flags/) and can only add to what they find. It is trained on the messages of
data/red_flags.csv and, as messages without any warning, on the examples of data/nlu.yml.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.encoders import SentenceEncoder, Vectors
from engine.intent_model import IntentModel
from red_flags import TIERS

EXAMPLES = Path(__file__).parent.parent / "data" / "red_flags.csv"
NONE = "none"
# Fewer words than that tell too little on their own.
SHORTEST_PART = 4


@dataclass(frozen=True)
class Example:
    """A training message; `flag` is empty when its tier is none."""

    text: str
    tier: str
    flag: str


@dataclass(frozen=True)
class Detected:
    """What the detector makes of a message.

    Attributes:
        tier: none, urgent, emergency or crisis.
        like: flag of the training message that is most like it; empty with tier none.
        grave: probability of an emergency or a crisis, the highest of the message and its parts.
        any_warning: probability of any warning, likewise.
    """

    tier: str
    like: str
    grave: float
    any_warning: float


@dataclass(frozen=True)
class Thresholds:
    """Probabilities from which the detector warns; chosen on validation messages (docs/decisions/0008).

    Attributes:
        grave: of an emergency or a crisis.
        warning: of any warning, which is then urgent.
    """

    grave: float = 0.5
    warning: float = 0.6


def load_examples(path: Path = EXAMPLES) -> list[Example]:
    """Read text, tier and flag of each training message.

    Raises:
        OSError: no such file.
        ValueError: a row is incomplete or names an unknown tier.
    """
    with path.open(encoding="utf-8", newline="") as file:
        examples = [Example(row["text"], row["tier"], row["flag"]) for row in csv.DictReader(file)]
    for line, example in enumerate(examples, start=2):
        if not example.text or example.tier not in TIERS or (example.tier == NONE) == bool(example.flag):
            raise ValueError(f"{path.name}, row {line}: text, a tier, and a flag unless the tier is none.")
    return examples


def fingerprint(path: Path = EXAMPLES) -> str:
    """Changes when the training messages do."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fit(encoder: SentenceEncoder, texts: Sequence[str], vectors: Vectors) -> IntentModel:
    """Train on data/red_flags.csv, with `texts` (vectors of shape (n, d)) as messages without a warning."""
    import numpy as np

    examples = load_examples()
    labels = [f"{example.tier} {example.flag}" for example in examples]
    return IntentModel.fit(
        [*(example.text for example in examples), *texts],
        [*labels, *(f"{NONE} " for _ in texts)],
        np.vstack([encoder.encode([example.text for example in examples]), vectors]),
    )
