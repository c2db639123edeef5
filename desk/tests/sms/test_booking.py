"""Booking by text: the number to call is that of the phone."""

from __future__ import annotations

from typing import Any

from chat.models import Author, Message, Turn
from sms.models import OutboundText
from tests.conftest import Patient, eventually
from tests.engine import FakeEngine, Json, result
from tests.sms.phone import Phone

ASKS_NUMBER = "What number should we call?"


def form(asks: str, text: str) -> Json:
    reply: Json = {"text": text, "buttons": [], "source": None, "topic": None}
    slots = {"requested_slot": asks, "booking_reference": None}
    return result(replies=[reply], decision="form", slots=slots)


class Form:
    """As the real form: a name, a number, then whether they are new; "number" goes back."""

    def __call__(self, message: Json) -> tuple[int, Json]:
        text = str(message.get("text"))
        if "change number" in text:
            return 200, form("callback_number", ASKS_NUMBER)
        if any(c.isdigit() for c in text):
            return 200, form("patient_status", "Are you a new patient?")
        if text == "yes":
            return 200, form("booking_confirmed", "Send this request?")
        return 200, form("callback_number", ASKS_NUMBER)


def said() -> list[str]:
    return list(
        Message.objects.filter(author=Author.ASSISTANT)
        .order_by("pk")
        .values_list("text", flat=True)
    )


def answered(count: int) -> None:
    eventually(lambda: Turn.objects.filter(state="answered").count() == count)


def test_the_number_is_not_asked_for(phone: Phone, engine: FakeEngine) -> None:
    engine.behave = Form()
    phone.text("Ann Lee")
    answered(1)
    assert engine.texts() == ["Ann Lee", "+13105550123"]
    assert said() == ["Are you a new patient?"]
    assert Message.objects.get(author=Author.ASSISTANT).input == "patient_status"


def test_the_number_is_in_no_message_and_no_text(phone: Phone, engine: FakeEngine) -> None:
    engine.behave = Form()
    phone.text("Ann Lee")
    answered(1)
    kept: list[Any] = [
        *Message.objects.values_list("text"),
        *OutboundText.objects.values_list("body"),
    ]
    assert "5550123" not in str(kept)


def test_another_number_can_be_given_when_the_summary_is_corrected(
    phone: Phone, engine: FakeEngine
) -> None:
    engine.behave = Form()
    for place, text in enumerate(("Ann Lee", "yes", "change number"), 1):
        phone.text(text)
        answered(place)
    assert said()[-1] == ASKS_NUMBER
    phone.text("310 555 0199")
    answered(4)
    assert engine.texts()[-1] == "310 555 0199"
    assert said()[-1] == "Are you a new patient?"


def test_an_address_without_a_number_is_asked(phone: Phone, engine: FakeEngine) -> None:
    engine.behave = Form()
    phone.number = "messenger:somebody"
    phone.text("Ann Lee")
    answered(1)
    assert said() == [ASKS_NUMBER]


def test_on_the_web_the_number_is_asked_for(patient: Patient, engine: FakeEngine) -> None:
    engine.behave = Form()
    patient.say("Ann Lee")
    assert said() == [ASKS_NUMBER]


def test_a_number_that_the_form_does_not_take_is_asked_for(
    phone: Phone, engine: FakeEngine
) -> None:
    engine.behave = lambda _: (200, form("callback_number", ASKS_NUMBER))
    phone.text("Ann Lee")
    answered(1)
    assert said() == [ASKS_NUMBER]
