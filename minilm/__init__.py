"""MiniLM networks that run on a CPU, offline, with their weights checked by hash.

The engine reads topics and warnings with them, the desk reads who wants no more texts. Texts are read one at
a time: int8 weights quantise activations over the whole batch, so a sentence's vector would otherwise depend
on its neighbours, and training and serving would disagree.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import BertWordPieceTokenizer

VOCABULARY = Path(__file__).with_name("vocabulary.txt")
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
MAX_TOKENS = 256


class ModelFileError(RuntimeError):
    """A model file is missing or is not the one that was reviewed."""


def verified(path: Path, sha256: str) -> Path:
    """Return `path` when its content has the reviewed SHA-256.

    Raises:
        ModelFileError: the file is missing or its hash differs.
    """
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelFileError(f"The model file {path.name} cannot be read: {error.strerror}.") from error
    if digest != sha256:
        raise ModelFileError(f"The model file {path.name} is not the reviewed one (sha256 {digest}).")
    return path


class MiniLM:
    """A network in an ONNX file that reads one text at a time."""

    def __init__(self, model: Path, sha256: str) -> None:
        """Load the network.

        Raises:
            ModelFileError: a file is missing or its hash differs.
        """
        options = onnxruntime.SessionOptions()
        # One message at a time: a second thread costs more in hand-over than it saves.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(verified(model, sha256)), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = BertWordPieceTokenizer(str(verified(VOCABULARY, VOCABULARY_SHA256)), lowercase=True)
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def read(self, text: str) -> list[npt.NDArray[np.float32]]:
        """The network's outputs for the first 256 tokens of `text`, each of shape (1, n)."""
        ids = np.asarray([self._tokenizer.encode(text).ids], dtype=np.int64)
        outputs: list[npt.NDArray[np.float32]] = self._session.run(
            None,
            {
                "input_ids": ids,
                "attention_mask": np.ones_like(ids),
                "token_type_ids": np.zeros_like(ids),
            },
        )
        return outputs
