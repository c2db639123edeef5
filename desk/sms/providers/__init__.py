"""SMS providers: what the desk needs of one, and which one this installation uses."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import httpx
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from sms.inbound import InboundText
from sms.models import TextState
from sms.outbox import Claimed


class RefusedError(Exception):
    """The provider will never send this text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotTakenError(Exception):
    """The provider surely has not taken the text; trying again may help."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class UnclearError(Exception):
    """The provider may have taken the text or not."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class StatusReport:
    """What became of a text: `ref` is ours, `provider_id` theirs, `code` why it failed, if it
    did."""

    ref: uuid.UUID
    provider_id: str
    state: TextState
    code: str


class Provider(Protocol):
    """One SMS provider. A request is read only after `is_genuine` has said so."""

    def is_genuine(self, request: HttpRequest) -> bool:
        """Whether the provider signed this request."""

    def inbound(self, request: HttpRequest) -> InboundText | None:
        """The text in a webhook; None when there is none. Raises ValueError when it makes no
        sense."""

    def status(self, request: HttpRequest) -> StatusReport | None:
        """The report in a webhook; None when it says nothing new. Raises ValueError likewise."""

    def reply(self, text: str | None) -> HttpResponse | None:
        """The answer to an inbound webhook, with a text to send at once if `text` is given; None
        when the
        provider cannot send texts that way."""

    async def send(self, http: httpx.AsyncClient, text: Claimed) -> str:
        """Hand a text over and return the provider's id of it.

        Raises RefusedError, NotTakenError, UnclearError.
        """

    async def find(self, http: httpx.AsyncClient, text: Claimed) -> list[str]:
        """The provider's ids of recent texts with the same words to the same patient.

        Raises UnclearError.
        """


@cache
def provider() -> Provider | None:
    """The provider of this installation; None when it has no SMS."""
    from sms.providers.telnyx import Telnyx
    from sms.providers.twilio import Twilio

    if settings.SMS_PROVIDER == "twilio":
        return Twilio()
    if settings.SMS_PROVIDER == "telnyx":
        return Telnyx()
    return None
