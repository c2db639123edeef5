"""What the public chat API takes and gives."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal, Self

from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from chat.models import Message
from chat.texts import MAX_CHARACTERS, check_text


class _Request(Schema):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewSession(_Request):
    locale: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{2,35}$")] = "en"
    """A language tag. Languages that the assistant does not speak get English."""


class NewMessage(_Request):
    """A patient's message: `text`, or the id of a `button` that an earlier reply carried."""

    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    text: (
        Annotated[
            str,
            AfterValidator(check_text),
            Field(json_schema_extra={"minLength": 1, "maxLength": MAX_CHARACTERS}),
        ]
        | None
    ) = None
    button: Annotated[str, Field(pattern=r"^[0-9]{1,9}-[0-9]{1,3}$")] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.button is None):
            raise ValueError("exactly one of text and button is needed")
        return self


class ClinicOut(Schema):
    name: str
    phone_display: str
    phone_tel: str


class Suggestion(Schema):
    title: str
    text: str


class Config(Schema):
    clinic: ClinicOut
    notice: str
    emergency: str
    greeting: str
    suggestions: list[Suggestion]


class SessionOut(Schema):
    token: str
    conversation: uuid.UUID
    expires_at: datetime


class ButtonOut(Schema):
    id: str
    title: str


class SourceOut(Schema):
    title: str
    url: str


class MessageOut(Schema):
    id: int
    author: Literal["patient", "assistant", "staff"]
    client_id: str | None
    text: str
    buttons: list[ButtonOut]
    source: SourceOut | None
    topic: str | None
    kind: Literal["text", "safe", "safety"]
    input: str | None
    created_at: datetime

    @classmethod
    def of(cls, message: Message) -> Self:
        return cls.model_validate(
            {
                "id": message.number,
                "author": message.author,
                "client_id": message.client_id,
                "text": message.text,
                "buttons": [
                    {"id": f"{message.number}-{place}", "title": button["title"]}
                    for place, button in enumerate(message.buttons)
                ],
                "source": message.source,
                "topic": message.topic or None,
                "kind": message.kind,
                "input": message.input or None,
                "created_at": message.created_at,
            }
        )


class Answered(Schema):
    message: MessageOut
    replies: list[MessageOut]


class History(Schema):
    messages: list[MessageOut]
    last_id: int
    """The id to continue after."""
