"""Server-sent events: each message once, in order, from wherever the browser left off."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from chat import store
from tests.conftest import Patient, Process, stream
from tests.engine import FakeEngine


def text(event: dict[str, Any]) -> str:
    data: dict[str, Any] = json.loads(event["data"])
    return str(data["text"])


def test_a_stream_begins_with_what_is_there(visitor: Patient, engine: FakeEngine) -> None:
    visitor.say("Hello")
    with stream(visitor) as events:
        assert [text(next(events)) for _ in range(2)] == ["Hello", "You wrote: Hello"]


def test_an_event_is_the_message_of_the_history(visitor: Patient, engine: FakeEngine) -> None:
    visitor.say("Hello")
    with stream(visitor) as events:
        event = next(events)
    [first, _] = visitor.history()
    assert (event["event"], event["id"]) == ("message", "1")
    assert json.loads(event["data"]) == first


def test_new_messages_arrive(visitor: Patient, engine: FakeEngine) -> None:
    with stream(visitor) as events:
        visitor.say("Hello")
        assert [text(next(events)) for _ in range(2)] == ["Hello", "You wrote: Hello"]


def test_a_stream_resumes_after_the_last_event(visitor: Patient, engine: FakeEngine) -> None:
    visitor.say("one")
    visitor.say("two")
    with stream(visitor, last_id=2) as events:
        assert [text(next(events)) for _ in range(2)] == ["two", "You wrote: two"]


def test_what_another_process_writes_arrives(
    visitor: Patient, engine: FakeEngine, start: Callable[[str], Process]
) -> None:
    engine.stop()
    with stream(visitor) as events:
        visitor.say("Hello")
        start("worker")
        engine.start()
        kinds = [json.loads(next(events)["data"])["kind"] for _ in range(3)]
    assert kinds == ["text", "safe", "text"]


def test_a_stream_beats_while_nothing_happens(visitor: Patient) -> None:
    with (
        httpx.Client(timeout=15) as client,
        client.stream("GET", f"{visitor.base}/api/chat/events", headers=visitor.bearer) as answer,
    ):
        lines = answer.iter_lines()
        comments = [next(lines), next(lines), next(lines)]
    assert comments == [": open", "", ": still here"]


def test_a_stream_ends_when_the_conversation_is_erased(visitor: Patient) -> None:
    with stream(visitor) as events:
        store.erase(visitor.conversation)
        assert list(events) == []


def test_streams_of_a_session_are_bounded(visitor: Patient) -> None:
    with ExitStack() as streams:
        for _ in range(6):
            streams.enter_context(stream(visitor))
        refused = httpx.get(f"{visitor.base}/api/chat/events", headers=visitor.bearer)
    assert refused.status_code == 429
    assert "Retry-After" in refused.headers


@pytest.mark.parametrize("last_id", ["x", "-1", "99999999999", "1.5", "٣"])
def test_a_nonsensical_last_id_is_refused(patient: Patient, last_id: str) -> None:
    refused = patient.client.get(
        "/api/chat/events", headers={**patient.bearer, "Last-Event-ID": last_id}
    )
    assert refused.status_code == 422
