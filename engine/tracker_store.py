"""A tracker store whose turns cost the same in every conversation, and are kept whole or not at all.

Every event is stored once, in Rasa's table of events. Beside it stand the result of each message, so that a
message that is sent twice is not answered twice, and for each conversation what its next turn needs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool

from engine.context import Context, context_after
from engine.dialogue import Dialogue, needed
from engine.turn import CHANNELS, last_turn, result_of

T = TypeVar("T")

# And connections, to a database that takes them.
DATABASE_THREADS = 8


class Result(SQLTrackerStore.Base):
    """The result of one message."""

    __tablename__ = "frontdesk_results"

    conversation = sa.Column(sa.String(255), primary_key=True)
    message_id = sa.Column(sa.String(64), primary_key=True)
    result = sa.Column(sa.Text, nullable=False)


class Next(SQLTrackerStore.Base):
    """What the next message of a conversation must know: events as Rasa replays them, and the context."""

    __tablename__ = "frontdesk_next"

    conversation = sa.Column(sa.String(255), primary_key=True)
    events = sa.Column(sa.Text, nullable=False)
    context = sa.Column(sa.Text, nullable=False)


class FrontdeskTrackerStore(SQLTrackerStore):
    """Rasa's SQL store without its reading and counting of all events, and without undecided turns.

    The database is used in threads: the event loop goes on with other conversations meanwhile.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        at_once = DATABASE_THREADS
        if self.engine.dialect.name == "sqlite":
            # SQLite has one writer at a time, and whoever finds it busy sleeps and tries again: they queue
            # for one connection, which knows the tables already.
            at_once = 1
            self.engine: sa.engine.Engine = sa.create_engine(
                self.engine.url, poolclass=QueuePool, pool_size=1, connect_args={"check_same_thread": False}
            )
            self.sessionmaker = sessionmaker(bind=self.engine)
            with self.engine.connect() as connection:
                connection.execute(sa.text("PRAGMA journal_mode=WAL"))
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="tracker-store")

    async def _in_thread(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    async def before(self, conversation: str, message_id: str) -> tuple[dict[str, Any] | None, Context]:
        """The result of a message that has been answered already, else None; and the context for the next."""
        return await self._in_thread(self._before, conversation, message_id)

    def _before(self, conversation: str, message_id: str) -> tuple[dict[str, Any] | None, Context]:
        with self.session_scope() as session:
            result = session.get(Result, (conversation, message_id))
            row = session.get(Next, conversation)
            return (
                json.loads(result.result) if result else None,
                Context(**json.loads(row.context)) if row else Context(),
            )

    async def keep(
        self, conversation: str, message_id: str, result: dict[str, Any], context: Context
    ) -> None:
        """Store the result of a message that was answered without the dialogue."""
        await self._in_thread(self._keep, conversation, message_id, result, context)

    def _keep(self, conversation: str, message_id: str, result: dict[str, Any], context: Context) -> None:
        with self.session_scope() as session:
            row = session.get(Next, conversation)
            events = json.loads(row.events) if row else []
            _put(session, conversation, message_id, result, events, context)
            session.commit()

    async def forget(self, conversation: str) -> None:
        """Delete everything of a conversation."""
        await self._in_thread(self._forget, conversation)

    def _forget(self, conversation: str) -> None:
        with self.session_scope() as session:
            session.query(self.SQLEvent).filter_by(sender_id=conversation).delete()
            session.query(Result).filter_by(conversation=conversation).delete()
            session.query(Next).filter_by(conversation=conversation).delete()
            session.commit()

    def init_tracker(self, sender_id: str) -> Dialogue:
        """A tracker of which nothing is stored yet."""
        return Dialogue(sender_id, self.domain.slots)

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> Dialogue:  # noqa: ARG002
        """A new tracker; it is stored with its first turn."""
        return self.init_tracker(sender_id)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The dialogue as its next turn needs it; None for a conversation without a turn."""
        return await self._in_thread(self._dialogue, sender_id)

    def _dialogue(self, sender_id: str) -> Dialogue | None:
        with self.session_scope() as session:
            row = session.get(Next, sender_id)
        if row is None:
            return None
        dialogue: Dialogue = Dialogue.from_dict(sender_id, json.loads(row.events), self.domain.slots)
        dialogue.stored = len(dialogue.events)
        return dialogue

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store the turn in one transaction.

        Raises:
            IncompleteTurn: no action decided the turn; nothing of it is stored.
        """
        if not isinstance(tracker, Dialogue):
            raise TypeError("Only a tracker of this store can be stored.")
        await self.stream_events(tracker)
        await self._in_thread(self._save, tracker)

    def _save(self, tracker: Dialogue) -> None:
        events = list(tracker.events)
        new = events[tracker.stored :]
        with self.session_scope() as session:
            session.bulk_save_objects([self._row(tracker.sender_id, event) for event in new])
            turn = last_turn(new)
            if turn and isinstance(turn[0], UserUttered) and turn[0].input_channel in CHANNELS:
                result = result_of(turn, tracker.current_slot_values())
                going_on = [event.as_dict() for event in needed(events)]
                _put(session, tracker.sender_id, turn[0].message_id, result, going_on, context_after(turn))
            session.commit()
        tracker.stored = len(events)

    def _row(self, conversation: str, event: Event) -> SQLTrackerStore.SQLEvent:
        data = event.as_dict()
        return self.SQLEvent(
            sender_id=conversation,
            type_name=event.type_name,
            timestamp=data["timestamp"],
            intent_name=((data.get("parse_data") or {}).get("intent") or {}).get("name"),
            action_name=data.get("name"),
            data=json.dumps(data),
        )


def _put(
    session: Session,
    conversation: str,
    message_id: str,
    result: dict[str, Any],
    events: list[dict[str, Any]],
    context: Context,
) -> None:
    session.add(Result(conversation=conversation, message_id=message_id, result=json.dumps(result)))
    row = Next(conversation=conversation, events=json.dumps(events), context=json.dumps(context.as_dict()))
    session.merge(row)
