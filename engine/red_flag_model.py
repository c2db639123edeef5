"""A trained model of warnings in words that no rule foresaw, over the sentence encoders.

It stands beside the rules (red_flags/) and can only add to what they find. It is trained on the messages of
data/red_flags.csv and, as messages without any warning, on the examples of data/nlu.yml.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.encoders import SentenceEncoder, Vectors
from engine.intent_model import IntentModel, Prediction
from red_flags import TIERS

EXAMPLES = Path(__file__).parent.parent / "data" / "red_flags.csv"
NONE, URGENT, EMERGENCY, CRISIS = TIERS
# Fewer words than that tell too little on their own.
SHORTEST_PART = 4


@dataclass(frozen=True)
class Example:
    """A training message; `flag` is empty when its tier is none."""

    text: str
    tier: str
    flag: str


@dataclass(frozen=True)
class Thresholds:
    """Probabilities from which the model warns; chosen on validation messages (docs/decisions/0008).

    Attributes:
        grave: of an emergency or a crisis, in the whole message.
        crisis: of a crisis, in the whole message; 988 is offered sooner than an ambulance is called.
        warning: of any warning, which is then urgent, in the whole message.
        part: of an emergency or a crisis in one part of it, which has less around it to judge by.
        nothing: of any warning, below which the rules' own warning is taken to be a misreading.
    """

    grave: float = 0.65
    crisis: float = 0.45
    warning: float = 0.5
    part: float = 0.85
    nothing: float = 0.05


@dataclass(frozen=True)
class Detected:
    """What the model makes of a message.

    Attributes:
        tier: none, urgent, emergency or crisis.
        like: flag of the training message that is most like it; empty with tier none.
        grave: probability of an emergency or a crisis, the highest of the message and its parts.
        warning: probability of any warning, likewise.
    """

    tier: str
    like: str
    grave: float
    warning: float


# A probability that is not reached.
NEVER = 2.0


def load_examples(path: Path = EXAMPLES) -> list[Example]:
    """Read text, tier and flag of each training message.

    Raises:
        OSError: no such file.
        ValueError: a row is incomplete or names an unknown tier.
    """
    with path.open(encoding="utf-8", newline="") as file:
        examples = [Example(row["text"], row["tier"], row["flag"]) for row in csv.DictReader(file)]
    for line, example in enumerate(examples, start=1):
        if not example.text or example.tier not in TIERS or (example.tier == NONE) == bool(example.flag):
            raise ValueError(f"{path.name}, message {line}: text, a tier, and a flag unless that is none.")
    return examples


def fingerprint(path: Path = EXAMPLES) -> str:
    """Changes when the training messages do."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class RedFlagModel:
    """An intent model whose intents are the tiers; `flags` has the flag of each warning it was trained on."""

    tiers: IntentModel
    flags: dict[str, str]

    @classmethod
    def fit(cls, encoder: SentenceEncoder, harmless: Sequence[str], vectors: Vectors) -> RedFlagModel:
        """Train on data/red_flags.csv and on `harmless` messages, whose vectors have shape (n, d)."""
        examples = load_examples()
        texts = [example.text for example in examples]
        tiers = IntentModel.fit(
            [*texts, *harmless],
            [*(example.tier for example in examples), *(NONE for _ in harmless)],
            np.vstack([encoder.encode(texts), vectors]),
        )
        return cls(tiers, {example.text: example.flag for example in examples if example.flag})

    def read(self, texts: Sequence[str], vectors: Vectors, thresholds: Thresholds = Thresholds()) -> Detected:
        """Read a message and its parts.

        Args:
            texts: the whole message first, then its parts.
            vectors: of the texts, shape (n, d).
            thresholds: when to warn.
        """
        whole, *parts = self.tiers.predict(texts, vectors)
        read = [self._detected(whole, thresholds.grave, thresholds.crisis, thresholds.warning)]
        for text, part in zip(texts[1:], parts, strict=True):
            if len(text.split()) >= SHORTEST_PART:
                read.append(self._detected(part, thresholds.part, thresholds.part, NEVER))
        return max(read, key=lambda found: (TIERS.index(found.tier), found.warning))

    def _detected(
        self, prediction: Prediction, grave_from: float, crisis_from: float, warning_from: float
    ) -> Detected:
        chances = dict(prediction.ranking)
        grave = chances[EMERGENCY] + chances[CRISIS]
        warning = grave + chances[URGENT]
        tier = NONE
        if chances[CRISIS] >= crisis_from:
            tier = CRISIS
        elif grave >= grave_from:
            tier = CRISIS if chances[CRISIS] > chances[EMERGENCY] else EMERGENCY
        elif warning >= warning_from:
            tier = URGENT
        if tier == NONE:
            return Detected(NONE, "", grave, warning)
        like = next((self.flags[near.text] for near in prediction.nearest if near.text in self.flags), "")
        return Detected(tier, like, grave, warning)

    def save(self, folder: Path) -> None:
        """Write the model into an existing folder."""
        self.tiers.save(folder)
        (folder / "flags.json").write_text(json.dumps(self.flags), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> RedFlagModel:
        """Read what `save` wrote.

        Raises:
            OSError: a file is missing.
            ValueError: a file is damaged.
        """
        flags = json.loads((folder / "flags.json").read_text(encoding="utf-8"))
        return cls(IntentModel.load(folder), flags)
