"""The part of Twilio's REST API that has to do with messages.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import itertools
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from twilio_simulator.errors import ApiError
from twilio_simulator.messages import API_VERSION, Alert, Message
from twilio_simulator.simulator import Draft, Simulator

PAGE_SIZE, MOST_ON_A_PAGE = 50, 1000
# One grey point: what every picture here is.
PICTURE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Rest:
    """The routes of the API, on a simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._requests = itertools.count(1)

    def routes(self) -> list[web.RouteDef]:
        account = f"/{API_VERSION}/Accounts/{{account}}"
        message = f"{account}/Messages/{{sid}}"
        guard = self._guard
        return [
            web.post(f"{account}/Messages.json", guard(self.create)),
            web.get(f"{account}/Messages.json", guard(self.list_messages)),
            web.get(f"{message}.json", guard(self.fetch)),
            web.post(f"{message}.json", guard(self.update)),
            web.delete(f"{message}.json", guard(self.delete)),
            web.get(f"{message}/Media.json", guard(self.list_media)),
            web.get(f"{message}/Media/{{media}}.json", guard(self.fetch_media)),
            web.get(f"{message}/Media/{{media}}", guard(self.picture)),
            web.route("*", f"/{API_VERSION}/{{rest:.*}}", guard(self.unknown)),
        ]

    def _guard(self, handler: Handler) -> Handler:
        """Authenticate, apply the faults of the API, and turn refusals into JSON."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            faults, event = self._simulator.faults, str(next(self._requests))
            try:
                self._authenticate(request)
                if faults.strikes("too_many_requests", event):
                    raise ApiError(20429)
                if faults.strikes("server_error", event):
                    raise ApiError(20500)
                response = await handler(request)
            except ApiError as error:
                now = self._simulator.agenda.now()
                alert = Alert(error.code, error.message, "", request.path, now)
                self._simulator.store.alert(alert)
                headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'}
                return web.json_response(
                    error.as_json(),
                    status=error.status,
                    headers=headers if error.status == 401 else None,
                )
            if faults.strikes("lost_answer", event) and request.transport:
                request.transport.abort()
            return response

        return guarded

    def _authenticate(self, request: web.Request) -> None:
        account = self._simulator.account
        kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
        try:
            given = b64decode(encoded, validate=True)
        except (Base64Error, ValueError):
            given = b""
        right = f"{account.sid}:{account.token}".encode()
        if kind.lower() != "basic" or not compare_digest(given, right):
            raise ApiError(20003)
        if request.match_info.get("account", account.sid) != account.sid:
            raise ApiError(20404, path=request.path)

    async def unknown(self, request: web.Request) -> web.StreamResponse:
        raise ApiError(20404, path=request.path)

    async def create(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()

        def one(name: str) -> str:
            return str(form.get(name, ""))

        message = self._simulator.create(
            Draft(
                to=one("To").strip(),
                sender=one("From").strip(),
                body=one("Body"),
                service_sid=one("MessagingServiceSid"),
                callback=one("StatusCallback"),
                media=tuple(str(url) for url in form.getall("MediaUrl", [])),
                validity=one("ValidityPeriod"),
                schedule=one("ScheduleType"),
                send_at=one("SendAt"),
            )
        )
        return web.json_response(message.as_json(), status=201)

    async def list_messages(self, request: web.Request) -> web.StreamResponse:
        found = [m for m in self._simulator.store.messages.values() if _matches(m, request)]
        found.reverse()  # newest first
        return _page(request, "messages", [message.as_json() for message in found])

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._message(request).as_json())

    async def update(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        sid = request.match_info["sid"]
        if set(form) & {"Body", "Status"} == {"Status"} and form["Status"] == "canceled":
            message = self._simulator.cancel(sid)
        elif set(form) & {"Body", "Status"} == {"Body"} and form["Body"] == "":
            message = self._simulator.redact(sid)
        else:
            self._message(request)
            raise ApiError(30400)
        return web.json_response(message.as_json())

    async def delete(self, request: web.Request) -> web.StreamResponse:
        self._simulator.delete(request.match_info["sid"])
        return web.Response(status=204)

    async def list_media(self, request: web.Request) -> web.StreamResponse:
        message = self._message(request)
        return _page(
            request, "media_list", [self._media(message, sid) for sid in message.media_sids]
        )

    async def fetch_media(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._media(self._message(request), self._media_sid(request)))

    async def picture(self, request: web.Request) -> web.StreamResponse:
        kind = self._simulator.media_type(self._media_sid(request))
        return web.Response(body=PICTURE, content_type=kind)

    def _message(self, request: web.Request) -> Message:
        return self._simulator.find(request.match_info["sid"])

    def _media_sid(self, request: web.Request) -> str:
        sid = request.match_info["media"]
        if sid not in self._message(request).media_sids:
            raise ApiError(20404, path=request.path)
        return sid

    def _media(self, message: Message, sid: str) -> dict[str, Any]:
        return {
            "account_sid": message.account_sid,
            "content_type": self._simulator.media_type(sid),
            "date_created": format_datetime(message.created),
            "date_updated": format_datetime(message.created),
            "parent_sid": message.sid,
            "sid": sid,
            "uri": f"{message.uri}/Media/{sid}.json",
        }


def _matches(message: Message, request: web.Request) -> bool:
    """Whether a message is among those that a list was asked for.

    A message that has not been sent has no date, and so is on no side of one.
    """
    query = request.query
    if query.get("To", message.to) != message.to:
        return False
    if query.get("From", message.sender) != message.sender:
        return False
    sent = message.sent
    on, before, after = (query.get(name, "") for name in ("DateSent", "DateSent<", "DateSent>"))
    if not (on or before or after):
        return True
    if sent is None:
        return False
    return (
        (not on or _moment(on).date() == sent.date())
        and (not before or sent < _moment(before) + _day(before))
        and (not after or sent >= _moment(after))
    )


def _moment(text: str) -> datetime:
    """A date or a time in UTC. Raises ApiError when `text` is neither."""
    try:
        if len(text) == len("2026-01-05"):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ApiError(30400) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(text: str) -> timedelta:
    """How long what `text` names lasts: "on or before" a date includes the whole of it."""
    return timedelta(days=1) if len(text) == len("2026-01-05") else timedelta(microseconds=1)


def _page(request: web.Request, name: str, items: list[dict[str, Any]]) -> web.Response:
    """One page of a list. Raises ApiError when the page asked for is no number."""
    page, size = _number(request, "Page", 0), _number(request, "PageSize", PAGE_SIZE)
    size = min(max(size, 1), MOST_ON_A_PAGE)
    shown = items[page * size : (page + 1) * size]
    asked = [(key, value) for key, value in request.query.items() if key != "Page"]

    def uri(number: int) -> str:
        return f"{request.path}?{urlencode([*asked, ('Page', str(number))])}"

    return web.json_response(
        {
            "end": page * size + max(len(shown) - 1, 0),
            "first_page_uri": uri(0),
            "next_page_uri": uri(page + 1) if (page + 1) * size < len(items) else None,
            "page": page,
            "page_size": size,
            "previous_page_uri": uri(page - 1) if page else None,
            "start": page * size,
            "uri": uri(page),
            name: shown,
        }
    )


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise ApiError(30400)
    return int(text)
