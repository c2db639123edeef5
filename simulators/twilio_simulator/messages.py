"""Messages and their lifecycle, and everything else that the simulator remembers."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from email.utils import format_datetime
from enum import StrEnum
from typing import Any

from twilio_simulator.errors import DELIVERY
from twilio_simulator.segments import measure

API_VERSION = "2010-04-01"


class Status(StrEnum):
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"
    RECEIVED = "received"


# What may follow; a status that nothing follows is an end.
FOLLOWS: dict[Status, frozenset[Status]] = {
    Status.SCHEDULED: frozenset({Status.ACCEPTED, Status.CANCELED}),
    Status.ACCEPTED: frozenset({Status.QUEUED, Status.FAILED, Status.CANCELED}),
    Status.QUEUED: frozenset({Status.SENDING, Status.FAILED, Status.CANCELED}),
    Status.SENDING: frozenset({Status.SENT}),
    Status.SENT: frozenset({Status.DELIVERED, Status.UNDELIVERED}),
    **dict.fromkeys(
        (
            Status.DELIVERED,
            Status.UNDELIVERED,
            Status.FAILED,
            Status.CANCELED,
            Status.RECEIVED,
        ),
        frozenset(),
    ),
}


class Direction(StrEnum):
    INBOUND = "inbound"
    API = "outbound-api"
    REPLY = "outbound-reply"


@dataclass
class Message:
    """A message as Twilio keeps it.

    Attributes:
        sender: the number it comes from; empty until a Messaging Service has chosen one.
        price: in US dollars, negative, None until it is charged.
        free: Twilio's own answer to a keyword, which costs nothing.
        posts: how many webhooks about it have been answered or given up.
        history: every status it has had and when, the first included.
        stored: how often the store had changed when this last changed.
    """

    sid: str
    account_sid: str
    direction: Direction
    sender: str
    to: str
    body: str
    created: datetime
    history: list[tuple[Status, datetime]]
    service_sid: str = ""
    callback: str = ""
    media_sids: tuple[str, ...] = ()
    segments: int = 1
    price: Decimal | None = None
    free: bool = False
    posts: int = 0
    error: int | None = None
    sent: datetime | None = None
    updated: datetime | None = None
    stored: int = 0

    @property
    def status(self) -> Status:
        return self.history[-1][0]

    @property
    def ended(self) -> bool:
        return not FOLLOWS[self.status]

    @property
    def uri(self) -> str:
        return f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"

    def move(self, status: Status, at: datetime, error: int | None = None) -> None:
        """Go on to `status`. Raises ValueError when that cannot follow."""
        if status not in FOLLOWS[self.status]:
            raise ValueError(f"a message that is {self.status} cannot become {status}")
        self.history.append((status, at))
        self.error = error
        self.updated = at

    def as_json(self) -> dict[str, Any]:
        """The Message resource."""
        return {
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": format_datetime(self.created),
            "date_sent": format_datetime(self.sent) if self.sent else None,
            "date_updated": format_datetime(self.updated or self.created),
            "direction": self.direction.value,
            "error_code": self.error,
            "error_message": None if self.error is None else DELIVERY[self.error],
            "from": self.sender or None,
            "messaging_service_sid": self.service_sid or None,
            "num_media": str(len(self.media_sids)),
            "num_segments": str(self.segments),
            "price": None if self.price is None else f"{self.price:.5f}",
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status.value,
            "subresource_uris": {"media": f"{self.uri}/Media.json"},
            "to": self.to,
            "uri": f"{self.uri}.json",
        }

    def as_bubble(self) -> dict[str, Any]:
        """The resource and what the phone shows beside it."""
        size = measure(self.body, self.sender)
        return {
            **self.as_json(),
            "encoding": size.encoding,
            "units": size.units,
            "at": self.created.isoformat(),
            "history": [[status.value, at.isoformat()] for status, at in self.history],
            "posts": self.posts,
            "stored": self.stored,
        }


@dataclass(frozen=True)
class Alert:
    """An entry of the debugger: what went wrong; `about` is a message, if it is about one."""

    code: int
    text: str
    about: str
    url: str
    at: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "text": self.text,
            "about": self.about,
            "url": self.url,
            "at": self.at.isoformat(),
        }


@dataclass
class Store:
    """Everything in memory; it ends with the process.

    Attributes:
        opted_out: pairs of our number and a phone's that get no more messages.
        changes: how often something has changed.
    """

    messages: dict[str, Message] = field(default_factory=dict)
    opted_out: set[tuple[str, str]] = field(default_factory=set)
    alerts: list[Alert] = field(default_factory=list)
    changes: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def keep(self, message: Message) -> None:
        """Keep a new message, or note that one has changed."""
        self.note_change()
        message.stored = self.changes
        self.messages[message.sid] = message

    def posted(self, message: Message) -> None:
        """Note that a webhook about `message` has been answered or given up."""
        message.posts += 1
        if message.sid in self.messages:
            self.keep(message)

    def alert(self, alert: Alert) -> None:
        self.alerts.append(alert)
        self.note_change()

    def note_change(self) -> None:
        """Wake everybody who waits for a change."""
        self.changes += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, seen: int, seconds: float) -> None:
        """Return when there have been more than `seen` changes, at the latest after `seconds`."""
        if self.changes > seen:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
