"""Taking patients' messages through the engine, one at a time in each conversation."""

from __future__ import annotations

import asyncio
import enum
import logging
import uuid
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from chat import store
from chat.engine import Engine, EngineError, TurnResult
from chat.live import Hub
from chat.models import Channel, Message
from chat.safety import warning_in
from frontdesk.databases import in_database

RETRY_SECONDS = 0.3

logger = logging.getLogger(__name__)


class Outcome(enum.Enum):
    DONE = enum.auto()
    """A turn ended; more may wait."""
    IDLE = enum.auto()
    """Nothing is queued, or what is queued backs off."""
    BUSY = enum.auto()
    """Another task or process holds the conversation."""
    AWAY = enum.auto()
    """The engine is not there for now."""
    FAILED = enum.auto()
    """The attempt failed and will be made again."""


@dataclass(frozen=True)
class Ran:
    """What became of an attempt, and the replies to the message that it answered."""

    outcome: Outcome
    message_pk: int | None = None
    replies: list[Message] | None = None


async def run_one(conversation_id: uuid.UUID, engine: Engine, *, due_only: bool) -> Ran:
    """Take the oldest queued message of the conversation through the engine."""
    try:
        lease = await in_database(store.claim, conversation_id, due_only=due_only)
    except store.BusyError:
        return Ran(Outcome.BUSY)
    if lease is None:
        return Ran(Outcome.IDLE)
    return await run(lease, engine)


async def run(lease: store.Lease, engine: Engine) -> Ran:
    """Take the message of `lease` through the engine, and give the lease back."""
    try:
        result = await _with_known_number(lease, await engine.turn(lease.message), engine)
    except EngineError as error:
        # Slowness or a crash counts against the message only while the engine is well.
        if not (error.away or error.permanent) and not await engine.is_healthy():
            error.away = True
        logger.warning("The engine did not answer a message: %s", error.reason)
        given_up = await in_database(store.attempt_failed, lease, error)
        if given_up:
            return Ran(Outcome.DONE)
        return Ran(Outcome.AWAY if error.away else Outcome.FAILED)
    replies = await in_database(store.answer, lease, result)
    return Ran(Outcome.DONE, lease.message_pk, replies)


async def _with_known_number(lease: store.Lease, result: TurnResult, engine: Engine) -> TurnResult:
    """Answer the form's question for a number to call with that of the phone that texts.

    The answer has a message id of its own, so that a turn that is repeated after a crash repeats
    both halves. Raises EngineError.
    """
    if result.slots.requested_slot != store.CALLBACK_NUMBER:
        return result
    number = await in_database(store.known_number, lease)
    if not number:
        return result
    said = replace(
        lease.message, message_id=f"{lease.message.message_id}-number", text=number, payload=""
    )
    filled = await engine.turn(said)
    if filled.slots.requested_slot == store.CALLBACK_NUMBER:  # not a number for the form
        return result
    # The last reply asked for the number.
    replies = [*result.replies[:-1], *filled.replies]
    return result.model_copy(update={"replies": replies, "slots": filled.slots})


class Desk:
    """The turns that this process runs, and those who wait for them; belongs to one event loop."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.engine = Engine()
        self.streams: dict[uuid.UUID, int] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        # By the loop's clock: an engine that was away is not asked by every waiting patient.
        self._ask_again_at = 0.0
        # One after the other: who writes now does not wait behind all who wrote before.
        self._saying_safe = asyncio.Semaphore(1)

    def in_background[T](self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start `work` so that it goes on when the request that asked for it ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def replies(
        self,
        message: Message,
        lease: store.Lease | None = None,
        *,
        warn_after: float | None = None,
    ) -> list[Message]:
        """The replies to `message`, or after at most CHAT_ANSWER_SECONDS the safe message.

        With a warning in the message that is `warn_after` (CHAT_WARNING_SECONDS unless given).
        `lease` is that of its conversation, if the caller took it.

        Raises ErasedError when the conversation is erased meanwhile.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + settings.CHAT_ANSWER_SECONDS
        # Most turns end before it matters whether their message holds a warning.
        look_at = loop.time() + (warn_after or settings.CHAT_WARNING_SECONDS)
        looked = bool(message.payload)
        with self.hub.watch(message.conversation_id) as watch:
            first, away, pause = True, False, RETRY_SECONDS
            while True:
                until = deadline if looked else min(deadline, look_at)
                ran = Ran(Outcome.AWAY)
                if lease or loop.time() >= self._ask_again_at:
                    attempt = (
                        run(lease, self.engine)
                        if lease
                        else run_one(message.conversation_id, self.engine, due_only=not first)
                    )
                    lease, first = None, False
                    if away:  # one asks for all
                        self._ask_again_at = loop.time() + RETRY_SECONDS
                    task = self.in_background(self._safely(message.conversation_id, attempt))
                    await asyncio.wait({task}, timeout=max(0, until - loop.time()))
                    ran = task.result() if task.done() else Ran(Outcome.BUSY)
                    is_away = ran.outcome == Outcome.AWAY
                    self._ask_again_at = loop.time() + RETRY_SECONDS if is_away else 0
                    if ran.message_pk == message.pk and ran.replies is not None:
                        return ran.replies
                    ended, replies = await in_database(store.replies_to, message)
                    if ended or replies:
                        return replies
                outcome = ran.outcome
                if outcome == Outcome.AWAY and not away:
                    away = True
                    deadline = min(deadline, loop.time() + settings.CHAT_AWAY_SECONDS)
                if not looked and loop.time() >= look_at:
                    looked = True
                    if warning_in(message.text, Channel.WEB) is not None:
                        break
                if loop.time() >= deadline:
                    break
                if outcome in {Outcome.AWAY, Outcome.FAILED}:
                    await asyncio.sleep(min(pause, max(0, until - loop.time())))
                    pause *= 2
                elif outcome != Outcome.DONE:
                    await watch.changed(min(RETRY_SECONDS, max(0, until - loop.time())))
            async with self._saying_safe:
                await in_database(store.say_safe, message.pk)
                self.hub.wake(message.conversation_id)
                _, replies = await in_database(store.replies_to, message)
            return replies

    async def _safely(self, conversation_id: uuid.UUID, attempt: Awaitable[Ran]) -> Ran:
        try:
            ran = await attempt
        except Exception as error:  # the message stays queued, and the worker tries again
            logger.error("A turn ended unexpectedly", exc_info=error)
            return Ran(Outcome.FAILED)
        if ran.outcome == Outcome.DONE:
            self.hub.wake(conversation_id)
        return ran


_desks: dict[asyncio.AbstractEventLoop, Desk] = {}


def desk() -> Desk:
    """The desk of the running event loop: one in each process that serves patients."""
    loop = asyncio.get_running_loop()
    if loop not in _desks:
        _desks[loop] = Desk()
    return _desks[loop]
