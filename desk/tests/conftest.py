from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from tests.engine import FakeEngine

DESK = Path(__file__).resolve().parent.parent


def pytest_sessionfinish() -> None:
    shutil.rmtree(os.environ["FRONTDESK_TEST_VAR"], ignore_errors=True)


def eventually[T](look: Callable[[], T], *, seconds: float = 60.0) -> T:
    """What `look` returns as soon as it is true; fails when that takes too long."""
    end = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.03)
    return seen


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    """An engine that runs; tests may stop and start it."""
    engine = FakeEngine(int(os.environ["FRONTDESK_TEST_ENGINE_PORT"]))
    engine.start()
    yield engine
    engine.stop()


@dataclass
class Patient:
    """A patient's browser, over whichever client: Django's, or HTTP to a desk that runs."""

    client: Any
    base: str = ""
    token: str = ""
    conversation: uuid.UUID = field(default_factory=uuid.uuid4)

    def begin(self, locale: str = "en") -> Patient:
        response = self.client.post(
            f"{self.base}/api/chat/sessions", **self._json({"locale": locale})
        )
        assert response.status_code == 201, response.content
        self.token = response.json()["token"]
        self.conversation = uuid.UUID(response.json()["conversation"])
        return self

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def post(self, text: str | None = None, client_id: str | None = None, **fields: Any) -> Any:
        body = {"client_id": client_id or uuid.uuid4().hex, **fields}
        if text is not None:
            body["text"] = text
        return self.client.post(
            f"{self.base}/api/chat/messages", headers=self.bearer, **self._json(body)
        )

    def say(self, text: str, **fields: Any) -> list[dict[str, Any]]:
        """The replies to `text`."""
        response = self.post(text, **fields)
        assert response.status_code == 200, response.content
        replies: list[dict[str, Any]] = response.json()["replies"]
        return replies

    def history(self, after: int = 0) -> list[dict[str, Any]]:
        response = self.client.get(
            f"{self.base}/api/chat/messages?after={after}", headers=self.bearer
        )
        assert response.status_code == 200, response.content
        messages: list[dict[str, Any]] = response.json()["messages"]
        return messages

    def texts(self) -> list[str]:
        return [message["text"] for message in self.history()]

    def erase(self) -> Any:
        return self.client.delete(f"{self.base}/api/chat/sessions", headers=self.bearer)

    def _json(self, body: dict[str, Any]) -> dict[str, Any]:
        if isinstance(self.client, Client):
            return {"data": body, "content_type": "application/json"}
        return {"json": body}


@pytest.fixture
def patient(transactional_db: None) -> Patient:
    """A patient who talks to the desk in this process."""
    return Patient(Client()).begin()


@pytest.fixture
def stranger(transactional_db: None) -> Patient:
    """Somebody else's browser."""
    return Patient(Client()).begin()


class Process:
    """A process of the desk, on the tests' database unless `environment` names another."""

    def __init__(self, *command: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=DESK, env={**_environment(), **environment}
        )

    def kill(self) -> None:
        self.process.kill()
        self.wait()

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        return self.process.wait(timeout=20)


class DeskProcess(Process):
    def __init__(self, **environment: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        super().__init__(
            "-m", "uvicorn", "frontdesk.asgi:application", "--port", str(port),
            "--no-access-log", "--timeout-graceful-shutdown", "2",
            **environment,
        )  # fmt: skip
        eventually(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the desk did not start"
        try:
            return httpx.get(f"{self.base}/healthz").status_code == 200
        except httpx.TransportError:
            return False


def _environment() -> dict[str, str]:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        url = f"sqlite:///{name}"
    else:
        url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    return {
        **os.environ,
        "DATABASE_URL": url,
    }


@pytest.fixture
def start(transactional_db: None) -> Iterator[Callable[..., Any]]:
    """Starts processes, and ends them after the test."""
    started: list[Process] = []

    def begin(kind: str, **environment: str) -> Process:
        process = (
            DeskProcess(**environment)
            if kind == "desk"
            else Process("manage.py", kind, **environment)
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.process.poll() is None:
            process.kill()


@pytest.fixture(scope="session")
def desk(django_db_setup: None, django_db_blocker: Any) -> Iterator[DeskProcess]:
    """A desk that runs in a process of its own, for tests that leave it alive."""
    with django_db_blocker.unblock():
        desk = DeskProcess()
    yield desk
    desk.kill()


@pytest.fixture
def visitor(transactional_db: None, desk: DeskProcess) -> Iterator[Patient]:
    """A patient who talks to a desk over HTTP."""
    with httpx.Client(timeout=30) as client:
        yield Patient(client, desk.base).begin()


@contextmanager
def stream(patient: Patient, last_id: int | None = None) -> Iterator[Iterator[dict[str, Any]]]:
    """The events of a stream that is open, one by one; heartbeats are left out."""
    headers = dict(patient.bearer)
    if last_id is not None:
        headers["Last-Event-ID"] = str(last_id)
    with (
        httpx.Client(timeout=30) as client,
        client.stream("GET", f"{patient.base}/api/chat/events", headers=headers) as response,
    ):
        assert response.status_code == 200
        yield _events(response)


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    fields: dict[str, Any] = {}
    for line in response.iter_lines():
        if not line and fields:
            yield fields
            fields = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
