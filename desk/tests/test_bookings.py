"""A request for an appointment arrives once, whole, and from the action server only."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from bookings.api import check_e164
from bookings.models import (
    REFERENCE_ALPHABET,
    BookingChange,
    BookingRequest,
    BookingState,
    TransitionError,
    new_reference,
)
from chat.models import Conversation
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wanted() -> dict[str, Any]:
    """A complete request."""
    return {
        "conversation": str(Conversation.objects.create().pk),
        "name": "Alice Example",
        "callback_number": "+13105550101",
        "patient_status": "new",
        "reason": "Headaches at work",
        "preferred_times": "Tuesday mornings",
        "consent": True,
    }


def hand_over(wanted: dict[str, Any], key: str = "key-1", secret: str | None = None) -> Any:
    return Client().post(
        "/internal/bookings",
        wanted,
        content_type="application/json",
        headers={
            "Authorization": f"Bearer {secret or settings.DESK_SECRET}",
            "Idempotency-Key": key,
        },
    )


class TestHandOver:
    def test_it_is_stored(self, wanted: dict[str, Any]) -> None:
        response = hand_over(wanted)
        assert response.status_code == 201
        booking = BookingRequest.objects.get(reference=response.json()["reference"])
        assert (booking.state, booking.name, booking.callback_number) == (
            "new",
            "Alice Example",
            "+13105550101",
        )

    def test_its_history_begins(self, wanted: dict[str, Any]) -> None:
        hand_over(wanted)
        change = BookingChange.objects.get()
        assert (change.from_state, change.to_state, change.by) == ("", "new", None)

    def test_the_same_again_is_the_same_request(self, wanted: dict[str, Any]) -> None:
        first = hand_over(wanted)
        again = hand_over(wanted)
        assert (again.status_code, again.json()) == (200, first.json())
        assert BookingRequest.objects.count() == 1

    def test_another_under_the_same_key_is_a_conflict(self, wanted: dict[str, Any]) -> None:
        hand_over(wanted)
        assert_problem(hand_over({**wanted, "reason": "Something else"}), 409)

    def test_many_times_at_once_is_one_request(self, wanted: dict[str, Any]) -> None:
        def run(_: int) -> Any:
            try:
                return hand_over(wanted)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(6) as pool:
            responses = list(pool.map(run, range(12)))
        assert sorted(response.status_code for response in responses) == [200] * 11 + [201]
        assert len({response.json()["reference"] for response in responses}) == 1

    def test_a_taken_reference_is_drawn_again(
        self, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        codes = iter(["FD-AAAAAA", "FD-AAAAAA", "FD-BBBBBB"])
        field = BookingRequest._meta.get_field("reference")
        monkeypatch.setattr(field, "default", lambda: next(codes))
        field.__dict__.pop("_get_default", None)
        references = [hand_over(wanted, key).json()["reference"] for key in ("a", "b")]
        field.__dict__.pop("_get_default", None)
        assert references == ["FD-AAAAAA", "FD-BBBBBB"]

    @pytest.mark.parametrize("secret", ["wrong", "x" * 100, "ü"])
    def test_it_needs_the_secret(self, wanted: dict[str, Any], secret: str) -> None:
        assert_problem(hand_over(wanted, secret=secret), 401)

    def test_the_engines_secret_does_not_open_it(self, wanted: dict[str, Any]) -> None:
        assert_problem(hand_over(wanted, secret=settings.ENGINE_SECRET), 401)

    @pytest.mark.parametrize("key", ["", "k" * 201, "two words"])
    def test_it_needs_a_key(self, wanted: dict[str, Any], key: str) -> None:
        assert_problem(hand_over(wanted, key), 422)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "   "),
            ("name", "n" * 201),
            ("name", "a\0b"),
            ("callback_number", "310 555 0101"),
            ("callback_number", "+1310555010"),
            ("callback_number", "+1 310 555 0101"),
            ("callback_number", "+999123456789"),
            ("callback_number", "911"),
            ("patient_status", "perhaps"),
            ("reason", ""),
            ("reason", "r" * 2001),
            ("preferred_times", ""),
            ("consent", False),
            ("consent", None),
            ("conversation", "nonsense"),
            ("conversation", str(uuid.UUID(int=1))),
            ("more", "x"),
        ],
    )
    def test_a_wrong_one_is_refused(self, wanted: dict[str, Any], field: str, value: Any) -> None:
        assert_problem(hand_over({**wanted, field: value}), 422)
        assert not BookingRequest.objects.exists()

    @pytest.mark.parametrize(
        "field", ["name", "callback_number", "patient_status", "reason", "consent", "conversation"]
    )
    def test_nothing_may_be_missing(self, wanted: dict[str, Any], field: str) -> None:
        del wanted[field]
        assert_problem(hand_over(wanted), 422)

    def test_it_outlives_the_conversations_words(self, wanted: dict[str, Any]) -> None:
        hand_over(wanted)
        from chat import store

        store.erase(uuid.UUID(wanted["conversation"]))
        assert BookingRequest.objects.get().reason == "Headaches at work"


class TestReferences:
    def test_they_have_no_letters_that_look_alike(self) -> None:
        assert not set("01IO") & set(REFERENCE_ALPHABET)

    def test_they_do_not_repeat(self) -> None:
        assert len({new_reference() for _ in range(1000)}) > 990


@given(st.text(max_size=20))
def test_any_text_as_a_number_is_accepted_in_e164_or_refused(number: str) -> None:
    try:
        passed = check_e164(number)
    except ValueError:
        return
    assert passed == number
    assert number.startswith("+")
    assert number[1:].isdigit()


class TestTransitions:
    @pytest.fixture
    def booking(self, wanted: dict[str, Any]) -> BookingRequest:
        return BookingRequest.objects.get(reference=hand_over(wanted).json()["reference"])

    @pytest.fixture
    def alice(self) -> User:
        return User.objects.create(username="alice")

    @pytest.fixture
    def bob(self) -> User:
        return User.objects.create(username="bob")

    def test_who_did_what_is_recorded(self, booking: BookingRequest, alice: User) -> None:
        booking.transition(BookingState.CONFIRMED, by=alice, note="Tuesday at nine")
        change = booking.changes.last()
        assert change is not None
        assert (change.by, change.from_state, change.to_state, change.note) == (
            alice,
            "new",
            "confirmed",
            "Tuesday at nine",
        )

    def test_of_two_who_saw_the_same_one_succeeds(
        self, booking: BookingRequest, alice: User, bob: User
    ) -> None:
        seen_by_bob = BookingRequest.objects.get(pk=booking.pk)
        booking.transition(BookingState.ACKNOWLEDGED, by=alice)
        with pytest.raises(TransitionError):
            seen_by_bob.transition(BookingState.DECLINED, by=bob)
        booking.refresh_from_db()
        assert (booking.state, booking.changes.count()) == ("acknowledged", 2)

    @pytest.mark.parametrize("to", [BookingState.NEW])
    def test_a_state_that_cannot_follow_is_refused(
        self, booking: BookingRequest, alice: User, to: BookingState
    ) -> None:
        with pytest.raises(TransitionError):
            booking.transition(to, by=alice)
