"""How much the words of a text sound like a wish for no more texts, beside the rules.

A linear model over words, kinds of words and parts of words. `make optout-model` trains it; its
weights are a JSON file that a person can read (docs/decisions/0013).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
WEIGHTS = HERE / "optout_weights.json"
KINDS = HERE / "optout_kinds.yml"
# Whatever the weights were made of; a test compares their fingerprint with that of the files.
MADE_OF = (
    HERE / "optout_examples.csv",
    HERE / "evaluation" / "optout_validation.csv",
    KINDS,
    HERE / "optout_model.py",
)
# Words without a meaning of their own here.
DROPPED = frozenset(
    "a an the is am are so just really el la los las un una".split(),  # noqa: SIM905
)
LONGEST_PHRASE, LONGEST_OF_KINDS = 3, 4
# Two kinds that stand apart still say something together: "quit ... texts".
FARTHEST = 4
SHORTEST_PART, LONGEST_PART = 3, 5
# What the parts of words say, beside the words.
SHARE_OF_PARTS = 0.7


class OptOutModel:
    """A logistic model with its weights."""

    def __init__(self, bias: float, weights: Mapping[str, float]) -> None:
        self._bias = bias
        self._weights = weights

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> OptOutModel:
        """The model in `path`."""
        stored = json.loads(path.read_text(encoding="utf-8"))
        return cls(stored["bias"], stored["weights"])

    def probability(self, words: Sequence[str]) -> float:
        """How likely `words`, as `sms.optout.plain_words` gives them, ask for no more texts."""
        score = self._bias
        for block, share in blocks(words):
            known = [self._weights[name] for name in sorted(block) if name in self._weights]
            if known:
                score += share * sum(known) / math.sqrt(len(known))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def blocks(words: Sequence[str]) -> tuple[tuple[set[str], float], tuple[set[str], float]]:
    """The features of a message: its phrases, and the parts of its words, each with its share."""
    told = ["^", *(word for word in words if word not in DROPPED), "$"]
    kinds = [_kinds().get(word, word) for word in told]
    phrases = {f"w {phrase}" for phrase in _runs(told, 1, LONGEST_PHRASE)}
    phrases |= {f"k {phrase}" for phrase in _runs(kinds, 1, LONGEST_OF_KINDS)}
    phrases |= {
        f"s {kinds[first]} {kinds[second]}"
        for first in range(len(kinds))
        for second in range(first + 2, min(len(kinds), first + FARTHEST + 1))
    }
    parts = {
        f"c{edged[start : start + length]}"
        for word in words
        for edged in [f" {word} "]
        for length in range(SHORTEST_PART, LONGEST_PART + 1)
        for start in range(len(edged) - length + 1)
    }
    return (phrases, 1.0), (parts, SHARE_OF_PARTS)


def fingerprint() -> str:
    """Changes when anything does that the weights were made of."""
    digest = hashlib.sha256()
    for path in MADE_OF:
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def stored() -> dict[str, Any]:
    """What the file of the weights says: fingerprint, bias and weights."""
    result: dict[str, Any] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return result


@cache
def model() -> OptOutModel:
    """The model, loaded once in a process."""
    return OptOutModel.load()


def _runs(items: Sequence[str], shortest: int, longest: int) -> list[str]:
    return [
        " ".join(items[start : start + length])
        for length in range(shortest, longest + 1)
        for start in range(len(items) - length + 1)
    ]


@cache
def _kinds() -> dict[str, str]:
    # The base loader reads "no" as a word.
    kinds = yaml.load(KINDS.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return {word: kind for kind, words in kinds.items() for word in words}
