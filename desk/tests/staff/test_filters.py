"""What the list of conversations shows, and what its filters leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat import store
from chat.models import Channel, Conversation
from staff.conversations import review, version
from staff.models import Outcome
from tests.staff.cast import Person, answer, ask, conversation, give_up, move, talk

LIST = reverse("staff:conversations")
NOON = datetime(2026, 3, 10, 19, 0, tzinfo=UTC)
"""Noon at the clinic, which is in Los Angeles."""


def found(person: Person, **filters: Any) -> list[Conversation]:
    response = person.client.get(LIST, filters)
    assert response.status_code == 200
    return [row.conversation for row in response.context["rows"]]


def late(held: Conversation) -> Conversation:
    """Answered after the patient was told that nobody answers."""
    message = ask(held, "hello")
    assert store.say_safe(message.pk)
    answer(held)
    return held


def refused(held: Conversation) -> None:
    """The engine refused its message."""
    ask(held, "hello")
    give_up(held)


def reviewed(held: Conversation, person: Person) -> Conversation:
    return review(held.pk, Outcome.REVIEWED, by=person.user, note="", seen=version(talk(held)))


def test_the_latest_activity_comes_first(alice: Person) -> None:
    old, new = talk(conversation()), talk(conversation())
    talk(old)
    assert found(alice) == [old, new]


def test_a_row_tells_the_latest_topic_and_decision(alice: Person) -> None:
    held = talk(conversation(), topics=["doctor"], decision="answer")
    talk(held, topics=["trigger_points", "referred_pain"], decision="clarify")
    [row] = alice.client.get(LIST).context["rows"]
    assert (row.topic, row.decision) == ("trigger_points", "clarify")


def test_a_row_keeps_the_topic_over_small_talk(alice: Person) -> None:
    held = talk(conversation(), topics=["doctor"], decision="answer")
    talk(held, decision="smalltalk")
    [row] = alice.client.get(LIST).context["rows"]
    assert (row.topic, row.decision) == ("doctor", "smalltalk")


def test_the_list_shows_nothing_that_a_patient_wrote(alice: Person) -> None:
    talk(conversation(), "my name is Quetzal")
    assert "Quetzal" not in alice.client.get(LIST).content.decode()


Make = Callable[[Conversation, Person], object]
CASES: dict[str, tuple[dict[str, Any], Make]] = {
    "channel": (
        {"channel": "sms"},
        lambda held, alice: Conversation.objects.filter(pk=held.pk).update(channel=Channel.SMS),
    ),
    "tier": ({"tier": "urgent"}, lambda held, alice: talk(held, tier="urgent")),
    "topic": (
        {"topic": "doctor"},
        lambda held, alice: talk(held, topics=["trigger_points", "doctor"]),
    ),
    "decision": ({"decision": "decline"}, lambda held, alice: talk(held, decision="decline")),
    "confidence": ({"below": "0.4"}, lambda held, alice: talk(held, confidence=0.39)),
    "attention": ({"attention": "yes"}, lambda held, alice: talk(held, decision="handoff")),
    "reason": ({"attention": "crisis"}, lambda held, alice: talk(held, tier="crisis")),
    "reviewed": ({"review": "yes"}, lambda held, alice: reviewed(held, alice)),
    "waiting": ({"answer": "waiting"}, lambda held, alice: ask(held, "hello")),
    "late": ({"answer": "late"}, lambda held, alice: late(held)),
    "failed": (
        {"answer": "failed"},
        lambda held, alice: refused(held),
    ),
    "since": (
        {"since": "2026-03-11"},
        lambda held, alice: move(held, NOON + timedelta(days=1)),
    ),
    "until": (
        {"until": "2026-03-09"},
        lambda held, alice: move(held, NOON - timedelta(days=1)),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_filter_leaves_what_it_asks_for(alice: Person, case: str) -> None:
    asked, make = CASES[case]
    other, wanted = (move(talk(conversation()), NOON) for _ in range(2))
    make(wanted, alice)
    assert found(alice, **asked) == [wanted]
    assert other in found(alice)


def test_the_unreviewed_are_those_never_reviewed_or_changed_since(alice: Person) -> None:
    never = talk(conversation())
    since = reviewed(conversation(), alice)
    talk(since)
    reviewed(conversation(), alice)
    assert found(alice, review="no") == [since, never]


def test_what_needs_no_attention_can_be_asked_for(alice: Person) -> None:
    talk(conversation(), decision="handoff")
    quiet = talk(conversation())
    assert found(alice, attention="no") == [quiet]


def test_topic_decision_and_confidence_ask_for_one_turn(alice: Person) -> None:
    apart = talk(conversation(), topics=["doctor"], decision="answer")
    talk(apart, topics=["trigger_points"], decision="clarify")
    together = talk(conversation(), topics=["doctor"], decision="clarify")
    assert found(alice, topic="doctor", decision="clarify") == [together]


def test_days_are_those_of_the_clinic(alice: Person) -> None:
    evening = move(talk(conversation()), datetime(2026, 3, 11, 5, 30, tzinfo=UTC))
    assert found(alice, since="2026-03-10", until="2026-03-10") == [evening]
    assert found(alice, since="2026-03-11", until="2026-03-11") == []


def test_a_filter_that_makes_no_sense_finds_nothing_and_says_so(alice: Person) -> None:
    talk(conversation())
    response = alice.client.get(LIST, {"tier": "purple"})
    assert response.context["rows"] == []
    assert "The filters cannot be applied" in response.content.decode()


def test_pages_together_show_each_conversation_once(alice: Person) -> None:
    now = timezone.now()
    # Many share a moment, as after an import.
    Conversation.objects.bulk_create(
        Conversation(last_activity=now - timedelta(minutes=number // 40)) for number in range(130)
    )
    seen: list[Conversation] = []
    query: dict[str, str] = {}
    while True:
        context = alice.client.get(LIST, query).context
        seen += [row.conversation for row in context["rows"]]
        if not context["older"]:
            break
        query = {"before": context["older"]}
    assert len(seen) == len(set(seen)) == 130
    assert seen == sorted(seen, key=lambda held: (held.last_activity, held.pk), reverse=True)


def test_the_next_page_keeps_the_filters(alice: Person) -> None:
    Conversation.objects.bulk_create(Conversation(channel=Channel.SMS) for _ in range(51))
    page = alice.client.get(LIST, {"channel": "sms", "tier": ""}).content.decode()
    assert 'href="?channel=sms&amp;before=' in page


@pytest.mark.parametrize("cursor", ["x", "1", "1.x", ".", "9" * 30 + ".1", "٣.٣", "-1.\0"])
def test_a_forged_place_in_the_list_is_not_found(alice: Person, cursor: str) -> None:
    assert alice.client.get(LIST, {"before": cursor}).status_code == 404


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from(
            ["since", "until", "channel", "tier", "attention", "review", "answer", "topic",
             "decision", "below", "before"]
        ),
        st.one_of(
            st.text(max_size=40),
            st.sampled_from(["nan", "inf", "-1", "1e400", "9999-12-31", "0001-01-01", "' OR 1=1"]),
        ),
    )
)  # fmt: skip
def test_no_address_breaks_the_list(alice: Person, query: dict[str, str]) -> None:
    assert alice.client.get(LIST, query).status_code in {200, 404}
