"""Twilio Programmable Messaging: forms signed with HMAC, a REST API with basic authentication."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import httpx
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from sms.inbound import InboundText
from sms.models import TextState
from sms.optout import Decision
from sms.outbox import Claimed
from sms.providers import NotTakenError, RefusedError, StatusReport, UnclearError
from sms.signatures import (
    TWILIO_SETTINGS,
    TWILIO_SIGNATURE,
    TwilioSecrets,
    public_url,
    twilio_is_genuine,
)

MAX_FIELDS = 200
# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
STATES = {
    "accepted": TextState.QUEUED,
    "scheduled": TextState.QUEUED,
    "queued": TextState.QUEUED,
    "sending": TextState.SENDING,
    "sent": TextState.SENT,
    "delivered": TextState.DELIVERED,
    "read": TextState.DELIVERED,
    "undelivered": TextState.FAILED,
    "failed": TextState.FAILED,
    "canceled": TextState.FAILED,
}
OPT_OUTS: dict[str, Decision] = {"STOP": "stop", "START": "start", "HELP": "help"}


class Twilio:
    """The provider behind `FRONTDESK_SMS_PROVIDER=twilio`."""

    def __init__(self) -> None:
        self._secrets = TwilioSecrets(
            tuple(settings.TWILIO_AUTH_TOKENS), tuple(settings.TWILIO_SHARED_KEYS)
        )
        account = f"/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}"
        self._messages = f"{settings.TWILIO_API_URL}{account}/Messages.json"

    def is_genuine(self, request: HttpRequest) -> bool:
        try:
            fields = _fields(request)
        except ValueError:  # more fields than Twilio ever sends
            return False
        return twilio_is_genuine(
            self._secrets,
            public_url(settings.PUBLIC_URL, request.path, request.META.get("QUERY_STRING", "")),
            fields,
            request.body,
            request.headers.get(TWILIO_SIGNATURE, ""),
            request.headers.get(TWILIO_SETTINGS, ""),
        )

    def inbound(self, request: HttpRequest) -> InboundText | None:
        fields = _fields(request)
        provider_id, sender = _one(fields, "MessageSid"), _one(fields, "From")
        if not (provider_id and sender and len(provider_id) <= 64 and len(sender) <= 200):
            raise ValueError("MessageSid and From are needed")
        return InboundText(
            provider_id=provider_id,
            sender=sender,
            ours=_one(fields, "To")[:64],
            text=_one(fields, "Body"),
            decided=OPT_OUTS.get(_one(fields, "OptOutType").upper()),
        )

    def status(self, request: HttpRequest) -> StatusReport | None:
        fields = _fields(request)
        state = STATES.get(_one(fields, "MessageStatus").lower())
        if state is None:
            return None
        ref = uuid.UUID(request.GET.get("ref", ""))
        return StatusReport(
            ref, _one(fields, "MessageSid")[:64], state, _one(fields, "ErrorCode")[:32]
        )

    def reply(self, text: str | None) -> HttpResponse | None:
        inside = f"<Message>{escape(text)}</Message>" if text else ""
        return HttpResponse(
            f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>',
            content_type="text/xml",
        )

    async def send(self, http: httpx.AsyncClient, text: Claimed) -> str:
        form = {
            "To": text.to,
            "From": text.ours,
            "Body": text.body,
            "StatusCallback": f"{settings.PUBLIC_URL}/sms/twilio/status?ref={text.ref}",
        }
        try:
            response = await http.post(self._messages, data=form, auth=self._account)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotTakenError("unreachable") from error
        except httpx.HTTPError as error:
            raise UnclearError("no_answer") from error
        if response.status_code >= 500:
            raise UnclearError(_code(response))
        if response.status_code == 400:
            raise RefusedError(_code(response))
        if response.status_code not in {200, 201}:
            # A wrong token, an account on hold, too many requests: not the fault of this text.
            raise NotTakenError(_code(response))
        return str(_json(response)["sid"])

    async def find(self, http: httpx.AsyncClient, text: Claimed) -> list[str]:
        # Not by date: a text that waits in Twilio's queue has none yet.
        query = {"To": text.to, "From": text.ours, "PageSize": "50"}
        try:
            response = await http.get(self._messages, params=query, auth=self._account)
        except httpx.HTTPError as error:
            raise UnclearError("no_answer") from error
        if response.status_code != 200:
            raise UnclearError(_code(response))
        messages = _json(response).get("messages", [])
        return [str(message["sid"]) for message in messages if message.get("body") == text.body]

    @property
    def _account(self) -> tuple[str, str]:
        return settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKENS[0]


def _fields(request: HttpRequest) -> dict[str, list[str]]:
    """The form as it came; what is not UTF-8 shows as replacement characters."""
    return parse_qs(
        request.body.decode("utf-8", "replace"),
        keep_blank_values=True,
        errors="replace",
        max_num_fields=MAX_FIELDS,
    )


def _one(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _code(response: httpx.Response) -> str:
    return str(_json(response).get("code", f"http_{response.status_code}"))[:32]


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        data = response.json()
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
