"""Vectors of training messages are kept between trainings."""

from pathlib import Path

import numpy as np
import pytest

from engine.encoders import default_encoder
from engine.training_vectors import training_vectors

TEXTS = ["do high heels cause headaches", "what is a trigger point", "do high heels cause headaches"]


def test_they_are_those_of_the_encoder(tmp_path: Path):
    np.testing.assert_allclose(training_vectors(TEXTS, tmp_path), default_encoder().encode(TEXTS), atol=1e-3)


def test_kept_ones_are_the_same_to_the_bit(tmp_path: Path):
    first = training_vectors(TEXTS, tmp_path)
    [file] = tmp_path.iterdir()
    written = file.stat().st_mtime_ns
    np.testing.assert_array_equal(training_vectors(TEXTS[::-1], tmp_path), first[::-1])
    assert file.stat().st_mtime_ns == written


def test_only_new_ones_are_added(tmp_path: Path):
    training_vectors(TEXTS, tmp_path)
    training_vectors(["where do i park"], tmp_path)
    [file] = tmp_path.iterdir()
    with np.load(file) as kept:
        assert len(kept["keys"]) == 3


def test_no_message_stands_in_the_file(tmp_path: Path):
    training_vectors(TEXTS, tmp_path)
    [file] = tmp_path.iterdir()
    assert b"heels" not in file.read_bytes()


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, content: bytes):
    first = training_vectors(TEXTS, tmp_path)
    [file] = tmp_path.iterdir()
    file.write_bytes(content)
    np.testing.assert_array_equal(training_vectors(TEXTS, tmp_path), first)
