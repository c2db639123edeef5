"""A patient's phone, and a provider that keeps what it is handed; signed by the official
validator."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
from django.conf import settings
from django.test import Client
from twilio.request_validator import RequestValidator

from sms import delivery
from sms.models import OutboundText
from sms.providers import provider

TOKEN = settings.TWILIO_AUTH_TOKENS[0]
FORM = "application/x-www-form-urlencoded"
CLINIC = "+13105550142"
type Answer = tuple[int, dict[str, Any]]


class FakeProvider:
    """Takes texts over real HTTP as Twilio does; `behave` may answer otherwise."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.texts: list[dict[str, str]] = []
        self.behave: Callable[[dict[str, str]], Answer | None] = lambda _: None
        """An answer in place of the usual one; None takes the text."""
        self.lose_answers = False
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = json.loads(sent) if sent.startswith("{") else dict(parse_qsl(sent))
                status, body = fake.behave(form) or fake.take(form)
                if fake.lose_answers:
                    self.connection.close()
                    return
                self._send(status, body)

            def do_GET(self) -> None:
                to = parse_qs(urlsplit(self.path).query)["To"][0]
                found = [{"sid": t["sid"], "body": t["Body"]} for t in fake.texts if t["To"] == to]
                self._send(200, {"messages": found})

            def _send(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, form: dict[str, str]) -> Answer:
        sid = f"SM{uuid.uuid4().hex}"
        self.texts.append({**form, "sid": sid})
        return 201, {"sid": sid, "status": "queued"}

    def bodies(self) -> list[str]:
        return [text["Body"] for text in self.texts]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Phone:
    """Texts the clinic, and reports what became of texts, as the provider would.

    It reaches the desk that runs at `base`, or Django in this process when that is empty.
    """

    def __init__(self, base: str = "", number: str = "+13105550123") -> None:
        self.base = base
        self.number = number

    def text(self, body: str = "", sid: str = "", token: str = TOKEN, **fields: str) -> Any:
        form = {
            "MessageSid": sid or f"SM{uuid.uuid4().hex}",
            "From": self.number,
            "To": CLINIC,
            "Body": body,
            "NumMedia": "0",
            **fields,
        }
        return self._post("/sms/twilio/inbound", form, token)

    def report(self, text: OutboundText, status: str, sid: str = "", code: str = "") -> Any:
        form = {"MessageSid": sid or text.provider_id, "MessageStatus": status, "ErrorCode": code}
        return self._post(f"/sms/twilio/status?ref={text.ref}", form, TOKEN)

    def _post(self, path: str, form: dict[str, str], token: str) -> Any:
        signature = RequestValidator(token).compute_signature(settings.PUBLIC_URL + path, form)
        headers = {"X-Twilio-Signature": signature}
        if self.base:
            return httpx.post(self.base + path, data=form, headers=headers, timeout=30)
        return Client().post(path, urlencode(form), FORM, headers=headers)


def deliver() -> None:
    """Hand over everything that is due."""

    async def work() -> None:
        ours = provider()
        assert ours is not None
        async with httpx.AsyncClient(timeout=5) as http:
            while await delivery.deliver_one(ours, http):
                pass

    asyncio.run(work())
