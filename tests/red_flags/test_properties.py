"""Properties of the reader that hold for any message."""

from __future__ import annotations

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from red_flags import RedFlagReader
from red_flags.rules import TIERS, load_rules

ALARMING = [text for c in load_rules().criteria if c.tier != "none" for text in c.must_match]
BENIGN = [
    "I would like an appointment on Thursday.",
    "Thank you for the article.",
    "Where is your office?",
    "I read about trigger points.",
    "My shoulders feel tight after work.",
]
READER = RedFlagReader.load()

alarming = st.sampled_from(ALARMING)
settings.register_profile("red_flags", deadline=None, max_examples=150)
settings.load_profile("red_flags")


def tier_of(text: str) -> int:
    return TIERS.index(READER.read(text).tier)


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    assert READER.read(text).tier in TIERS


@given(st.text(alphabet=string.printable + "áéíóúñ¿¡“”’—\u200b\u0301😀", max_size=300))
def test_reading_is_deterministic(text: str) -> None:
    assert READER.read(text) == READER.read(text)


@given(alarming, st.sampled_from(BENIGN))
def test_a_benign_sentence_after_it_never_lowers_the_tier(text: str, benign: str) -> None:
    assert tier_of(f"{text}. {benign}") >= tier_of(text)


@given(alarming)
def test_capitals_do_not_change_the_flags(text: str) -> None:
    assert READER.read(text.upper()).flags == READER.read(text).flags


@given(alarming, st.sampled_from(["!", "!!!", " ...", ".", " 😭"]))
def test_signs_at_the_end_do_not_change_the_flags(text: str, signs: str) -> None:
    assert READER.read(text + signs).flags == READER.read(text).flags


@given(alarming)
def test_punctuation_left_out_never_lowers_the_tier_below_urgent(text: str) -> None:
    bare = text.translate(str.maketrans("", "", ".,;:!?"))
    assert tier_of(bare) >= 1


@given(alarming, st.sampled_from(["headache ", "no ", "sudden ", "worst ", "a, ", "my head "]))
def test_repeated_words_are_read(text: str, word: str) -> None:
    assert READER.read(word * 400 + text).tier in TIERS
