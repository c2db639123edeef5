"""Database work from asynchronous code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

# SQLite has one writer at a time, and whoever finds it busy sleeps and tries again: they queue.
_threads = ThreadPoolExecutor(
    max_workers=1 if connection.vendor == "sqlite" else 8, thread_name_prefix="database"
)


async def in_database[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in one of a few threads kept for the database.

    Long-lived tasks (turns, streams, the worker) use this instead of `sync_to_async`, which ties
    a thread and a connection to the request that started them. When the caller is cancelled the
    work still runs to its end, so a transaction is never cut short.
    """

    def run() -> T:
        try:
            return work(*args, **kwargs)
        finally:
            _settle()

    return await asyncio.get_running_loop().run_in_executor(_threads, run)


def _settle() -> None:
    """Give a pooled connection back; keep one to SQLite, which costs as much to open as it saves,
    unless it failed."""
    if connection.vendor != "sqlite" or connection.errors_occurred:
        connection.close()
