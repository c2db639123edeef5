"""The training examples nearest to a message, found among thousands without reading all their numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.encoders import Vectors

NEAREST = 3
# So many examples are nearest along the few directions in which examples differ most; the true nearest are
# among them (tests/engine/test_neighbours.py).
DIRECTIONS = 192
CANDIDATES = 64


@dataclass(frozen=True)
class Neighbour:
    """A training example near a message; `similarity` is a cosine."""

    text: str
    intent: str
    similarity: float


@dataclass(frozen=True)
class Neighbourhood:
    """Examples with their vectors, shape (n, d), and those in short, shape (n, DIRECTIONS)."""

    texts: Sequence[str]
    intents: Sequence[str]
    vectors: npt.NDArray[np.float16]
    directions: Vectors
    short: Vectors

    @classmethod
    def of(cls, texts: Sequence[str], intents: Sequence[str], vectors: Vectors) -> Neighbourhood:
        """The neighbourhood of examples with vectors of shape (n, d), each of length 1."""
        _, directions = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
        most = directions[:, ::-1][:, :DIRECTIONS].astype(np.float32)
        return cls(texts, intents, vectors.astype(np.float16), most, vectors @ most)

    def find(self, vectors: Vectors) -> list[list[Neighbour]]:
        """The `NEAREST` examples of each vector of shape (m, d), nearest first."""
        return [
            self._nearest(vector, near)
            for vector, near in zip(vectors, vectors @ self.directions @ self.short.T, strict=True)
        ]

    def _nearest(self, vector: Vectors, near: Vectors) -> list[Neighbour]:
        count = min(CANDIDATES, len(near))
        candidates = np.sort(np.argpartition(-near, count - 1)[:count])
        similarities = self.vectors[candidates].astype(np.float32) @ vector
        best = np.argsort(-similarities, kind="stable")[:NEAREST]
        return [
            Neighbour(self.texts[candidates[i]], self.intents[candidates[i]], float(similarities[i]))
            for i in best
        ]

    def save(self, folder: Path) -> None:
        """Write it into an existing folder."""
        header = {"texts": self.texts, "intents": self.intents}
        (folder / "neighbours.json").write_text(json.dumps(header), encoding="utf-8")
        np.savez(
            folder / "neighbours.npz", vectors=self.vectors, directions=self.directions, short=self.short
        )

    @classmethod
    def load(cls, folder: Path) -> Neighbourhood:
        """Read what `save` wrote.

        Raises:
            OSError: a file is missing.
            ValueError: a file is damaged.
        """
        header = json.loads((folder / "neighbours.json").read_text(encoding="utf-8"))
        with np.load(folder / "neighbours.npz", allow_pickle=False) as arrays:
            return cls(
                header["texts"],
                header["intents"],
                arrays["vectors"],
                arrays["directions"],
                arrays["short"],
            )
