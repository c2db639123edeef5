"""How much a text sounds like a wish for no more texts, in whatever words, beside the rules.

A MiniLM network trained on the project's own examples (docs/decisions/0013); `make optout-model`
writes it and prints its hash.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from minilm import MiniLM

MODEL = Path(__file__).with_name("optout.onnx")
SHA256 = "58f38c847355f9b31a04b4966f7a2cab9bae5441317a29b35d5a1654fa46e817"
# Characters; fewer than the 256 tokens that the network reads at once, in any text somebody typed.
AT_ONCE = 800


class OptOutModel:
    """The network and how a whole text is read with it."""

    def __init__(self, path: Path = MODEL, sha256: str = SHA256) -> None:
        """Load the network.

        Raises:
            minilm.ModelFileError: the file is missing or its hash differs.
        """
        self._network = MiniLM(path, sha256)

    def probability(self, text: str) -> float:
        """How likely `text` asks for no more texts; of a long one, its most telling part."""
        parts = range(0, max(1, len(text)), AT_ONCE)
        return max(self._read(text[at : at + AT_ONCE]) for at in parts)

    def _read(self, text: str) -> float:
        (stop,) = self._network.read(text)
        return float(stop[0, 0])


@cache
def model() -> OptOutModel:
    """The network, loaded once in a process."""
    return OptOutModel()
