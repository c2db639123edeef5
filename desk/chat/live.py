"""Waking those who wait for a conversation to go on: streams, and posts whose turn runs elsewhere.

Replies are written by this process, by other replicas, by the worker and by staff. One task asks
the database for the newest number of all watched conversations at once, however many watch.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from chat import store
from frontdesk.databases import in_database

POLL_SECONDS = 0.25

logger = logging.getLogger(__name__)


class Watch:
    """One waiter. `gone` says that the conversation was erased."""

    def __init__(self) -> None:
        self.gone = False
        self._changed = asyncio.Event()

    def wake(self) -> None:
        self._changed.set()

    async def changed(self, seconds: float) -> bool:
        """Wait for a change; False when `seconds` pass without one."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True


class Hub:
    """All watches of one event loop."""

    def __init__(self) -> None:
        self._watches: dict[uuid.UUID, set[Watch]] = {}
        self._poller: asyncio.Task[None] | None = None

    @contextmanager
    def watch(self, conversation_id: uuid.UUID) -> Iterator[Watch]:
        """Look at the conversation after this begins: what happens from here on wakes the watch."""
        watch = Watch()
        self._watches.setdefault(conversation_id, set()).add(watch)
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        try:
            yield watch
        finally:
            watches = self._watches[conversation_id]
            watches.discard(watch)
            if not watches:
                del self._watches[conversation_id]

    def wake(self, conversation_id: uuid.UUID) -> None:
        """Spare the watches of this process the wait for the next poll."""
        for watch in self._watches.get(conversation_id, ()):
            watch.wake()

    async def _poll(self) -> None:
        seen: dict[uuid.UUID, int] = {}
        while self._watches:
            try:
                now = await in_database(store.positions, list(self._watches))
            except Exception as error:  # the database may be away; streams outlive that
                logger.warning("Conversations cannot be watched", exc_info=error)
                await asyncio.sleep(POLL_SECONDS * 8)
                continue
            for conversation_id, watches in self._watches.items():
                gone = conversation_id not in now
                if gone or seen.get(conversation_id) != now[conversation_id]:
                    for watch in watches:
                        watch.gone = gone
                        watch.wake()
            seen = now
            await asyncio.sleep(POLL_SECONDS)
