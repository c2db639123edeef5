"""Bounds the body of a request before Django reads it.

Django spools a body to disk in full, however long, when it comes in chunks without a length. Here
it is read up to a limit; a request that exceeds it reaches Django without a body and with a mark
that `frontdesk.middleware.BodyLimitMiddleware` answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Scope = MutableMapping[str, Any]
type Event = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Event]]
type Send = Callable[[Event], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

API_LIMIT = 16 * 1024
PAGE_LIMIT = 128 * 1024
"""Staff's forms; a note of 4,000 characters takes at most 48 KB as a form field."""
SECONDS = 15.0

TOO_LARGE = "frontdesk.body_too_large"
TOO_SLOW = "frontdesk.body_too_slow"


def bounded(application: Application) -> Application:
    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        limit = API_LIMIT if scope["path"].startswith(("/api/", "/internal/")) else PAGE_LIMIT
        body: bytes | None = b""
        try:
            async with asyncio.timeout(SECONDS):
                body = await _read(receive, limit)
        except _DisconnectedError:
            return
        except TimeoutError:
            scope[TOO_SLOW] = True
        else:
            if body is None:
                scope[TOO_LARGE] = True
        await application(scope, _replay(body or b"", receive), send)

    return run


class _DisconnectedError(Exception):
    """The client left before its whole body had come."""


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None when it is longer than `limit` bytes."""
    body = b""
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise _DisconnectedError
        chunk: bytes = event.get("body", b"")
        body += chunk
        if len(body) > limit:
            return None
        if not event.get("more_body", False):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    read = False

    async def replayed() -> Event:
        nonlocal read
        if read:
            # Django now waits for the disconnect and fails on anything else, so the rest of a body
            # that was too long is thrown away.
            while (event := await receive())["type"] == "http.request":
                pass
            return event
        read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
