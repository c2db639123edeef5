"""Handing the conversation over to a person of the clinic."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.base import FrontdeskAction, channel_of, decided, entry_of, say

TOPIC = "talk_to_person"


class ActionHandoff(FrontdeskAction):
    """Tells the patient how to reach a person; the desk marks the conversation for staff."""

    action_name = "action_handoff"

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Hand over."""
        entry = entry_of(TOPIC)
        say(dispatcher, entry.web if channel_of(tracker) == "web" else entry.sms, topic=TOPIC)
        return decided(tracker, "handoff", [TOPIC])
