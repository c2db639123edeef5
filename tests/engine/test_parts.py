"""Reading a message in parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.parts import MOST_PARTS, parts_of


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("do heels cause this and can i come thursday", ["do heels cause this", "can i come thursday"]),
        ("where are you, what are your hours", ["where are you", "what are your hours"]),
        ("hours and parking?", ["hours", "parking?"]),
        ("What is NMT? Does it help?", ["What is NMT?", "Does it help?"]),
        ("my head hurts\nwho is the doctor", ["my head hurts", "who is the doctor"]),
    ],
)
def test_each_question_is_a_part(text: str, parts: list[str]):
    assert parts_of(text) == parts


@pytest.mark.parametrize(
    "text", ["is Dr. Singh a neurologist", "what is nmt", "open at 8 a.m. on fridays", "hi"]
)
def test_one_question_stays_whole(text: str):
    assert parts_of(text) == [text]


@given(st.text(min_size=1, max_size=2000))
def test_no_message_has_too_many_parts_or_none(text: str):
    assert 1 <= len(parts_of(text)) <= MOST_PARTS


@given(
    st.lists(st.sampled_from(["where are you?", "my head hurts.", "is it safe?"]), min_size=1, max_size=60)
)
def test_no_word_of_a_message_is_lost(sentences: list[str]):
    text = " ".join(sentences)
    assert " ".join(parts_of(text)).split() == text.split()
