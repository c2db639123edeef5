"""The answer to a message that describes an emergency."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import BOOK
from actions.base import FrontdeskAction, approved, channel_of, decided, in_booking, red_flags_of, say

URGENT = "urgent"


class ActionSafety(FrontdeskAction):
    """Says the reviewed warning, first and alone; after an emergency or a crisis no booking is pushed."""

    action_name = "action_safety"

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Warn; an emergency or crisis ends a booking in progress, an urgent message does not."""
        red_flags = red_flags_of(tracker)
        tier = red_flags["tier"]
        text = approved().safety.text(tier, red_flags["flags"], channel_of(tracker), red_flags["locale"])
        if tier == URGENT:
            say(dispatcher, text, buttons=[] if in_booking(tracker) else [BOOK])
            return decided(tracker, "safety", offer="booking")
        say(dispatcher, text)
        ended = [ActiveLoop(None), SlotSet("requested_slot", None)] if in_booking(tracker) else []
        return [
            SlotSet("decision", "safety"),
            SlotSet("topics", []),
            SlotSet("offer", "none"),
            *ended,
        ]
