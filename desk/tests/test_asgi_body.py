"""The bound on bodies, below Django."""

from __future__ import annotations

import asyncio

from frontdesk.asgi_body import API_LIMIT, TOO_LARGE, Event, Receive, Scope, Send, bounded


async def no_send(event: Event) -> None:
    raise AssertionError(event)


def test_the_rest_of_a_body_that_was_too_long_never_reaches_the_application() -> None:
    part: Event = {"type": "http.request", "body": b"x" * API_LIMIT, "more_body": True}
    coming = [part, part, part, part, {"type": "http.disconnect"}]
    seen: list[Event] = []

    async def receive() -> Event:
        return coming.pop(0)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope[TOO_LARGE]
        seen.extend([await receive(), await receive()])

    async def request() -> None:
        await bounded(application)({"type": "http", "path": "/api/x"}, receive, no_send)

    asyncio.run(request())
    assert seen == [
        {"type": "http.request", "body": b"", "more_body": False},
        {"type": "http.disconnect"},
    ]
