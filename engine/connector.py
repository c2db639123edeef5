"""The engine's only channel: one authenticated HTTP interface for the desk.

A request carries the sender's message id. The same id again returns the stored result without running the
dialogue again; a turn that could not be completed leaves nothing behind and is answered with 503, so that
the desk can send the same message later.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json

from engine.choices import chosen
from engine.context import Context
from engine.model_swap import follow
from engine.safety_net import safety_turn
from engine.sentence_featurizer import read_ahead
from engine.tracker_store import FrontdeskTrackerStore
from engine.turn import CHANNELS

logger = logging.getLogger(__name__)

MAX_TEXT = 2000
MAX_ID = 64
MAX_PAYLOAD = 1000
LOCALES = ("en", "es")
CONVERSATION = re.compile(r"[A-Za-z0-9-]{1,64}")


class InvalidRequest(ValueError):
    """The request is malformed; sending it again cannot help."""


@dataclass(frozen=True)
class DeskMessage:
    """One message from the desk, checked.

    Attributes:
        text: what the patient wrote, or the payload of the button that was pressed.
        pressed: whether it is a payload.
    """

    conversation: str
    message_id: str
    channel: str
    locale: str
    text: str
    pressed: bool


class ButtonSigner:
    """Signs the payloads of buttons, so that only what the engine offered comes back as a command."""

    def __init__(self, secret: str) -> None:
        self._key = secret.encode()

    def sign(self, conversation: str, payload: str) -> str:
        """Bind a payload to its conversation."""
        return f"{self._signature(conversation, payload)}.{payload}"

    def verify(self, conversation: str, signed: str) -> str:
        """Return the payload.

        Raises:
            InvalidRequest: this engine did not offer it in this conversation.
        """
        signature, _, payload = signed.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(conversation, payload).encode()):
            raise InvalidRequest("The payload was not issued in this conversation.")
        return payload

    def _signature(self, conversation: str, payload: str) -> str:
        message = f"{conversation}\n{payload}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def parse_request(body: Any, signer: ButtonSigner) -> DeskMessage:
    """Check a request body.

    Raises:
        InvalidRequest: says which field is wrong, never what it holds.
    """
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object.")
    conversation = _text_field(body, "conversation", MAX_ID)
    if not CONVERSATION.fullmatch(conversation):
        raise InvalidRequest("conversation may hold letters, digits and hyphens.")
    message_id = _text_field(body, "message_id", MAX_ID)
    channel = _choice_field(body, "channel", CHANNELS)
    locale = _choice_field(body, "locale", LOCALES)
    if ("text" in body) == ("payload" in body):
        raise InvalidRequest("Send either text or payload.")
    pressed = "payload" in body
    if pressed:
        text = signer.verify(conversation, _text_field(body, "payload", MAX_PAYLOAD))
    else:
        text = as_text(_text_field(body, "text", MAX_TEXT))
    return DeskMessage(conversation, message_id, channel, locale, text, pressed)


def as_text(text: str) -> str:
    """A patient's text as Rasa may see it: a leading slash would make it a command."""
    return re.sub(r"^[\s/]+", "", text) or "?"


def _text_field(body: dict[str, Any], name: str, limit: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > limit:
        raise InvalidRequest(f"{name} must be a text of 1 to {limit} characters.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest(f"{name} is not valid Unicode.") from error
    return value


def _choice_field(body: dict[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = body.get(name)
    if value not in choices:
        raise InvalidRequest(f"{name} must be one of: {', '.join(choices)}.")
    return str(value)


class TurnOutput(OutputChannel):
    """Rasa's output for one turn: replies are read from the tracker's events, so nothing is sent here."""

    def __init__(self, channel: str) -> None:
        self._channel = channel

    def name(self) -> str:
        """The patient's channel, by which responses choose their wording."""
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Do nothing: the reply is a BotUttered event already."""


class DeskConnector(InputChannel):
    """The channel `desk`: POST webhook for messages, GET for health."""

    def __init__(self, secret: str, button_secret: str, model: str) -> None:
        if not secret or not button_secret:
            raise ValueError("credentials.yml: the desk connector needs secret and button_secret.")
        self._authorization = f"Bearer {secret}".encode()
        self._signer = ButtonSigner(button_secret)
        self._model = Path(model)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @classmethod
    def name(cls) -> str:
        """The url prefix: /webhooks/desk."""
        return "desk"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> DeskConnector:
        """Build the channel from credentials.yml."""
        credentials = credentials or {}
        return cls(*(credentials.get(name, "") for name in ("secret", "button_secret", "model")))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes of the channel."""
        routes = Blueprint("desk_connector")

        @routes.listener("after_server_start")
        async def follow_model(app: Sanic, _: asyncio.AbstractEventLoop) -> None:
            app.add_task(follow(app.ctx.agent, self._model))

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            agent = request.app.ctx.agent
            if agent is None or not agent.is_ready():
                return json({"status": "loading"}, status=503)
            return json({"status": "ok", "model_id": agent.model_id})

        @routes.delete("/conversations/<conversation>")
        async def forget(request: Request, conversation: str) -> HTTPResponse:
            if not self._is_desk(request):
                return json({"error": "unauthorized"}, status=401)
            agent = request.app.ctx.agent
            if agent is None or not agent.is_ready():
                return json({"error": "The model is loading."}, status=503)
            async with self._turn_of(conversation):
                await _store(agent).forget(conversation)
            return empty()

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            if not self._is_desk(request):
                return json({"error": "unauthorized"}, status=401)
            try:
                message = parse_request(_json_body(request), self._signer)
            except InvalidRequest as error:
                return json({"error": str(error)}, status=400)
            # A desk that stops waiting must not interrupt the turn: it will ask for the result again.
            result = await asyncio.shield(
                asyncio.ensure_future(self._turn(message, request.app.ctx.agent, on_new_message))
            )
            if result is None:
                return json({"error": "The turn could not be completed."}, status=503)
            return json(self._with_signed_buttons(message.conversation, result))

        return routes

    def _is_desk(self, request: Request) -> bool:
        given = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(given, self._authorization)

    def _turn_of(self, conversation: str) -> asyncio.Lock:
        return self._turns.setdefault(conversation, asyncio.Lock())

    async def _turn(
        self,
        message: DeskMessage,
        agent: Agent | None,
        on_new_message: Callable[[UserMessage], Awaitable[Any]],
    ) -> dict[str, Any] | None:
        """The turn's result; None when it could not be completed and nothing grave was read.

        While the model loads, and when a part of the engine fails, a warning is still given: the rules of the
        red-flag reader need nothing else.
        """
        async with self._turn_of(message.conversation):
            store, context = None, Context()
            try:
                if agent is not None and agent.is_ready():
                    store = _store(agent)
                    result, context = await store.before(message.conversation, message.message_id)
                    if result is None:
                        if not message.pressed:
                            await asyncio.to_thread(read_ahead, message.text)
                        await on_new_message(_user_message(message, context))
                        result, _ = await store.before(message.conversation, message.message_id)
                    if result is not None:
                        return result
            except Exception as error:
                # The exception's text may quote the patient, so only its kind is logged.
                logger.error("A turn failed: %s.", type(error).__name__)
            if message.pressed:
                return None
            model_id = agent.model_id if agent is not None else None
            turn = safety_turn(message.text, message.channel, context, model_id)
            if turn is None:
                return None
            if store is not None:
                try:
                    await store.keep(message.conversation, message.message_id, *turn)
                except Exception as error:
                    logger.error("A warning was given and not stored: %s.", type(error).__name__)
            return turn[0]

    def _with_signed_buttons(self, conversation: str, result: dict[str, Any]) -> dict[str, Any]:
        replies = [
            {
                **reply,
                "buttons": [
                    {**button, "payload": self._signer.sign(conversation, button["payload"])}
                    for button in reply["buttons"]
                ],
            }
            for reply in result["replies"]
        ]
        return {**result, "replies": replies}


def _user_message(message: DeskMessage, context: Context) -> UserMessage:
    """The message as Rasa gets it: a choice typed in words becomes that of the button."""
    text = message.text
    if not message.pressed:
        text = chosen(text, context.offered) or text
    return UserMessage(
        text,
        TurnOutput(message.channel),
        message.conversation,
        input_channel=message.channel,
        message_id=message.message_id,
        metadata={"locale": message.locale, "context": context.as_dict(), "received_at": time.time()},
    )


def _json_body(request: Request) -> Any:
    try:
        return request.json
    except Exception as error:
        raise InvalidRequest("The body must be JSON.") from error


def _store(agent: Agent) -> FrontdeskTrackerStore:
    """The tracker store without Rasa's fail-safe wrapper.

    The wrapper answers a failed save by keeping the dialogue in memory, and a failed read by forgetting it;
    we would rather fail the turn and have the desk repeat it.
    """
    store = getattr(agent.tracker_store, "_tracker_store", agent.tracker_store)
    if not isinstance(store, FrontdeskTrackerStore):
        raise RuntimeError("endpoints.yml must name engine.tracker_store.FrontdeskTrackerStore.")
    agent.tracker_store = store
    if agent.processor is not None:
        agent.processor.tracker_store = store
    return store
