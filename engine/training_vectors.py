"""Vectors of training messages, kept between trainings: encoding is most of what a training costs."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from engine.encoders import Vectors, default_encoder, fingerprint

FOLDER = Path(__file__).parent.parent / ".rasa"
CHUNK = 64


def training_vectors(texts: Sequence[str], folder: Path = FOLDER) -> Vectors:
    """The assistant's vectors of training messages, shape (n, d), rounded to what half precision holds.

    Those of messages that were encoded before are read from `folder`; the file there is named after the
    encoders' fingerprint, so that other encoders begin anew.
    """
    file = folder / f"vectors-{fingerprint()[:16]}.npz"
    known = _load(file)
    missing = [text for text in dict.fromkeys(texts) if _key(text) not in known]
    if missing:
        known |= zip(map(_key, missing), _encode(missing), strict=True)
        _save(file, known)
    return np.vstack([known[_key(text)] for text in texts]).astype(np.float32)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _encode(texts: Sequence[str]) -> Vectors:
    chunks = [list(texts[start : start + CHUNK]) for start in range(0, len(texts), CHUNK)]
    # The encoders spend their time outside the interpreter lock.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        vectors: Vectors = np.vstack(list(pool.map(default_encoder().encode, chunks))).astype(np.float16)
    return vectors


def _load(file: Path) -> dict[bytes, Vectors]:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return {bytes(key): vector for key, vector in zip(arrays["keys"], arrays["vectors"], strict=True)}
    except (OSError, ValueError, EOFError, BadZipFile, KeyError):  # there is none, or it is damaged
        return {}


def _save(file: Path, known: dict[bytes, Vectors]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part.npz")
    keys = np.frombuffer(b"".join(known), dtype=np.uint8).reshape(len(known), -1)
    np.savez(unfinished, keys=keys, vectors=np.vstack(list(known.values())))
    unfinished.replace(file)
