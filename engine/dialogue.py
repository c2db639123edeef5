"""What the next turn needs of a conversation, however long it has been.

Rasa replays every event of a session for every message and sends them all to the action server, so that a
turn costs more the longer the conversation is. Our policies look one turn back, our actions at the current
turn and at slots. So the dialogue goes on from its slots and its loop, written as Rasa writes a session that
carries its slots over, and from the last turns as they were.
"""

from __future__ import annotations

from collections.abc import Sequence

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    AllSlotsReset,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

# One more than MemoizationPolicy's max_history in config.yml.
KEPT_TURNS = 2


class Dialogue(DialogueStateTracker):
    """A tracker that knows how many of its events are stored already, counted from its first."""

    stored = 0


def needed(events: Sequence[Event]) -> list[Event]:
    """The events from which the next turn goes on as from all of `events`."""
    turns = [place for place, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(turns) <= KEPT_TURNS:
        return list(events)
    earlier, kept = events[: turns[-KEPT_TURNS]], events[turns[-KEPT_TURNS] :]
    slots: dict[str, SlotSet] = {}
    loop: ActiveLoop | None = None
    for event in earlier:
        if isinstance(event, SlotSet):
            slots[event.key] = event
        elif isinstance(event, ActiveLoop):
            loop = event
        elif isinstance(event, AllSlotsReset | Restarted):
            slots.clear()
            loop = loop if isinstance(event, AllSlotsReset) else None
    return [
        ActionExecuted(ACTION_SESSION_START_NAME),
        SessionStarted(),
        *slots.values(),
        *([loop] if loop else []),
        ActionExecuted(ACTION_LISTEN_NAME),
        *kept,
    ]
