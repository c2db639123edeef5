"""Typed answers to offered buttons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.choices import chosen

OFFERED = [
    {"title": "Can my shoes cause headaches?", "payload": "/feet_and_headaches"},
    {"title": "Which neck muscle can cause headaches?", "payload": "/sternocleidomastoid"},
    {"title": "Something else", "payload": "/out_of_scope"},
]


@pytest.mark.parametrize(
    "text", ["2", "2.", "#2", "option 2", "the second one", "2nd please", "two", "la segunda", "neck muscle"]
)
def test_it_reads_a_choice_by_number_and_by_words(text: str):
    assert chosen(text, OFFERED) == "/sternocleidomastoid"


@pytest.mark.parametrize("text", ["none of these", "neither", "the last one", "something else"])
def test_it_reads_that_nothing_fits(text: str):
    assert chosen(text, OFFERED) == "/out_of_scope"


@pytest.mark.parametrize(
    "text", ["headaches", "7", "2 or 3", "i have 2 kids", "my shoes hurt", "call me at two", "", "?"]
)
def test_other_messages_choose_nothing(text: str):
    assert chosen(text, OFFERED) is None


def test_a_number_is_no_choice_when_nothing_was_offered():
    assert chosen("2", []) is None


@given(st.text(max_size=200))
def test_any_text_chooses_an_offered_button_or_none(text: str):
    assert chosen(text, OFFERED) in (None, *(button["payload"] for button in OFFERED))
