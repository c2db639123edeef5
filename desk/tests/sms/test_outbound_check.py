"""What leaves by text: the approved answers whole, and no clinical detail besides them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from chat.models import Author, Kind, Message
from chat.wording import failed_message, knowledge, safe_message
from sms import wording
from sms.outbound_check import without_details
from sms.outbox import as_text
from sms.segments import measure

DOMAIN = Path(__file__).resolve().parents[3] / "domain.yml"
SLOT = re.compile(r"\{\w+\}")


def fixed_replies() -> list[str]:
    responses: dict[str, list[dict[str, Any]]] = yaml.safe_load(DOMAIN.read_text())["responses"]
    texts = [
        variant["text"]
        for variants in responses.values()
        for variant in variants
        if "text" in variant
    ]
    return [SLOT.sub("Tuesday", text) for text in texts]


@pytest.mark.parametrize("topic", sorted(knowledge().entries))
def test_an_approved_answer_leaves_as_it_is(topic: str) -> None:
    entry = knowledge().entries[topic]
    for text in (entry.sms, *(detail.sms for detail in entry.details.values())):
        assert without_details(text) == text.strip()


@pytest.mark.parametrize("topic", sorted(knowledge().entries))
def test_an_approved_answer_is_one_text_of_at_most_two_segments(topic: str) -> None:
    text = as_text(Message(author=Author.ASSISTANT, text=knowledge().entries[topic].sms))
    size = measure(text)
    assert (size.encoding, size.segments <= 2) == ("GSM-7", True)


@pytest.mark.parametrize("text", fixed_replies())
def test_a_fixed_reply_of_the_dialogue_leaves_as_it_is(text: str) -> None:
    assert without_details(text) == text.strip()


@pytest.mark.parametrize("detail", sorted(knowledge().details))
def test_what_is_said_of_something_unpublished_leaves_as_it_is(detail: str) -> None:
    asked = knowledge().details[detail].asked
    text = f"The clinic has not published {asked}, and I do not want to guess."
    assert without_details(text) == text


def test_the_desk_s_own_texts_leave_as_they_are() -> None:
    for text in (
        wording.first_notice(), wording.stopped(), wording.started(), wording.help_text(),
        wording.only_media(), wording.please_call(), safe_message("en"), failed_message("en"),
    ):  # fmt: skip
        assert without_details(text) == text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("neck pain", "Reason: neck pain. Times: Thursday."),
        ("I take topiramate", "Reason: as you wrote. Times: Thursday."),
        ("Pregnant. Left arm numb. HIV", "Reason: as you wrote. Times: Thursday."),
        ("botox for my migraines", "Reason: as you wrote. Times: Thursday."),
        ("MRN 12345", "Reason: as you wrote. Times: Thursday."),
        ("born 4/12/1971", "Reason: as you wrote. Times: Thursday."),
        ("ssn 123-45-6789", "Reason: as you wrote. Times: Thursday."),
        ("dolor, estoy embarazada", "Reason: as you wrote. Times: Thursday."),
    ],
)
def test_a_summary_does_not_repeat_clinical_details(reason: str, said: str) -> None:
    text = f"Ann Lee, (310) 555-0123, new patient. Reason: {reason}. Times: Thursday."
    kept = without_details(text)
    assert kept.startswith("Ann Lee, (310) 555-0123, new patient.")
    assert kept.endswith("Times: Thursday.")
    if reason.count(".") == 0:
        assert kept.endswith(said)
    assert not re.search(r"numb|HIV|12345|1971|6789", kept)


def test_a_sentence_with_details_is_left_out() -> None:
    text = "You said that you take 100 mg of topiramate. Please call us."
    assert without_details(text) == "(Details are left out of texts.) Please call us."


def test_a_warning_is_never_touched() -> None:
    warning = Message(author=Author.ASSISTANT, kind=Kind.SAFETY, text="Numb arm: call 911 now.")
    assert as_text(warning) == warning.text


@given(st.text(max_size=300))
def test_any_text_can_be_checked(text: str) -> None:
    without_details(text)
