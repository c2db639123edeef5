"""The page with the phones, and what it asks and tells the simulator (`/simulator/...`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from twilio_simulator import faults
from twilio_simulator.carrier import PhoneState
from twilio_simulator.simulator import Simulator

PAGE = Path(__file__).parent / "page"
FILES = {"phone.css": "text/css", "phone.js": "text/javascript"}
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
LONGEST_WAIT = 25.0
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Phone:
    """The routes of the page, on a simulator. They need no password and answer only locally."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", _local(self.page)),
            web.get("/page/{name}", _local(self.file)),
            web.get("/simulator/state", _local(self.state)),
            web.post("/simulator/texts", _local(self.text)),
            web.post("/simulator/phones", _local(self.phone)),
            web.post("/simulator/faults", _local(self.set_faults)),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        return _file("index.html", "text/html")

    async def file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in FILES:
            raise web.HTTPNotFound
        return _file(name, FILES[name])

    async def state(self, request: web.Request) -> web.StreamResponse:
        """What has changed since `after`; waits for a change for at most `wait` seconds."""
        try:
            after, wait = (float(request.query.get(name, "0")) for name in ("after", "wait"))
        except ValueError:
            raise web.HTTPBadRequest(text="after and wait are numbers") from None
        store = self._simulator.store
        await store.wait(int(after), min(max(wait, 0), LONGEST_WAIT))
        account = self._simulator.account
        return _json(
            {
                "changes": store.changes,
                "numbers": account.numbers,
                "webhook": account.inbound_url,
                "phones": self._simulator.phones,
                "opted_out": sorted(store.opted_out),
                "faults": self._simulator.faults.rates,
                "alerts": [alert.as_json() for alert in store.alerts[-20:]],
                "messages": [
                    message.as_bubble()
                    for message in store.messages.values()
                    if message.stored > after
                ],
            }
        )

    async def text(self, request: web.Request) -> web.StreamResponse:
        """Text from a phone: `from`, `to`, `body`, and how many `pictures`."""
        asked = await _object(request)
        pictures = asked.get("pictures", 0)
        words = [asked.get(name, "") for name in ("from", "to", "body")]
        if not isinstance(pictures, int) or not all(isinstance(word, str) for word in words):
            raise web.HTTPBadRequest(text="words are strings, pictures a number")
        try:
            message = self._simulator.text(*words, pictures=pictures)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return _json(message.as_bubble(), 201)

    async def phone(self, request: web.Request) -> web.StreamResponse:
        """Change how a phone takes messages: `number`, `state`."""
        asked = await _object(request)
        try:
            self._simulator.set_phone(str(asked.get("number")), PhoneState(str(asked.get("state"))))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return _json(self._simulator.phones)

    async def set_faults(self, request: web.Request) -> web.StreamResponse:
        """Change the rates of some faults, by their names."""
        try:
            self._simulator.faults.set(await _object(request))
        except ValueError as error:
            known = ", ".join(faults.KINDS)
            raise web.HTTPBadRequest(text=f"{error}; faults are {known}") from None
        self._simulator.store.note_change()
        return _json(self._simulator.faults.rates)


def _local(handler: Handler) -> Handler:
    """Refuse what another website makes a browser ask for: names of elsewhere, and plain forms."""

    async def checked(request: web.Request) -> web.StreamResponse:
        try:
            host = urlsplit(f"//{request.host}").hostname
        except ValueError:
            host = None
        if host not in LOCAL:
            raise web.HTTPForbidden(text="the phones answer at 127.0.0.1 only")
        if request.method == "POST" and request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="send JSON")
        return await handler(request)

    return checked


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        asked = await request.json()
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise web.HTTPBadRequest(text="send a JSON object")
    return asked


def _json(body: Any, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, headers=HEADERS)


def _file(name: str, kind: str) -> web.Response:
    return web.Response(
        text=(PAGE / name).read_text(encoding="utf-8"), content_type=kind, headers=HEADERS
    )
