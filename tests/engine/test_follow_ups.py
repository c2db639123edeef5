"""Questions about the last answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.follow_ups import detail_of
from knowledge import load_knowledge


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("does it hurt?", "does_it_hurt"),
        ("Is it painful", "does_it_hurt"),
        ("how long does it take", "how_long"),
        ("ok and how often would i need that", "how_often"),
        ("is that safe", "is_it_safe"),
        ("any side effects?", "is_it_safe"),
        ("and the price?", "cost"),
        ("how does it work", "how_is_it_done"),
        ("does it really work", "does_it_work"),
        ("who does it", "who"),
        ("tell me more", "more"),
    ],
)
def test_a_question_that_names_nothing_is_a_follow_up(text: str, detail: str):
    assert detail_of(text) == detail


@pytest.mark.parametrize(
    "text", ["does botox hurt", "how long is the drive", "is it safe in pregnancy", "thanks", "yes", "ok", ""]
)
def test_a_message_that_names_something_or_asks_nothing_is_none(text: str):
    assert detail_of(text) is None


@given(st.text(max_size=300))
def test_any_text_has_a_known_detail_or_none(text: str):
    assert detail_of(text) in (None, *load_knowledge().details)
