"""Handing the conversation over to a person of the clinic."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import PERSON_TOPIC, answer_topics
from actions.base import FrontdeskAction, topics_asked
from knowledge.topics import ASKABLE_TOPICS


class ActionHandoff(FrontdeskAction):
    """Hands over, after answering what else was asked."""

    action_name = "action_handoff"

    async def turn(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Hand over."""
        others = [topic for topic in topics_asked(tracker) if topic in ASKABLE_TOPICS]
        return answer_topics(dispatcher, tracker, [*others, PERSON_TOPIC])
