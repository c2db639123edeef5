"""What happens later: on the computer's clock, or on one that a test moves."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

type Step = Callable[[], Awaitable[None]]


class Agenda(ABC):
    """A clock, and steps to be taken at times of it. It belongs to one event loop."""

    @abstractmethod
    def now(self) -> datetime:
        """The time in UTC."""

    @abstractmethod
    def after(self, seconds: float, step: Step) -> None:
        """Take `step` in `seconds` from now; steps due at the same time keep their order."""

    @abstractmethod
    async def close(self) -> None:
        """Forget what has not happened."""


class RealAgenda(Agenda):
    """Steps run at their time, beside one another: a slow webhook holds up nothing else."""

    def __init__(self) -> None:
        self._timers: set[asyncio.TimerHandle] = set()
        self._running: set[asyncio.Future[None]] = set()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def after(self, seconds: float, step: Step) -> None:
        def begin() -> None:
            self._timers.discard(timer)
            running = asyncio.ensure_future(step())
            self._running.add(running)
            running.add_done_callback(self._running.discard)

        timer = asyncio.get_running_loop().call_later(max(seconds, 0), begin)
        self._timers.add(timer)

    async def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


class ManualAgenda(Agenda):
    """Time stands still until `advance`; steps then run one after another, in order of time."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._steps: list[tuple[datetime, int, Step]] = []
        self._order = itertools.count()
        self._moving = asyncio.Lock()

    def now(self) -> datetime:
        return self._now

    def after(self, seconds: float, step: Step) -> None:
        due = self._now + timedelta(seconds=max(seconds, 0))
        heapq.heappush(self._steps, (due, next(self._order), step))

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass; returns when everything due by then is done, webhooks included."""
        async with self._moving:
            end = self._now + timedelta(seconds=seconds)
            while self._steps and self._steps[0][0] <= end:
                self._now, _, step = heapq.heappop(self._steps)
                await step()
            self._now = end

    async def close(self) -> None:
        self._steps.clear()
