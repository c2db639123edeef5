"""A message as each system takes it; standard library only, because Locust's environment reads it too."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Literal

# Questions of the kind the clinic gets; none is a warning, and none starts the booking form.
MESSAGES = (
    "what exactly is neuromuscular therapy?",
    "can sitting at a computer all day be behind my headaches",
    "do you treat migraine without pills?",
    "where are you located and is there parking",
    "my wife wears high heels to work, can her headaches come from that?",
    "how much does a first visit cost",
    "what is a trigger point",
    "which muscle at the side of the neck can give you a headache?",
    "are you open on saturdays",
    "why does my forehead hurt when the knot is in my shoulder",
    "thank you",
    "who is the doctor there?",
)

Kind = Literal["stock", "engine", "desk"]


@dataclass(frozen=True)
class Target:
    """A running system: stock Rasa's REST channel, our engine, or our desk in front of it.

    Attributes:
        name: under which its times are reported.
        url: without a path.
        secret: what the engine wants as a bearer token; the others want none.
    """

    name: str
    kind: Kind
    url: str
    secret: str = ""


def message(kind: Kind, conversation: str, text: str) -> dict[str, Any]:
    """The body of one new message."""
    if kind == "stock":
        return {"sender": conversation, "message": text}
    if kind == "desk":
        return {"client_id": uuid.uuid4().hex, "text": text}
    return {
        "conversation": conversation,
        "message_id": uuid.uuid4().hex,
        "channel": "web",
        "locale": "en",
        "text": text,
    }


def path(kind: Kind) -> str:
    """Where messages are posted."""
    return {
        "stock": "/webhooks/rest/webhook",
        "engine": "/webhooks/desk/webhook",
        "desk": "/api/chat/messages",
    }[kind]


def answer(kind: Kind, body: Any) -> Literal["", "safe", "reply"]:
    """Whether the system answered: not at all, with the desk's safe message, or with a reply."""
    replies = body if kind == "stock" else body["replies"]
    if not any(reply.get("text") for reply in replies):
        return ""
    return "safe" if kind == "desk" and all(reply["kind"] == "safe" for reply in replies) else "reply"
