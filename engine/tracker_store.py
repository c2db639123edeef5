"""A tracker store that keeps each turn's result beside its events, in one transaction."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.orm import Session

from engine.context import Context, context_after
from engine.turn import CHANNELS, last_turn, result_of


class Turn(SQLTrackerStore.Base):
    """The result of one message, and what the next message of the conversation must know."""

    __tablename__ = "frontdesk_turns"

    id = sa.Column(sa.Integer, primary_key=True)
    conversation = sa.Column(sa.String(255), nullable=False)
    message_id = sa.Column(sa.String(64), nullable=False)
    result = sa.Column(sa.Text, nullable=False)
    context = sa.Column(sa.Text, nullable=False)

    __table_args__ = (sa.UniqueConstraint("conversation", "message_id"),)


class FrontdeskTrackerStore(SQLTrackerStore):
    """Rasa's SQL store, which also refuses turns that no action decided."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                connection.execute(sa.text("PRAGMA journal_mode=WAL"))

    def stored_result(self, conversation: str, message_id: str) -> dict[str, Any] | None:
        """The result of a message that has been answered already, else None."""
        with self.session_scope() as session:
            row = (
                session.query(Turn.result)
                .filter(Turn.conversation == conversation, Turn.message_id == message_id)
                .one_or_none()
            )
        return json.loads(row.result) if row else None

    def context(self, conversation: str) -> Context:
        """What the conversation's last turn left for the next message."""
        with self.session_scope() as session:
            row = (
                session.query(Turn.context)
                .filter(Turn.conversation == conversation)
                .order_by(Turn.id.desc())
                .first()
            )
        return Context(**json.loads(row.context)) if row else Context()

    def keep(self, conversation: str, message_id: str, result: dict[str, Any], context: Context) -> None:
        """Store the result of a message that was answered without the dialogue."""
        with self.session_scope() as session:
            session.add(_row(conversation, message_id, result, context))
            session.commit()

    def _additional_events(self, session: Session, tracker: DialogueStateTracker) -> list[Event]:
        """Events to store; called inside the transaction that stores them.

        Raises:
            IncompleteTurn: no action decided the turn; nothing of it is stored.
        """
        events = list(super()._additional_events(session, tracker))
        turn = last_turn(events)
        if turn and isinstance(turn[0], UserUttered) and turn[0].input_channel in CHANNELS:
            result = result_of(turn, tracker.current_slot_values())
            session.add(_row(tracker.sender_id, turn[0].message_id, result, context_after(turn)))
        return events


def _row(conversation: str, message_id: str, result: dict[str, Any], context: Context) -> Turn:
    return Turn(
        conversation=conversation,
        message_id=message_id,
        result=json.dumps(result),
        context=json.dumps(context.as_dict()),
    )
