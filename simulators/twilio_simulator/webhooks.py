"""Posting to the application: signed, with Twilio's time limits and repetitions.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urldefrag, urlsplit

import aiohttp
from yarl import URL

from twilio_simulator import signing
from twilio_simulator.twiml import LONGEST_BYTES

POLICIES = frozenset({"4xx", "5xx", "ct", "rt"})
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
IDEMPOTENCY = "I-Twilio-Idempotency-Token"


@dataclass(frozen=True)
class Limits:
    """Seconds, and what is tried again how often; the defaults are Twilio's."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: the HTTP status; 0 when there was no answer.
        failure: why this is none, as the name of a retry policy: `ct` no connection, `rt` no
            answer in time or a broken one, `4xx`, `5xx`; empty when all is well.
    """

    status: int = 0
    failure: str = ""
    content_type: str = ""
    body: bytes = b""

    @property
    def alert(self) -> int:
        """The debugger's code for the failure."""
        return 11205 if self.failure == "ct" else 11200


def limits(url: str) -> tuple[str, Limits]:
    """The URL without its fragment, and what the fragment (`#rc=2&rp=all`) asks for.

    What the fragment says wrongly stays at its default.
    """
    bare, fragment = urldefrag(url)
    asked = dict(parse_qsl(fragment))

    def number(name: str, least: int, most: int, default: int) -> int:
        text = asked.get(name, "")
        value = int(text) if text.isascii() and text.isdigit() else default
        return value if least <= value <= most else default

    named = frozenset(asked.get("rp", "ct").lower().split(","))
    policy = POLICIES if "all" in named else named & POLICIES
    return bare, Limits(
        connect=number("ct", 100, 10_000, 5_000) / 1000,
        read=number("rt", 100, 15_000, 15_000) / 1000,
        total=number("tt", 100, 15_000, 15_000) / 1000,
        retries=number("rc", 0, 5, 1),
        policy=policy or frozenset({"ct"}),
    )


class Poster:
    """Posts signed forms.

    The application knows itself as `public_url`, which is what is signed, and listens at `origin`
    (scheme and host), which is what is called.
    """

    def __init__(self, public_url: str, origin: str, token: str, shared_key: str = "") -> None:
        self._public = public_url.rstrip("/")
        self._origin = origin.rstrip("/")
        self._token, self._shared_key = token, shared_key
        # A connection that is kept may be gone with an application that was started again.
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))

    async def close(self) -> None:
        await self._http.close()

    async def post(self, url: str, form: Mapping[str, str], token: str) -> Answer:
        """Post until it is taken or given up; `token` tells the application what is a repetition.

        `url` is public, and may end in a fragment with limits.
        """
        public, limit = limits(url)
        headers = {
            **FORM,
            **signing.headers(public, form, self._token, self._shared_key),
            IDEMPOTENCY: token,
            "User-Agent": "TwilioProxy/1.1",
        }
        clock = asyncio.get_running_loop().time
        end = clock() + limit.total
        for _ in range(limit.retries + 1):
            answer = await self._once(public, form, headers, limit, end - clock())
            if answer.failure not in limit.policy or clock() >= end:
                break
        return answer

    async def _once(
        self,
        public: str,
        form: Mapping[str, str],
        headers: Mapping[str, str],
        limit: Limits,
        left: float,
    ) -> Answer:
        timeout = aiohttp.ClientTimeout(
            total=max(left, 0.001), sock_connect=limit.connect, sock_read=limit.read
        )
        try:
            async with self._http.post(
                URL(self._address(public), encoded=True),
                data=dict(form),
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                body = await response.content.read(LONGEST_BYTES + 1)
                while len(body) <= LONGEST_BYTES and not response.content.at_eof():
                    body += await response.content.read(LONGEST_BYTES + 1 - len(body))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return Answer(failure="ct")
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return Answer(failure="rt")
        failure = ""
        if response.status >= 300:
            failure = "5xx" if response.status >= 500 else "4xx"
        kind = response.headers.get("Content-Type", "")
        return Answer(response.status, failure, kind, body)

    def _address(self, public: str) -> str:
        """Where a public URL is reached."""
        parts = urlsplit(public)
        if f"{parts.scheme}://{parts.netloc}" != self._public:
            return public
        return public.replace(self._public, self._origin, 1)
