# ruff: noqa: RUF001
from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.segments import not_gsm7
from knowledge.segments import segments as segments_of_answers
from sms.segments import LINK, TYPOGRAPHY, measure, messages, simplify
from tests.sms.segment_counters import Comparison, compare, generated

UNTIMED = settings(deadline=None)
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="ab c.!?\n€[]", max_size=500),
    st.text(alphabet="ab áñ👍\u200d“…", max_size=300),
)
LINKED = st.lists(
    st.sampled_from(
        [
            "See https://clinic.example/visits/first?utm=sms.",
            "Rest.",
            "Where does it hurt?",
            "€" * 40,
            "👨‍👩‍👧",
        ]
        + ["https://clinic.example/" + "x" * length for length in (5, 200, 400)]
    ),
    max_size=12,
).map(" ".join)


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 3),
        ("\f", "GSM-7", 1),
        ("¿Mañana, Ñandú? ¡Sí!", "UCS-2", 1),
        ("¡Mañana!", "GSM-7", 1),
        ("`", "UCS-2", 1),
        ("á" * 70, "UCS-2", 1),
        ("á" * 71, "UCS-2", 2),
        ("á" * 134, "UCS-2", 2),
        ("👍" * 35, "UCS-2", 1),
        ("👍" * 67, "UCS-2", 3),
    ],
)
def test_it_counts_as_the_standard_says(text: str, encoding: str, segments: int) -> None:
    size = measure(text)
    assert (size.encoding, size.segments) == (encoding, segments)


@pytest.mark.parametrize(
    ("text", "segments"),
    [("a" * 160, 1), ("a" * 304, 2), ("a" * 305, 3), ("á" * 70, 1), ("á" * 132, 2), ("á" * 133, 3)],
)
def test_parts_from_a_toll_free_number_are_shorter(text: str, segments: int) -> None:
    assert measure(text, toll_free=True).segments == segments


def test_it_agrees_with_two_published_counters() -> None:
    comparison = Comparison()
    compare(list(generated(10_000, 1, composed=False)), comparison)
    assert comparison == Comparison(compared=10_000)


def test_it_agrees_with_smsutil_about_characters_made_of_several() -> None:
    comparison = Comparison()
    compare(list(generated(1_000, 2, composed=True)), comparison)
    assert comparison.differences == []


@UNTIMED
@given(text=TEXTS)
def test_answers_and_texts_are_counted_alike(text: str) -> None:
    assert measure(text).segments == segments_of_answers(text)


@UNTIMED
@given(text=TEXTS, more=TEXTS)
def test_more_text_never_costs_less(text: str, more: str) -> None:
    assert measure(text + more).segments >= measure(text).segments


def test_typographic_characters_become_plain_ones() -> None:
    text = "“It’s here” – she said…\u00a0• 5½"
    assert simplify(text) == '"It\'s here" - she said... - 51/2'


def test_accents_stay() -> None:
    assert simplify("Sí, mañana está la clínica 👍") == "Sí, mañana está la clínica 👍"


def test_a_letter_in_two_code_points_becomes_one() -> None:
    assert simplify("man\u0303ana") == "mañana"


def test_a_link_is_left_as_it_is() -> None:
    assert simplify("“See” https://clinic.example/a–b") == '"See" https://clinic.example/a–b'


def test_every_replacement_can_be_sent_as_gsm7() -> None:
    assert not_gsm7("".join(str(text) for text in TYPOGRAPHY.values())) == ""


@UNTIMED
@given(text=TEXTS)
def test_simplifying_twice_changes_nothing_more(text: str) -> None:
    assert simplify(simplify(text)) == simplify(text)


def test_a_short_text_is_one_message_without_a_number() -> None:
    assert messages("See you at 3.") == ["See you at 3."]


def test_a_long_text_is_divided_between_sentences() -> None:
    one, two = "First. " + "a" * 240 + ".", "Then " + "b" * 200 + "."
    assert messages(f"{one} {two}") == [f"1/2 {one}", f"2/2 {two}"]


def test_a_long_sentence_is_divided_between_words() -> None:
    parts = messages("word " * 100)
    assert all(part.endswith("word") for part in parts)


def test_a_link_longer_than_a_message_is_sent_whole() -> None:
    link = "https://clinic.example/" + "x" * 400
    assert f"2/3 {link}" in messages(f"Look: {link} there " + "and here " * 30)


@UNTIMED
@given(text=st.one_of(TEXTS, LINKED), toll_free=st.booleans(), longest=st.integers(1, 3))
def test_no_link_is_divided(text: str, toll_free: bool, longest: int) -> None:
    sent = messages(text, longest=longest, toll_free=toll_free)
    assert all(any(link in part for part in sent) for link in LINK.findall(text))


@UNTIMED
@given(text=st.one_of(TEXTS, LINKED), toll_free=st.booleans(), longest=st.integers(1, 3))
def test_every_message_without_a_link_fits(text: str, toll_free: bool, longest: int) -> None:
    sent = messages(text, longest=longest, toll_free=toll_free)
    over = [p for p in sent if measure(p, toll_free=toll_free).segments > longest]
    assert all(LINK.search(part) for part in over)


@UNTIMED
@given(text=st.one_of(TEXTS, LINKED))
def test_nothing_is_lost_but_blanks(text: str) -> None:
    sent = messages(text)
    if len(sent) > 1:
        sent = [re.sub(rf"^\d+/{len(sent)} ", "", part) for part in sent]
    assert "".join("".join(sent).split()) == "".join(text.split())


def test_what_is_seen_as_one_character_is_not_divided() -> None:
    family = "👨‍👩‍👧‍👦"
    parts = [part.split(" ", 1)[1] for part in messages(family * 40)]
    assert all(set(part.split(family)) == {""} for part in parts)
