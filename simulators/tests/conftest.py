from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.application import PUBLIC, TOKEN, Application
from twilio_simulator.background import Background
from twilio_simulator.faults import Faults
from twilio_simulator.simulator import Account

SID = "AC" + "5" * 32
CLINIC = "+13105550142"
PATIENT = "+13105550123"
CALLBACK = f"{PUBLIC}/status?ref=7"


class ToSimulator(TwilioHttpClient):  # type: ignore[misc]
    """The official transport, to another host."""

    def __init__(self, url: str) -> None:
        super().__init__(pool_connections=False, timeout=20)
        self._url = url

    def request(self, method: str, url: str, **more: Any) -> Any:
        return super().request(method, url.replace("https://api.twilio.com", self._url), **more)


class World:
    """An application, the simulator before it, and the official client."""

    def __init__(self, simulator: Background, application: Application) -> None:
        self.simulator, self.application = simulator, application
        self.client = official(simulator.url)

    def send(self, body: str = "Hello", **more: Any) -> Any:
        """Create a message with the official client."""
        fields = {"to": PATIENT, "from_": CLINIC, "body": body, "status_callback": CALLBACK}
        return self.client.messages.create(**{**fields, **more})

    def status(self, sid: str) -> str:
        return str(self.client.messages(sid).fetch().status)

    def alerts(self) -> list[int]:
        return self.simulator.ask(lambda s: [alert.code for alert in s.store.alerts])

    def on_phone(self, number: str = PATIENT) -> list[str]:
        """What a phone has been given, in order."""
        return self.simulator.ask(
            lambda s: [
                message.body
                for message in s.store.messages.values()
                if message.to == number and message.status == "delivered"
            ]
        )


def official(url: str, sid: str = SID, token: str = TOKEN) -> Client:
    """The official client, against a simulator."""
    return Client(sid, token, http_client=ToSimulator(url))


class Maker:
    """Starts worlds, and ends them after the test."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def __call__(
        self, faults: dict[str, float] | None = None, fragment: str = "", **account: Any
    ) -> World:
        application = Application(account.get("shared_key") or TOKEN)
        self._stack.enter_context(application)
        ours = Account(
            sid=SID,
            token=TOKEN,
            numbers=(CLINIC,),
            webhook=f"{application.url}/inbound{fragment}",
            public_url=PUBLIC,
        )
        simulator = Background(
            replace(ours, **account), Faults(faults or {}, "tests"), seed="tests"
        )
        return World(self._stack.enter_context(simulator), application)


@pytest.fixture
def make() -> Iterator[Maker]:
    with ExitStack() as stack:
        yield Maker(stack)


@pytest.fixture
def world(make: Maker) -> World:
    """A world in which nothing goes wrong."""
    return make()
