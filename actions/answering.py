"""Answering, asking back, declining and small talk."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.base import (
    Button,
    FrontdeskAction,
    approved,
    channel_of,
    decided,
    entry_of,
    in_booking,
    intent_of,
    may_be_said,
    red_flags_of,
    respond,
    say,
    topic_button,
)
from knowledge import Entry

BOOK: Button = {"title": "Request an appointment", "payload": "/book_appointment"}
PERSON: Button = {"title": "Talk to a person", "payload": "/talk_to_person"}
SOMETHING_ELSE: Button = {"title": "Something else", "payload": "/out_of_scope"}
OUT_OF_SCOPE = "out_of_scope"


class ActionAnswer(FrontdeskAction):
    """Says the approved answer of the topic that was asked, with its source and where to go next."""

    action_name = "action_answer"

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Answer the latest message's topic."""
        topic = intent_of(tracker)
        entry = entry_of(topic)
        if not may_be_said(entry):
            return decline(dispatcher, tracker, OUT_OF_SCOPE)
        channel = channel_of(tracker)
        offers_booking = entry.offer_booking and not in_booking(tracker)
        say(
            dispatcher,
            _with_care_line(entry.web if channel == "web" else entry.sms, tracker),
            buttons=_next_steps(entry, offers_booking, tracker),
            topic=topic,
            source=_source(entry),
        )
        return decided(tracker, "answer", [topic], "booking" if offers_booking else None)


class ActionClarify(FrontdeskAction):
    """Asks which of at most three topics was meant."""

    action_name = "action_clarify"

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Offer the gate's candidates as buttons."""
        topics: list[str] = tracker.latest_message.get("candidates") or []
        buttons = [topic_button(topic) for topic in topics]
        respond(dispatcher, "utter_which_topic", buttons=[*buttons, SOMETHING_ELSE])
        return decided(tracker, "clarify", topics)


class ActionDecline(FrontdeskAction):
    """Says that it does not know, or must not say, and offers a person."""

    action_name = "action_decline"

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Decline; the wording depends on whether personal medical advice was asked."""
        intent = intent_of(tracker)
        return decline(dispatcher, tracker, intent if intent == "personal_medical_advice" else OUT_OF_SCOPE)


class ActionSmalltalk(FrontdeskAction):
    """Answers greetings, thanks and questions about the assistant itself."""

    action_name = "action_smalltalk"

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say the response named after the intent."""
        intent = intent_of(tracker)
        suggests = intent in ("greet", "capabilities") and not in_booking(tracker)
        suggestions = approved().clinic.suggestions if suggests else ()
        respond(dispatcher, f"utter_{intent}", buttons=[topic_button(topic) for topic in suggestions])
        return decided(tracker, "smalltalk")


def decline(dispatcher: CollectingDispatcher, tracker: Tracker, topic: str) -> list[EventType]:
    """Say the approved refusal of a guarded topic and offer a person and an appointment."""
    entry = entry_of(topic)
    text = entry.web if channel_of(tracker) == "web" else entry.sms
    buttons = [] if in_booking(tracker) else [PERSON, BOOK]
    say(dispatcher, _with_care_line(text, tracker), buttons=buttons, topic=topic)
    topics = [topic] if topic != OUT_OF_SCOPE else []
    return decided(tracker, "decline", topics, None if in_booking(tracker) else "person")


def _next_steps(entry: Entry, offers_booking: bool, tracker: Tracker) -> list[Button]:
    if in_booking(tracker):
        return []
    follow_ups = [topic_button(topic) for topic in entry.follow_ups if topic != "book_appointment"]
    return [*follow_ups[:2], BOOK] if offers_booking else follow_ups[:3]


def _source(entry: Entry) -> dict[str, str]:
    return {"title": f"{entry.source.title}: {entry.source.section}", "url": entry.source.url}


def _with_care_line(text: str, tracker: Tracker) -> str:
    """Add the one line on emergency or crisis care that a message without a warning may still ask for."""
    red_flags = red_flags_of(tracker)
    if not red_flags:
        return text
    safety, channel, locale = approved().safety, channel_of(tracker), red_flags["locale"]
    line = safety.added_text(red_flags["flags"], channel, locale)
    if line is None and red_flags["informational"]:
        line = safety.information_text(channel, locale)
    return f"{text}\n\n{line}" if line else text
