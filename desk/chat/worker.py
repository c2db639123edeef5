"""Answers the messages that nobody answered: the engine was away, or a desk died in the middle.

Any number of workers may run; leases keep them apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from chat import store
from chat.engine import Engine, EngineError
from chat.turns import Outcome, run_one
from frontdesk.databases import in_database

# The process that took a message answers it itself, unless it died.
GRACE = timedelta(seconds=2)
IDLE_SECONDS = 0.5
MAX_AWAY_SECONDS = 4.0
AT_ONCE = 4

logger = logging.getLogger(__name__)


async def work(stop: asyncio.Event) -> None:
    """Work until `stop` is set; the turns in hand are finished first."""
    away = 0.0
    async with Engine() as engine:
        while not stop.is_set():
            try:
                there = await _round(engine, stop, probe=away > 0)
                if there:
                    await _forget(engine)
            except Exception as error:  # the database may be away
                logger.error("The worker could not work", exc_info=error)
                there = False
            away = 0.0 if there else min(max(IDLE_SECONDS, away * 2), MAX_AWAY_SECONDS)
            await _pause(stop, away or IDLE_SECONDS)


async def _round(engine: Engine, stop: asyncio.Event, *, probe: bool) -> bool:
    """Run what waits, and say whether the engine is there as far as one can tell.

    With `probe` one turn shows first whether it is, so that an engine that is half there (its
    model answers, its actions do not) is not flooded.
    """
    now = timezone.now()
    due = store.waiting(now - GRACE).exclude(next_attempt_at__gt=now)
    waiting = await in_database(
        lambda: list(due.values_list("conversation_id", flat=True)[: 1 if probe else 64])
    )
    if not waiting:
        return True
    there = await engine.is_healthy()
    if there:
        gate = asyncio.Semaphore(AT_ONCE)

        async def run(conversation_id: uuid.UUID) -> Outcome:
            async with gate:
                outcome = Outcome.DONE
                while outcome == Outcome.DONE and not stop.is_set():
                    outcome = (await run_one(conversation_id, engine, due_only=True)).outcome
                return outcome

        outcomes = await asyncio.gather(*(run(conversation_id) for conversation_id in waiting))
        there = Outcome.AWAY not in outcomes
    await in_database(_say_safe_to_all)
    return there


async def _forget(engine: Engine) -> None:
    """Erase in the engine what patients erased."""
    for conversation_id in await in_database(store.to_forget):
        try:
            await engine.forget(conversation_id)
        except EngineError as error:
            logger.warning("The engine did not erase a conversation: %s", error.reason)
            return
        await in_database(store.forgotten, conversation_id)


def _say_safe_to_all() -> None:
    """For messages that still wait and whose desk died before it could say so itself."""
    overdue = timezone.now() - timedelta(seconds=settings.CHAT_ANSWER_SECONDS)
    for message_pk in store.without_safe(overdue).values_list("pk", flat=True):
        store.say_safe(message_pk)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
