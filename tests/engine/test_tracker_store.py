"""The tracker store on a real database: a dialogue goes on the same, and costs the same, at any length."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from engine.context import Context
from engine.dialogue import KEPT_TURNS, Dialogue, needed
from engine.tracker_store import FrontdeskTrackerStore
from engine.turn import IncompleteTurn

ROOT = Path(__file__).parents[2]
DOMAIN = Domain.load(str(ROOT / "domain.yml"))
START: list[Event] = [
    ActionExecuted("action_session_start"),
    SessionStarted(),
    ActionExecuted("action_listen"),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FrontdeskTrackerStore]:
    store = FrontdeskTrackerStore(DOMAIN, dialect="sqlite", db=str(tmp_path / "engine.sqlite3"))
    yield store
    store.engine.dispose()


def turn(number: int, *, topic: str = "nmt_definition", decided: bool = True) -> list[Event]:
    message = UserUttered(
        f"message {number}",
        {"name": topic, "confidence": 0.9},
        input_channel="web",
        message_id=f"m{number}",
        parse_data={"intent": {"name": topic, "confidence": 0.9}},
    )
    slots = [
        SlotSet("decision", "answer"),
        SlotSet("topics", [topic]),
        SlotSet("answered", [f"{topic} {number}"]),
    ]
    return [
        message,
        ActionExecuted("action_answer"),
        *([BotUttered("An answer.")] if decided else []),
        *(slots if decided else []),
        ActionExecuted("action_listen"),
    ]


async def talk(store: FrontdeskTrackerStore, conversation: str, numbers: range) -> None:
    for number in numbers:
        tracker = await store.get_or_create_tracker(conversation)
        for event in ([] if tracker.events else START) + turn(number):
            tracker.update(event, DOMAIN)
        await store.save(tracker)


def stored_events(store: FrontdeskTrackerStore, conversation: str) -> list[str]:
    with store.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT data FROM events WHERE sender_id = :c ORDER BY id"), {"c": conversation}
        )
        return [json.loads(row.data).get("text") or "" for row in rows]


def test_a_dialogue_carries_no_more_after_two_hundred_turns_than_after_ten(
    store: FrontdeskTrackerStore,
) -> None:
    asyncio.run(talk(store, "c", range(10)))
    after_ten = asyncio.run(store.retrieve("c"))
    asyncio.run(talk(store, "c", range(10, 200)))
    after_all = asyncio.run(store.retrieve("c"))
    assert after_ten is not None
    assert after_all is not None
    assert len(after_all.events) == len(after_ten.events)


def test_nothing_of_a_conversation_is_lost_on_disk(store: FrontdeskTrackerStore) -> None:
    asyncio.run(talk(store, "c", range(30)))
    said = [text for text in stored_events(store, "c") if text.startswith("message")]
    assert said == [f"message {number}" for number in range(30)]


def test_a_slot_that_was_set_long_ago_is_known(store: FrontdeskTrackerStore) -> None:
    async def go() -> DialogueStateTracker | None:
        tracker = await store.get_or_create_tracker("c")
        for event in [*START, *turn(0), SlotSet("patient_name", "Ann Lee")]:
            tracker.update(event, DOMAIN)
        await store.save(tracker)
        await talk(store, "c", range(1, 20))
        return await store.retrieve("c")

    tracker = asyncio.run(go())
    assert tracker is not None
    assert tracker.get_slot("patient_name") == "Ann Lee"


def test_a_message_has_its_result_and_the_next_its_context(store: FrontdeskTrackerStore) -> None:
    asyncio.run(talk(store, "c", range(3)))
    result, context = asyncio.run(store.before("c", "m1"))
    assert result is not None
    assert result["topics"] == ["nmt_definition"]
    assert context.topic == "nmt_definition"
    assert asyncio.run(store.before("c", "m3"))[0] is None


def test_an_undecided_turn_leaves_nothing(store: FrontdeskTrackerStore) -> None:
    async def go() -> None:
        tracker = await store.get_or_create_tracker("c")
        for event in [*START, *turn(0, decided=False)]:
            tracker.update(event, DOMAIN)
        await store.save(tracker)

    with pytest.raises(IncompleteTurn):
        asyncio.run(go())
    assert stored_events(store, "c") == []
    assert asyncio.run(store.retrieve("c")) is None


def test_a_turn_without_the_dialogue_leaves_the_dialogue_as_it_was(store: FrontdeskTrackerStore) -> None:
    asyncio.run(talk(store, "c", range(3)))
    before = asyncio.run(store.retrieve("c"))
    asyncio.run(store.keep("c", "warned", {"tier": "emergency"}, Context(remind_of="emergency")))
    after = asyncio.run(store.retrieve("c"))
    assert before is not None
    assert after is not None
    assert list(after.events) == list(before.events)
    result, context = asyncio.run(store.before("c", "warned"))
    assert (result, context.remind_of) == ({"tier": "emergency"}, "emergency")


def test_a_forgotten_conversation_leaves_nothing(store: FrontdeskTrackerStore) -> None:
    asyncio.run(talk(store, "a", range(3)))
    asyncio.run(talk(store, "b", range(3)))
    asyncio.run(store.forget("a"))
    assert stored_events(store, "a") == []
    assert asyncio.run(store.retrieve("a")) is None
    assert asyncio.run(store.before("a", "m1")) == (None, Context())
    assert len(stored_events(store, "b")) > 0


def test_conversations_do_not_mix(store: FrontdeskTrackerStore) -> None:
    asyncio.run(talk(store, "a", range(3)))
    asyncio.run(talk(store, "b", range(3, 5)))
    assert [t for t in stored_events(store, "b") if t.startswith("message")] == ["message 3", "message 4"]
    assert asyncio.run(store.before("b", "m1"))[0] is None


STEPS = st.one_of(
    st.builds(
        SlotSet, st.sampled_from(["patient_name", "offer", "answered"]), st.sampled_from(["x", "y", None])
    ),
    st.sampled_from([ActiveLoop("booking_form"), ActiveLoop(None)]),
)


@given(st.lists(st.lists(STEPS, max_size=4), min_size=1, max_size=12))
def test_slots_and_loop_are_those_of_all_events(turns: list[list[Event]]) -> None:
    whole = Dialogue.from_events("c", START, DOMAIN.slots)
    carried = list(START)
    for number, steps in enumerate(turns):
        events = [*turn(number), *steps]
        for event in events:
            whole.update(event, DOMAIN)
        carried = needed([*carried, *events])
    bounded = Dialogue.from_events("c", carried, DOMAIN.slots)
    assert bounded.current_slot_values() == whole.current_slot_values()
    assert bounded.active_loop_name == whole.active_loop_name
    assert sum(isinstance(event, UserUttered) for event in carried) == min(KEPT_TURNS, len(turns))
