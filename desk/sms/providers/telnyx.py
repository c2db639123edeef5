"""Telnyx Messaging: JSON signed with Ed25519, a REST API with a bearer token."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from sms.inbound import InboundText
from sms.models import TextState
from sms.outbox import OPTED_OUT, Claimed
from sms.providers import NotTakenError, RefusedError, StatusReport, UnclearError
from sms.signatures import TELNYX_SIGNATURE, TELNYX_TIMESTAMP, telnyx_is_genuine

# https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
STATES = {
    "queued": TextState.QUEUED,
    "sending": TextState.SENDING,
    "sent": TextState.SENT,
    "delivered": TextState.DELIVERED,
    "delivery_unconfirmed": TextState.SENT,
    "sending_failed": TextState.FAILED,
    "delivery_failed": TextState.FAILED,
}
# Blocked by the recipient's opt-out: what Twilio calls 21610.
STOPPED_CODES = {"40300", "10021"}


class Telnyx:
    """The provider behind `FRONTDESK_SMS_PROVIDER=telnyx`."""

    def is_genuine(self, request: HttpRequest) -> bool:
        return telnyx_is_genuine(
            settings.TELNYX_PUBLIC_KEYS,
            request.body,
            request.headers.get(TELNYX_SIGNATURE, ""),
            request.headers.get(TELNYX_TIMESTAMP, ""),
        )

    def inbound(self, request: HttpRequest) -> InboundText | None:
        event, payload = _event(request)
        if event != "message.received":
            return None
        try:
            return InboundText(
                provider_id=_short(payload["id"]),
                sender=_short(payload["from"]["phone_number"]),
                ours=_short(payload["to"][0]["phone_number"]),
                text=str(payload.get("text") or ""),
            )
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError("id, from and to are needed") from error

    def status(self, request: HttpRequest) -> StatusReport | None:
        event, payload = _event(request)
        if event not in {"message.sent", "message.finalized"}:
            return None
        try:
            state = STATES.get(payload["to"][0]["status"])
            provider_id = _short(payload["id"])
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError("id and to are needed") from error
        if state is None:
            return None
        errors = payload.get("errors") or [{}]
        return StatusReport(
            uuid.UUID(request.GET.get("ref", "")), provider_id, state, _code(errors)
        )

    def reply(self, text: str | None) -> HttpResponse | None:
        return HttpResponse(status=204) if text is None else None

    async def send(self, http: httpx.AsyncClient, text: Claimed) -> str:
        body = {
            "from": text.ours,
            "to": text.to,
            "text": text.body,
            "webhook_url": f"{settings.PUBLIC_URL}/sms/telnyx/status?ref={text.ref}",
        }
        try:
            response = await http.post(self._messages, json=body, headers=self._account)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotTakenError("unreachable") from error
        except httpx.HTTPError as error:
            raise UnclearError("no_answer") from error
        answer = _json(response)
        code = _code(answer.get("errors"))
        if response.status_code >= 500:
            raise UnclearError(f"http_{response.status_code}")
        if response.status_code in {400, 422} or code == OPTED_OUT:
            raise RefusedError(code)
        if response.status_code not in {200, 201, 202}:
            # A wrong key, an account on hold, too many requests: not the fault of this text.
            raise NotTakenError(code or f"http_{response.status_code}")
        return str(answer["data"]["id"])

    async def find(self, http: httpx.AsyncClient, text: Claimed) -> list[str]:
        # Telnyx has no search by recipient; the status report, which carries `ref`, is what tells.
        # A text without one within the lease is taken as not handed over.
        return []

    @property
    def _messages(self) -> str:
        return f"{settings.TELNYX_API_URL}/v2/messages"

    @property
    def _account(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {settings.TELNYX_API_KEY}"}


def _event(request: HttpRequest) -> tuple[str, dict[str, Any]]:
    try:
        data = json.loads(request.body)["data"]
        event, payload = data["event_type"], data["payload"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("no event") from error
    if not (isinstance(event, str) and isinstance(payload, dict)):
        raise ValueError("no event")
    return event, payload


def _short(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 64:
        raise ValueError("an id or a number is missing")
    return value


def _code(errors: object) -> str:
    try:
        code = str(errors[0]["code"])[:32]  # type: ignore[index]
    except (KeyError, IndexError, TypeError):
        return ""
    return OPTED_OUT if code in STOPPED_CODES else code


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        data = response.json()
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
