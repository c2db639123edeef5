"""Booking requests at the console."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from bookings.models import BookingRequest, BookingState
from staff.models import Action, AuditEntry
from tests.staff.cast import Person, booking, conversation


def page(asked: BookingRequest) -> str:
    return reverse("staff:booking", args=[asked.reference])


def change(person: Person, asked: BookingRequest, seen: str, to: str, note: str = "") -> Any:
    url = reverse("staff:booking_change", args=[asked.reference])
    return person.client.post(url, {"seen": seen, "to": to, "note": note})


def test_the_list_can_be_narrowed_to_a_state(alice: Person) -> None:
    booking()
    done = booking(state=BookingState.CONFIRMED)
    response = alice.client.get(reverse("staff:bookings"), {"state": "confirmed"})
    assert list(response.context["bookings"]) == [done]


def test_a_page_shows_whom_to_call_and_links_to_the_conversation(alice: Person) -> None:
    held = conversation()
    shown = alice.client.get(page(booking(held))).content.decode()
    assert 'href="tel:+13105550147"' in shown
    assert reverse("staff:conversation", args=[held.pk]) in shown


def test_what_a_patient_wrote_is_shown_as_text(alice: Person) -> None:
    shown = alice.client.get(page(booking(reason="<b>bold</b>"))).content.decode()
    assert "&lt;b&gt;bold" in shown
    assert "<b>bold" not in shown


def test_staff_move_a_request_on(alice: Person) -> None:
    asked = booking()
    assert change(alice, asked, "new", "acknowledged").status_code == 302
    asked.refresh_from_db()
    assert asked.state == BookingState.ACKNOWLEDGED


def test_the_history_tells_who_changed_what(alice: Person) -> None:
    asked = booking()
    change(alice, asked, "new", "confirmed", note="Tuesday at 9")
    last = asked.changes.last()
    assert last is not None
    assert (last.by, last.from_state, last.to_state, last.note) == (
        alice.user,
        "new",
        "confirmed",
        "Tuesday at 9",
    )


def test_a_page_that_is_out_of_date_changes_nothing(alice: Person) -> None:
    asked = booking()
    change(alice, asked, "new", "declined")
    assert change(alice, asked, "new", "confirmed").status_code == 409
    asked.refresh_from_db()
    assert asked.state == BookingState.DECLINED


def test_a_state_that_cannot_follow_is_refused(alice: Person) -> None:
    asked = booking(state=BookingState.CONFIRMED)
    assert change(alice, asked, "confirmed", "new").status_code in (409, 422)
    asked.refresh_from_db()
    assert asked.state == BookingState.CONFIRMED


def test_a_look_is_audited(alice: Person) -> None:
    asked = booking()
    alice.client.get(page(asked))
    entry = AuditEntry.objects.get(action=Action.BOOKING_VIEWED)
    assert (entry.actor, entry.object_id) == (alice.user, asked.reference)


def test_a_change_is_audited(alice: Person) -> None:
    change(alice, booking(), "new", "acknowledged")
    assert AuditEntry.objects.filter(actor=alice.user, action=Action.BOOKING_CHANGED).exists()
