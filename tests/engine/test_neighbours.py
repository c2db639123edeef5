"""The nearest examples are those that reading all numbers finds."""

import numpy as np
import pytest

from engine.encoders import general_encoder
from engine.intent_model import Ngrams
from engine.neighbours import NEAREST, Neighbourhood
from evaluation.training import intent_examples

MESSAGES = ["do heels cause headaches", "what is nmt", "i need to see somebody thursday", "¿dónde están?"]


@pytest.fixture(scope="module")
def examples() -> list[str]:
    return [text for text, _ in intent_examples()[::7]]


def test_they_are_those_of_a_full_search(examples: list[str]) -> None:
    vectors, wanted = general_encoder().encode(examples), general_encoder().encode(MESSAGES)
    found = Neighbourhood.of(examples, examples, vectors).find(wanted)
    full = np.argsort(-(wanted @ vectors.T), axis=1)[:, :NEAREST]
    assert [[near.text for near in row] for row in found] == [[examples[i] for i in row] for row in full]


def test_ngrams_of_a_message_weigh_the_same_by_either_way(examples: list[str]) -> None:
    ngrams = Ngrams.fit(examples)
    rows = ngrams.rows(MESSAGES)
    weights = np.random.default_rng(0).normal(size=(rows.shape[1], 5)).astype(np.float32)
    assert np.allclose(ngrams.times(MESSAGES, weights), rows @ weights, atol=1e-4)
