"""A trained model of warnings in words that no rule foresaw, over the sentence encoders.

It stands beside the rules (red_flags/). It is trained on the messages of data/red_flags.csv and, as messages
without any warning, on the examples of data/nlu.yml. Two readers with different faults have the same say: a
linear model over the general encoders' vectors, which knows many words and little of "no" and "not", and the
tiers of the tuned encoder, which reads the sentence and is surer than it should be. Both know English only; a
third, over the multilingual encoder, reads Spanish alone.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, softmax

from engine import intent_model
from engine.encoders import Vectors, general_part, multilingual_part
from engine.intent_model import IntentModel, Prediction
from engine.training_vectors import training_vectors
from red_flags import TIERS

EXAMPLES = Path(__file__).parent.parent / "data" / "red_flags.csv"
NONE, URGENT, EMERGENCY, CRISIS = TIERS
# Fewer words than that tell too little on their own.
SHORTEST_PART = 4
MULTILINGUAL_SHARE = 3
MULTILINGUAL_FOLDER = "multilingual"


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
        grave: of an emergency or a crisis, in the whole message; the likelier of them is named.
        warning: of any warning, which is then urgent, in the whole message.
        part: of an emergency or a crisis in one part of it, which has less around it to judge by.
        doubt: of any warning in the whole message, below which no part of it is believed.
        agreed: of an emergency or a crisis in the whole message, below which an emergency of the rules is
            urgent at most.
        nothing: of any warning in the whole message, below which an emergency or an urgent warning of the
            rules is taken to be a misread word.
    """

    grave: float = 0.3
    warning: float = 0.5
    part: float = 0.9
    doubt: float = 0.2
    agreed: float = 0.02
    nothing: float = 0.05


@dataclass(frozen=True)
class Detected:
    """What the model makes of a message.

    Attributes:
        tier: none, urgent, emergency or crisis.
        like: flag of the training message that is most like it; empty with tier none.
        grave: probability of an emergency or a crisis in the whole message.
        warning: probability of any warning in it.
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
    """Changes when the training messages do, or the way of training."""
    return hashlib.sha256(path.read_bytes() + intent_model.fingerprint().encode()).hexdigest()


@dataclass(frozen=True)
class RedFlagModel:
    """Intent models whose intents are the tiers.

    Attributes:
        tiers: over the general encoders.
        multilingual: over the one encoder that reads Spanish.
        flags: the flag of each warning they learned from.
        warnings: those warnings by the general encoders, shape (n, d).
    """

    tiers: IntentModel
    multilingual: IntentModel
    flags: list[str]
    warnings: npt.NDArray[np.float16]

    @classmethod
    def fit(cls, harmless: Sequence[str], vectors: Vectors) -> RedFlagModel:
        """Train on data/red_flags.csv and on `harmless` messages.

        Args:
            harmless: messages without any warning.
            vectors: theirs by the general encoders, shape (n, d).
        """
        examples = load_examples()
        warned = training_vectors([example.text for example in examples])
        texts = [*(example.text for example in examples), *harmless]
        tiers = [*(example.tier for example in examples), *(NONE for _ in harmless)]
        general = np.vstack([general_part(warned), vectors])
        # Fewer of the harmless ones are enough where only the words of one more language are learned.
        few = slice(len(examples) + len(harmless) // MULTILINGUAL_SHARE)
        return cls(
            IntentModel.fit(texts, tiers, general),
            IntentModel.fit(texts[few], tiers[few], multilingual_part(general[few])),
            [example.flag for example in examples if example.flag],
            general[[place for place, example in enumerate(examples) if example.flag]].astype(np.float16),
        )

    def read(
        self,
        texts: Sequence[str],
        vectors: Vectors,
        tuned: npt.NDArray[np.float32],
        locale: str = "en",
        thresholds: Thresholds = Thresholds(),
    ) -> Detected:
        """Read a message and its parts.

        Args:
            texts: the whole message first, then its parts.
            vectors: the general encoders' vectors of the texts, shape (n, d).
            tuned: the tuned encoder's log odds of the tiers, in the order of `TIERS`, shape (n, 4).
            locale: "en" or "es".
            thresholds: when to warn.
        """
        if locale == "en":
            predictions = self.tiers.predict(texts, vectors)
            chances = _mean(_of_tiers(predictions), tuned)
        else:
            predictions = self.multilingual.predict(texts, multilingual_part(vectors))
            chances = _of_tiers(predictions)
        whole, *parts = zip(vectors, chances, strict=True)
        found = self._detected(*whole, locale, thresholds.grave, thresholds.warning)
        if found.warning < thresholds.doubt:
            return found
        for text, part in zip(texts[1:], parts, strict=True):
            if len(text.split()) >= SHORTEST_PART:
                in_part = self._detected(*part, locale, thresholds.part, NEVER)
                if TIERS.index(in_part.tier) > TIERS.index(found.tier):
                    found = replace(found, tier=in_part.tier, like=in_part.like)
        return found

    def _detected(
        self,
        vector: npt.NDArray[np.float32],
        of_tiers: npt.NDArray[np.float64],
        locale: str,
        grave_from: float,
        warning_from: float,
    ) -> Detected:
        chances = {tier: float(chance) for tier, chance in zip(TIERS, of_tiers, strict=True)}
        grave = chances[EMERGENCY] + chances[CRISIS]
        warning = grave + chances[URGENT]
        tier = NONE
        if grave >= grave_from:
            tier = CRISIS if chances[CRISIS] > chances[EMERGENCY] else EMERGENCY
        elif warning >= warning_from:
            tier = URGENT
        if tier == NONE:
            return Detected(NONE, "", grave, warning)
        return Detected(tier, self._like(vector[None, :], locale), grave, warning)

    def _like(self, vector: Vectors, locale: str) -> str:
        warnings = self.warnings.astype(np.float32)
        if locale != "en":
            vector, warnings = multilingual_part(vector), multilingual_part(warnings)
        return self.flags[int(np.argmax(warnings @ vector[0]))]

    def save(self, folder: Path) -> None:
        """Write the model into an existing folder."""
        self.tiers.save(folder)
        (folder / MULTILINGUAL_FOLDER).mkdir()
        self.multilingual.save(folder / MULTILINGUAL_FOLDER)
        (folder / "flags.json").write_text(json.dumps(self.flags), encoding="utf-8")
        np.savez(folder / "warnings.npz", warnings=self.warnings)

    @classmethod
    def load(cls, folder: Path) -> RedFlagModel:
        """Read what `save` wrote.

        Raises:
            OSError: a file is missing.
            ValueError: a file is damaged.
        """
        flags = json.loads((folder / "flags.json").read_text(encoding="utf-8"))
        with np.load(folder / "warnings.npz", allow_pickle=False) as arrays:
            warnings = arrays["warnings"]
        return cls(IntentModel.load(folder), IntentModel.load(folder / MULTILINGUAL_FOLDER), flags, warnings)


def _of_tiers(predictions: Sequence[Prediction]) -> npt.NDArray[np.float64]:
    """Probabilities of the tiers in the order of `TIERS`, shape (n, 4)."""
    return np.array([[dict(prediction.ranking)[tier] for tier in TIERS] for prediction in predictions])


def _mean(linear: npt.NDArray[np.float64], tuned: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The geometric mean of probabilities and of those behind log odds, both of shape (n, 4)."""
    mean: npt.NDArray[np.float64] = softmax((np.log(linear + 1e-9) + log_softmax(tuned, axis=1)) / 2, axis=1)
    return mean
