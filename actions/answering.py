"""Answering, asking back, declining and small talk."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
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
    topics_asked,
)
from knowledge import Entry
from knowledge.model import Channel
from knowledge.topics import ANY, GUARDED_TOPICS

BOOK: Button = {"title": "Request an appointment", "payload": "/book_appointment"}
PERSON: Button = {"title": "Talk to a person", "payload": "/talk_to_person"}
SOMETHING_ELSE: Button = {"title": "Something else", "payload": "/out_of_scope"}
OUT_OF_SCOPE = "out_of_scope"
PERSONAL = "personal_medical_advice"
# Topics that are done rather than answered.
BOOKING_TOPIC = "book_appointment"
PERSON_TOPIC = "talk_to_person"
MOST_ANSWERS = 2
MOST_BUTTONS = 3
# Topics whose answer is shorter the next time; older ones are forgotten.
REMEMBERED = 10


class ActionAnswer(FrontdeskAction):
    """Says the approved answers to what was asked, each with its source, and where to go next."""

    action_name = "action_answer"

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Answer the latest message's topics."""
        return answer_topics(dispatcher, tracker, topics_asked(tracker))


class ActionFollowUp(FrontdeskAction):
    """Answers a question about the last answer, or says that the clinic has not published that."""

    action_name = "action_follow_up"

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say the topic's own detail, the answer of the topic that covers it, or neither."""
        topic = topics_asked(tracker)[0]
        key: str = tracker.latest_message["detail"]
        entry, detail = entry_of(topic), approved().details[key]
        if key in entry.details and may_be_said(entry):
            text = entry.details[key].on(channel_of(tracker))
            say(dispatcher, _with_care_line(text, tracker), topic=topic, source=_source(entry))
            return decided(tracker, "answer", [topic])
        other = detail.answered_by.get(topic) or detail.answered_by.get(ANY)
        if other and other != topic:
            return answer_topics(dispatcher, tracker, [other])
        buttons = [] if in_booking(tracker) else [PERSON, BOOK]
        respond(dispatcher, "utter_not_published", buttons=buttons, asked=detail.asked)
        return decided(tracker, "decline", [topic], None if in_booking(tracker) else "person")


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
        events = decline(dispatcher, tracker, intent if intent == PERSONAL else OUT_OF_SCOPE)
        others = [topic for topic in topics_asked(tracker) if topic not in GUARDED_TOPICS]
        return answer_topics(dispatcher, tracker, others) if others else events


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


def answer_topics(dispatcher: CollectingDispatcher, tracker: Tracker, topics: list[str]) -> list[EventType]:
    """Answer at most two topics, offer the rest, and begin what the patient wants done.

    An appointment or a person comes after the answers, whatever their order in the message.
    """
    wanted = [topic for topic in topics if topic in (BOOKING_TOPIC, PERSON_TOPIC)]
    asked = [topic for topic in topics if topic not in wanted]
    said = [topic for topic in asked if may_be_said(entry_of(topic))][:MOST_ANSWERS]
    if not said and not wanted:
        return decline(dispatcher, tracker, OUT_OF_SCOPE)
    rest = [topic_button(topic) for topic in asked if topic not in said]
    for topic in said:
        last = topic == said[-1]
        _say_entry(dispatcher, tracker, topic, rest if last else [], closes=last and not wanted)
    events: list[EventType] = [
        SlotSet("answered", [*(tracker.get_slot("answered") or []), *said][-REMEMBERED:])
    ]
    if PERSON_TOPIC in wanted:
        return [*events, *hand_over(dispatcher, tracker, said)]
    if wanted and not in_booking(tracker):
        return [*events, *decided(tracker, "answer", said), FollowupAction("action_start_booking")]
    offers_booking = any(entry_of(topic).offer_booking for topic in said) and not in_booking(tracker)
    return [*events, *decided(tracker, "answer", said, "booking" if offers_booking else None)]


def hand_over(dispatcher: CollectingDispatcher, tracker: Tracker, answered: list[str]) -> list[EventType]:
    """Tell how to reach a person; the desk marks the conversation for staff."""
    entry = entry_of(PERSON_TOPIC)
    say(dispatcher, entry.web if channel_of(tracker) == "web" else entry.sms, topic=PERSON_TOPIC)
    return decided(tracker, "handoff", [*answered, PERSON_TOPIC])


def _say_entry(
    dispatcher: CollectingDispatcher, tracker: Tracker, topic: str, rest: list[Button], *, closes: bool
) -> None:
    """One answer; in short when this conversation has had it, and with next steps if it `closes` the turn."""
    entry, channel = entry_of(topic), channel_of(tracker)
    buttons = list(rest)
    if topic in (tracker.get_slot("answered") or []):
        text = approved_again(entry, channel)
        buttons += [PERSON] if closes and not in_booking(tracker) else []
    else:
        text = entry.web if channel == "web" else entry.sms
        buttons += _next_steps(entry, tracker) if closes else []
    say(
        dispatcher,
        _with_care_line(text, tracker) if closes else text,
        buttons=buttons[:MOST_BUTTONS],
        topic=topic,
        source=_source(entry),
    )


def approved_again(entry: Entry, channel: Channel) -> str:
    """An answer given before, shorter: its SMS form on the web, the first sentence of that by SMS."""
    if channel == "web":
        return entry.sms
    first, _, _ = entry.sms.partition(". ")
    return first if first.endswith(".") else f"{first}."


def _next_steps(entry: Entry, tracker: Tracker) -> list[Button]:
    if in_booking(tracker):
        return []
    follow_ups = [topic_button(topic) for topic in entry.follow_ups if topic != "book_appointment"]
    return [*follow_ups[:2], BOOK] if entry.offer_booking else follow_ups[:3]


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
