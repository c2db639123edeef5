"""A tracker store that keeps each turn's result beside its events, in one transaction."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.orm import Session

from engine.turn import CHANNELS, facts_of, last_turn, result_of


class Turn(SQLTrackerStore.Base):
    """The result of one message, and what the next message of the conversation must know."""

    __tablename__ = "turns"

    id = sa.Column(sa.Integer, primary_key=True)
    conversation = sa.Column(sa.String(255), nullable=False)
    message_id = sa.Column(sa.String(64), nullable=False)
    result = sa.Column(sa.Text, nullable=False)
    facts = sa.Column(sa.Text, nullable=False)

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

    def known_facts(self, conversation: str) -> list[str]:
        """Facts for the red-flag reader from the conversation's last turn."""
        with self.session_scope() as session:
            row = (
                session.query(Turn.facts)
                .filter(Turn.conversation == conversation)
                .order_by(Turn.id.desc())
                .first()
            )
        return json.loads(row.facts) if row else []

    def _additional_events(self, session: Session, tracker: DialogueStateTracker) -> list[Event]:
        """Events to store; called inside the transaction that stores them.

        Raises:
            IncompleteTurn: no action decided the turn; nothing of it is stored.
        """
        events = list(super()._additional_events(session, tracker))
        turn = last_turn(events)
        if turn and isinstance(turn[0], UserUttered) and turn[0].input_channel in CHANNELS:
            session.add(
                Turn(
                    conversation=tracker.sender_id,
                    message_id=turn[0].message_id,
                    result=json.dumps(result_of(turn, tracker.current_slot_values())),
                    facts=json.dumps(facts_of(turn)),
                )
            )
        return events
