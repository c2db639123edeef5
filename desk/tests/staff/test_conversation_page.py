"""One conversation at the console."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from chat.models import Conversation
from staff.conversations import version
from staff.models import Action, AuditEntry
from tests.staff.cast import Person, ask, conversation, give_up, talk


def read(person: Person, held: Conversation) -> str:
    response = person.client.get(reverse("staff:conversation", args=[held.pk]))
    assert response.status_code == 200
    return str(response.content.decode())


def mark(person: Person, held: Conversation, seen: str, outcome: str = "reviewed") -> Any:
    url = reverse("staff:review", args=[held.pk])
    return person.client.post(url, {"seen": seen, "outcome": outcome, "note": "Called back"})


def test_the_transcript_stands_in_order(alice: Person) -> None:
    held = talk(talk(conversation(), "first words"), "second words")
    shown = read(alice, held)
    assert shown.index("first words") < shown.index("second words")


def test_it_shows_what_the_assistant_understood(alice: Person) -> None:
    held = talk(conversation(), intent="feet_and_headaches", decision="answer", model_id="model-7")
    shown = read(alice, held)
    assert "feet and headaches" in shown
    assert "model-7" in shown


def test_what_a_patient_wrote_is_shown_as_text(alice: Person) -> None:
    shown = read(alice, talk(conversation(), "<script>alert(1)</script>"))
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown


def test_a_message_that_waits_is_shown(alice: Person) -> None:
    held = conversation()
    ask(held, "is anybody there")
    assert "is anybody there" in read(alice, held)


def test_a_message_that_was_given_up_asks_for_attention(alice: Person) -> None:
    held = conversation()
    ask(held, "hello")
    give_up(held)
    assert held.needs_attention


def test_staff_mark_it_reviewed_with_a_note(alice: Person) -> None:
    held = talk(conversation())
    assert mark(alice, held, version(held)).status_code == 302
    assert "Called back" in read(alice, held)


def test_a_page_that_is_out_of_date_marks_nothing(alice: Person) -> None:
    held = talk(conversation())
    seen = version(held)
    talk(held, "one more thing")
    assert mark(alice, held, seen).status_code == 409
    held.refresh_from_db()
    assert held.reviewed_at is None


def test_a_look_is_audited(alice: Person) -> None:
    held = talk(conversation())
    read(alice, held)
    entry = AuditEntry.objects.get(action=Action.TRANSCRIPT_VIEWED)
    assert (entry.actor, entry.object_id) == (alice.user, str(held.pk))
