"""The desk's side of the engine's connector."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated

import httpx
from django.conf import settings
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from chat.models import Decision, Tier


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("NUL cannot be stored")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Identifier = Annotated[Text, Field(max_length=64)]
Ratio = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    # Fields that a newer engine adds do not matter here.
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Button(_Part):
    title: Annotated[Text, Field(min_length=1, max_length=200)]
    payload: Annotated[Text, Field(min_length=1, max_length=4000)]


class Source(_Part):
    title: Text
    url: Annotated[Text, Field(pattern=r"^https?://")]


class Reply(_Part):
    text: Annotated[Text, Field(min_length=1)]
    buttons: list[Button] = []
    source: Source | None = None
    topic: Identifier | None = None


class Rank(_Part):
    intent: Identifier
    confidence: Ratio


class Slots(_Part):
    requested_slot: Identifier | None = None
    booking_reference: Annotated[Text, Field(max_length=16)] | None = None


class Suggestion(_Part):
    """What the patient picked when asked what an earlier message, named by its number, meant."""

    message_id: Annotated[Text, Field(pattern=r"^[0-9]{1,9}$")]
    topic: Identifier


class TurnResult(_Part):
    """What the engine made of one message."""

    replies: list[Reply]
    intent: Identifier
    confidence: Ratio
    ranking: list[Rank]
    topics: list[Identifier]
    tier: Annotated[Tier, Field(strict=False)]
    flags: list[Identifier]
    decision: Annotated[Decision, Field(strict=False)]
    slots: Slots = Slots()
    suggestion: Suggestion | None = None
    model_id: Annotated[Text, Field(max_length=128)]
    timings: dict[str, float] = {}


class EngineError(Exception):
    """The engine did not answer. `reason` is an id for the turn's record.

    `away`: the engine or a part of it is down, loading or slow, which says nothing about the
    message. `permanent`: the engine refuses this message and would refuse it again.
    """

    def __init__(self, reason: str, *, away: bool = False, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.away = away
        self.permanent = permanent


@dataclass(frozen=True)
class EngineMessage:
    """One patient message as the engine gets it; `payload` instead of `text` for a button."""

    conversation_id: uuid.UUID
    message_id: str
    channel: str
    locale: str
    text: str
    payload: str


class Engine:
    """A connection to the engine; belongs to one event loop, and is closed by `async with`."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(
            base_url=settings.ENGINE_URL,
            headers={"Authorization": f"Bearer {settings.ENGINE_SECRET}"},
            timeout=httpx.Timeout(settings.ENGINE_TIMEOUT_SECONDS, connect=2.0),
            limits=httpx.Limits(max_connections=64, keepalive_expiry=30.0),
            # The engine is on this machine or this network; a proxy of the environment is not for
            # patients' messages.
            trust_env=False,
        )

    async def __aenter__(self) -> Engine:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._http.aclose()

    async def turn(self, message: EngineMessage) -> TurnResult:
        """Have the engine answer `message`; the same message again gives the same result.

        Raises EngineError.
        """
        body = {
            "conversation": str(message.conversation_id),
            "message_id": message.message_id,
            "channel": message.channel,
            "locale": message.locale,
        }
        if message.payload:
            body["payload"] = message.payload
        else:
            body["text"] = message.text
        try:
            response = await self._http.post("/webhooks/desk/webhook", json=body)
        except httpx.TimeoutException as error:
            # A connection that cannot be opened is the engine's fault; a turn that does not end
            # may be the message's.
            away = isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout)
            raise EngineError("timeout", away=away) from error
        except httpx.HTTPError as error:
            raise EngineError("unreachable", away=True) from error
        status = response.status_code
        if status == 400:
            raise EngineError("refused", permanent=True)
        if status in {401, 403, 404, 429, 502, 503, 504}:
            raise EngineError(f"http_{status}", away=True)
        if status != 200:
            raise EngineError(f"http_{status}")
        try:
            return TurnResult.model_validate_json(response.content)
        except ValidationError as error:
            raise EngineError("malformed") from error

    async def forget(self, conversation_id: uuid.UUID) -> None:
        """Have the engine erase a conversation. Raises EngineError."""
        try:
            response = await self._http.delete(f"/webhooks/desk/conversations/{conversation_id}")
        except httpx.HTTPError as error:
            raise EngineError("unreachable", away=True) from error
        if response.status_code != 204:
            raise EngineError(f"http_{response.status_code}", away=True)

    async def is_healthy(self) -> bool:
        """Whether the engine says that its model answers."""
        try:
            response = await self._http.get("/webhooks/desk/", timeout=2.0)
        except httpx.HTTPError:
            return False
        return response.status_code == 200
