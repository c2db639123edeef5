"""Typing errors are mended, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.red_flag_model import load_examples
from engine.spelling import Speller
from evaluation.training import intent_examples


@pytest.fixture(scope="module")
def speller() -> Speller:
    examples = [text for text, _ in intent_examples()]
    return Speller.of([*examples, *(example.text for example in load_examples())])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("can you help with my haedaches", "can you help with my headaches"),
        ("what is neuromusculer therpy?", "what is neuromuscular therapy?"),
        ("i need an appointent thursday", "i need an appointment thursday"),
        ("aand where are you", "and where are you"),
        ("what do yuo charge", "what do you charge"),
        ("ned an appointment", "need an appointment"),
    ],
)
def test_an_error_of_one_letter_is_mended(speller: Speller, written: str, read: str) -> None:
    assert speller.mended(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("How common is restless kegs?", "How common is restless legs?"),
        ("how mich is a visit", "how much is a visit"),
    ],
)
def test_a_real_word_that_never_stands_there_is_mended(speller: Speller, written: str, read: str) -> None:
    assert speller.mended(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "idk if u guys take aetna pls lmk",
        "my CGRPs are up",
        "what is nmt",
        "is that form of massage for me",
        "Does it hurt, Dr. Who?",
        "qwzx plfd mnbt",
        "",
    ],
)
def test_what_may_be_meant_is_left(speller: Speller, text: str) -> None:
    assert speller.mended(text) == text


@given(st.text())
def test_any_text_can_be_read(speller: Speller, text: str) -> None:
    assert len(speller.mended(text)) <= 2 * len(text)
