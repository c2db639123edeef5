"""The booking form: from "can I come Thursday" to a request on the desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import booking_answers as answers
from actions.base import (
    BOOKING_FORM,
    FrontdeskAction,
    approved,
    channel_of,
    entry_of,
    intent_of,
    red_flags_of,
    respond,
    say,
    topics_asked,
)
from actions.desk_client import request_booking
from actions.safety import URGENT
from knowledge.topics import ASKABLE_TOPICS, TALK_TOPICS, TOPICS

TOPIC = "book_appointment"
FORM_SLOTS = (*answers.ASKED, answers.CONFIRMED, answers.CHANGE)
# These intents mean something else inside the form than a question to be answered first.
ANSWERS_IN_THE_FORM = ("affirm", "deny", TOPIC, "out_of_scope")
FOLLOW_UP = "follow_up"
STATUS_WORDS = {"new": "new patient", "existing": "existing patient"}


class ActionStartBooking(FrontdeskAction):
    """Begins a booking with empty slots."""

    action_name = "action_start_booking"

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say what follows and start the form."""
        entry = entry_of(TOPIC)
        say(dispatcher, entry.web if channel_of(tracker) == "web" else entry.sms, topic=TOPIC)
        answered = [topic for topic in topics_asked(tracker) if topic in ASKABLE_TOPICS and topic != TOPIC]
        return [
            *_form_turn(answered),
            *(SlotSet(slot, None) for slot in FORM_SLOTS),
            SlotSet("booking_reference", None),
            SlotSet("booking_stopped", False),
            FollowupAction(BOOKING_FORM),
        ]


class ValidateBookingForm(FrontdeskAction):
    """Reads each answer of the form.

    Returning no events makes Rasa reject the form for this turn, and the rules deal with the message as
    with any other; the actions that they run come back to the form.
    """

    action_name = "validate_booking_form"
    repeats_warnings = False

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Fill, correct or ask again."""
        asked = tracker.get_slot("requested_slot")
        message = _message(tracker)
        if asked == answers.REASON and message.intent == "red_flag":
            return self._reason_with_warning(dispatcher, tracker, message)
        answer = answers.understand(asked, message, tracker.slots)
        if answer.interrupts or asked is None:
            return []
        if answer.problem:
            respond(dispatcher, answer.problem)
        if answer.stops:
            return [*_form_turn(), SlotSet("booking_stopped", True), SlotSet("requested_slot", None)]
        slots: dict[str, Any] = answer.slots or {asked: None}
        return [*_form_turn(), *(SlotSet(slot, value) for slot, value in slots.items())]

    def _reason_with_warning(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, message: answers.Message
    ) -> list[EventType]:
        """The reason for a visit may be urgent: the patient is warned and can go on booking."""
        red_flags = red_flags_of(tracker)
        if red_flags["tier"] != URGENT:
            return []
        text = approved().safety.text(URGENT, red_flags["flags"], channel_of(tracker), red_flags["locale"])
        say(dispatcher, text)
        reason = answers.READERS[answers.REASON](message)
        return [
            SlotSet("decision", "safety"),
            SlotSet("topics", [TOPIC]),
            *(SlotSet(slot, value) for slot, value in reason.slots.items()),
        ]


class ActionAskBookingConfirmed(FrontdeskAction):
    """Shows the summary before anything is sent."""

    action_name = "action_ask_booking_confirmed"
    repeats_warnings = False

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Show name, number, status, reason and times."""
        respond(
            dispatcher,
            "utter_booking_summary",
            patient_name=tracker.get_slot(answers.NAME),
            callback_number=answers.display_number(tracker.get_slot(answers.NUMBER)),
            patient_status=STATUS_WORDS[tracker.get_slot(answers.STATUS)],
            visit_reason=tracker.get_slot(answers.REASON),
            preferred_times=tracker.get_slot(answers.TIMES),
            buttons=[
                {"title": "Send request", "payload": "/affirm"},
                {"title": "Change something", "payload": "/deny"},
                {"title": "Cancel", "payload": "/stop_booking"},
            ],
        )
        return []


class ActionSubmitBooking(FrontdeskAction):
    """Hands the request to the desk, or says that nothing was sent."""

    action_name = "action_submit_booking"

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Submit under a key made of the conversation and the confirming message."""
        if tracker.get_slot("booking_stopped"):
            respond(dispatcher, "utter_booking_stopped")
            return [*_form_turn(), *_cleared()]
        reference = await request_booking(
            f"{tracker.sender_id}:{_message_id(tracker)}",
            {
                "conversation": tracker.sender_id,
                "name": tracker.get_slot(answers.NAME),
                "callback_number": tracker.get_slot(answers.NUMBER),
                "patient_status": tracker.get_slot(answers.STATUS),
                "reason": tracker.get_slot(answers.REASON),
                "preferred_times": tracker.get_slot(answers.TIMES),
                "consent": tracker.get_slot(answers.CONSENT),
            },
        )
        respond(dispatcher, "utter_booking_requested", booking_reference=reference)
        return [*_form_turn(), *_cleared(), SlotSet("booking_reference", reference)]


def _message(tracker: Tracker) -> answers.Message:
    intent = intent_of(tracker)
    latest = tracker.latest_message
    return answers.Message(
        text=latest.get("text") or "",
        intent=intent,
        entities={entity["entity"]: entity["value"] for entity in latest.get("entities", [])},
        is_topic=intent in (*TOPICS, *TALK_TOPICS, FOLLOW_UP) and intent not in ANSWERS_IN_THE_FORM,
    )


def _message_id(tracker: Tracker) -> str:
    return next(str(event["message_id"]) for event in reversed(tracker.events) if event["event"] == "user")


def _form_turn(answered: Sequence[str] = ()) -> list[EventType]:
    return [
        SlotSet("decision", "form"),
        SlotSet("topics", [*answered, TOPIC]),
        SlotSet("offer", "none"),
    ]


def _cleared() -> list[EventType]:
    return [*(SlotSet(slot, None) for slot in FORM_SLOTS), SlotSet("booking_stopped", False)]
