"""The red-flag reader as a Rasa component: it reads the whole raw message before anything else does."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message

from engine.context import context_of
from red_flags import Reading, RedFlagReader

RED_FLAGS = "red_flags"


@lru_cache(maxsize=1)
def reader() -> RedFlagReader:
    """The reader with the reviewed rules, loaded once in a process."""
    return RedFlagReader.load()


def read(text: str, known_facts: list[str]) -> Reading:
    """Read a message, given the facts that earlier messages of the conversation established."""
    return reader().read(text, frozenset(known_facts))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class RedFlagComponent(GraphComponent):
    """Notes tier, flags and facts on every message."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RedFlagComponent:
        """Build the component; it has no options."""
        reader()
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `red_flags` on each message."""
        for message in messages:
            reading = read(message.get(TEXT) or "", context_of(message.get(METADATA)).facts)
            message.set(
                RED_FLAGS,
                {
                    "tier": reading.tier,
                    "flags": list(reading.flags),
                    "facts": sorted(reading.facts),
                    "locale": reading.locale,
                    "informational": reading.informational,
                },
                add_to_output=True,
            )
        return messages
