"""The shipped answers: what they must and must never say, beyond what the loader checks."""

import re
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

import pytest

from knowledge import TOPICS, Entry, Knowledge, load_knowledge
from knowledge.topics import ARTICLE_TOPICS, CLINIC_TOPICS, RELATED_TOPICS

BENEFIT_TOPICS = (
    "nmt_definition",
    "nmt_method",
    "nmt_conditions",
    "drug_free_treatment",
    "muscles_and_headaches",
    "feet_and_headaches",
    "treatment_options",
)


@pytest.fixture(scope="module")
def knowledge(new_folder: Callable[[], Path]) -> Knowledge:
    return load_knowledge(new_folder())


def wordings(entry: Entry) -> list[str]:
    return [
        entry.web,
        entry.sms,
        *(text for pair in entry.details.values() for text in astuple(pair)),
    ]


def test_the_shipped_folder_is_valid_as_it_is() -> None:
    assert tuple(load_knowledge().entries) == TOPICS


def test_each_group_of_the_design_has_its_number_of_topics() -> None:
    assert [len(ARTICLE_TOPICS), len(RELATED_TOPICS), len(CLINIC_TOPICS)] == [13, 4, 7]


@pytest.mark.parametrize("topic", BENEFIT_TOPICS)
def test_what_a_treatment_does_is_attributed_to_the_article(knowledge: Knowledge, topic: str) -> None:
    entry = knowledge.entries[topic]
    assert "article" in entry.web
    assert "article" in entry.sms


@pytest.mark.parametrize("topic", TOPICS)
def test_no_answer_reassures_promises_or_diagnoses(knowledge: Knowledge, topic: str) -> None:
    forbidden = re.compile(
        r"don't worry|nothing serious|probably|harmless|guarantee|cures?\b|proven|you have a\b"
        r"|will (help|relieve|stop)|no side effects|always works",
        re.IGNORECASE,
    )
    for text in wordings(knowledge.entries[topic]):
        assert not forbidden.search(text)


@pytest.mark.parametrize("channel", ["web", "sms"])
def test_when_to_see_a_doctor_says_when_to_call_911(knowledge: Knowledge, channel: str) -> None:
    assert "Call 911" in getattr(knowledge.entries["when_to_see_doctor"], channel)


def test_every_answer_about_botox_safety_names_the_emergency(knowledge: Knowledge) -> None:
    entry = knowledge.entries["botox_for_headaches"]
    safety = entry.details["is_it_safe"]
    for text in (entry.web, entry.sms, safety.web, safety.sms):
        assert re.search(r"swallowing, breathing or speaking after Botox.*call 911", text, re.S)


@pytest.mark.parametrize("channel", ["web", "sms"])
def test_a_question_about_ones_own_health_is_guided_to_the_clinic(knowledge: Knowledge, channel: str) -> None:
    text = getattr(knowledge.entries["personal_medical_advice"], channel)
    assert text.startswith("I cannot answer questions about your own diagnosis")
    assert knowledge.clinic.phone_display in text


@pytest.mark.parametrize("channel", ["web", "sms"])
def test_an_unknown_question_is_admitted_and_a_person_offered(knowledge: Knowledge, channel: str) -> None:
    text = getattr(knowledge.entries["out_of_scope"], channel)
    assert text.startswith("I do not know")
    assert "A person can help" in text


@pytest.mark.parametrize("channel", ["web", "sms"])
def test_a_booking_is_called_a_request_until_the_office_confirms(knowledge: Knowledge, channel: str) -> None:
    text = getattr(knowledge.entries["book_appointment"], channel)
    assert "request" in text
    assert "until the office confirms it" in text


@pytest.mark.parametrize("topic", RELATED_TOPICS)
def test_related_topics_stay_drafts_until_the_clinic_approves_them(knowledge: Knowledge, topic: str) -> None:
    assert knowledge.entries[topic].status == "draft"


def test_the_demo_claims_no_approval_by_a_person(knowledge: Knowledge) -> None:
    assert {entry.approved_by for entry in knowledge.entries.values()} == {"demo", None}


@pytest.mark.parametrize("topic", TOPICS)
def test_a_booking_offer_is_not_repeated_as_a_follow_up(knowledge: Knowledge, topic: str) -> None:
    entry = knowledge.entries[topic]
    assert not (entry.offer_booking and "book_appointment" in entry.follow_ups)


def test_every_topic_of_the_articles_can_be_reached_by_follow_ups(knowledge: Knowledge) -> None:
    reached, waiting = set(), list(knowledge.clinic.suggestions)
    while waiting:
        topic = waiting.pop()
        if topic not in reached:
            reached.add(topic)
            waiting.extend(knowledge.entries[topic].follow_ups)
    assert set(ARTICLE_TOPICS + RELATED_TOPICS) <= reached


def test_no_placeholder_is_left_unfilled(knowledge: Knowledge) -> None:
    for entry in knowledge.entries.values():
        for text in (*wordings(entry), entry.label, entry.question, entry.source.url):
            assert "{" not in text


def test_the_articles_link_to_the_clinics_own_website(knowledge: Knowledge) -> None:
    website = knowledge.clinic.website
    for topic in ARTICLE_TOPICS:
        assert knowledge.entries[topic].source.url.startswith(f"{website}/")
