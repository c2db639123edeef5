"""What every action shares: knowledge, the patient's channel, and an answer even when it fails."""

from __future__ import annotations

import logging
import os
import traceback
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.desk_client import DeskUnavailable
from knowledge import Entry, Knowledge, load_knowledge
from knowledge.model import Channel

logger = logging.getLogger(__name__)

BOOKING_FORM = "booking_form"
Button = dict[str, str]


@lru_cache(maxsize=1)
def approved() -> Knowledge:
    """The clinic's knowledge, read once in a process."""
    return load_knowledge()


def entry_of(topic: str) -> Entry:
    """The knowledge entry of a topic.

    Raises:
        KeyError: the topic has no entry.
    """
    return approved().entries[topic]


def may_be_said(entry: Entry) -> bool:
    """Whether patients may read an entry: in production, drafts wait for the clinic's approval."""
    return entry.status == "approved" or os.environ.get("FRONTDESK_ENV") != "production"


def channel_of(tracker: Tracker) -> Channel:
    """The channel of the latest message; the terminal counts as web."""
    return "sms" if tracker.get_latest_input_channel() == "sms" else "web"


def intent_of(tracker: Tracker) -> str:
    """The intent that the gate gave to the latest message."""
    return str(tracker.latest_message["intent"]["name"])


def topics_asked(tracker: Tracker) -> list[str]:
    """All that the latest message asks, in its order; the pressed button's topic."""
    return tracker.latest_message.get("topics") or [intent_of(tracker)]


def red_flags_of(tracker: Tracker) -> dict[str, Any]:
    """What the red-flag reader found in the latest message; empty for a pressed button."""
    return tracker.latest_message.get("red_flags") or {}


def topic_button(topic: str) -> Button:
    """A button that asks about a topic."""
    return {"title": entry_of(topic).label, "payload": f"/{topic}"}


def in_booking(tracker: Tracker) -> bool:
    """Whether the booking form waits for an answer."""
    return bool((tracker.active_loop or {}).get("name") == BOOKING_FORM)


def say(
    dispatcher: CollectingDispatcher,
    text: str,
    *,
    buttons: list[Button] | None = None,
    topic: str | None = None,
    source: dict[str, str] | None = None,
    reminder: bool = False,
) -> None:
    """Send one reply; a `reminder` repeats an earlier warning."""
    dispatcher.utter_message(
        text=text,
        buttons=buttons or [],
        json_message={"topic": topic, "source": source, "reminder": reminder},
    )


def respond(
    dispatcher: CollectingDispatcher, response: str, buttons: list[Button] | None = None, **values: Any
) -> None:
    """Send a response of domain.yml, which may name the clinic and its phone."""
    clinic = approved().clinic
    dispatcher.utter_message(
        response=response,
        buttons=buttons or [],
        clinic_name=clinic.name,
        clinic_phone=clinic.phone_display,
        **values,
    )


def decided(
    tracker: Tracker, decision: str, topics: list[str] | None = None, offer: str | None = None
) -> list[EventType]:
    """The events that end a turn; an interrupted booking goes on after it.

    Args:
        decision: one of the design's decisions.
        topics: topics that were answered or offered.
        offer: what a plain "yes" in the next message would accept.
    """
    events: list[EventType] = [
        SlotSet("decision", decision),
        SlotSet("topics", topics or []),
        SlotSet("offer", offer or "none"),
    ]
    if in_booking(tracker):
        events.append(FollowupAction(BOOKING_FORM))
    return events


class FrontdeskAction(Action, ABC):
    """An action that answers the patient whatever happens.

    Subclasses set `action_name` and implement `turn`.
    """

    action_name: str
    # Whether a warning of an earlier message is repeated before this action's own words.
    repeats_warnings = True

    def name(self) -> str:
        """The action's name in domain.yml."""
        return self.action_name

    @abstractmethod
    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Answer the latest message and return the events of the turn."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Run `turn`; if it fails, say so and point to a person."""
        if self.repeats_warnings:
            _remind(dispatcher, tracker)
        try:
            return await self.turn(dispatcher, tracker)
        except DeskUnavailable:
            # The engine then drops the whole turn, and the desk sends the message again.
            raise
        except Exception as error:
            # The exception's own words may quote the patient: only its kind and place are logged.
            places = "".join(traceback.format_tb(error.__traceback__))
            logger.error("%s failed: %s\n%s", self.action_name, type(error).__name__, places)
            dispatcher.messages.clear()
            respond(dispatcher, "utter_action_failed")
            return [SlotSet("decision", "handoff"), SlotSet("topics", []), SlotSet("offer", "none")]


def _remind(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Repeat the warning that the conversation still needs to hear once more, as the turn's first words."""
    context = (tracker.latest_message.get("metadata") or {}).get("context") or {}
    tier = context.get("remind_of")
    if not tier or red_flags_of(tracker).get("tier", "none") != "none" or _has_spoken(tracker):
        return
    locale = red_flags_of(tracker).get("locale", "en")
    say(dispatcher, approved().safety.reminder_text(tier, channel_of(tracker), locale), reminder=True)


def _has_spoken(tracker: Tracker) -> bool:
    """Whether something was said already since the patient's message."""
    for event in reversed(tracker.events):
        if event["event"] in ("user", "bot"):
            return bool(event["event"] == "bot")
    return False
