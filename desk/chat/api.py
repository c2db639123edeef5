"""The public chat API. Every error is a problem (RFC 9457)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.request import RawPostDataException
from django.utils import timezone
from ninja import NinjaAPI, Query, Status
from ninja.responses import NinjaJSONEncoder, codes_4xx, codes_5xx
from ninja.security import HttpBearer
from pydantic import Field

from chat import limits, store, tokens
from chat.models import Channel, Conversation, Locale, Message
from chat.safety import warning_in
from chat.schemas import (
    Answered,
    ClinicOut,
    Config,
    History,
    MessageOut,
    NewMessage,
    NewSession,
    SessionOut,
    Suggestion,
)
from chat.texts import MAX_CHARACTERS
from chat.turns import Desk, desk
from chat.wording import knowledge, not_stored_message
from frontdesk.addresses import client_address
from frontdesk.databases import in_database
from frontdesk.problems import (
    Problem,
    ProblemError,
    StrictParser,
    answer_with_problems,
    problem_response,
    unauthorized,
)

logger = logging.getLogger(__name__)

PAGE = 500
MAX_NUMBER = 2**31 - 1

api = NinjaAPI(
    title="Frontdesk chat",
    version="1",
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
    parser=StrictParser(),
)
answer_with_problems(api)
PROBLEMS: dict[Any, Any] = {codes_4xx: Problem, codes_5xx: Problem}


class ChatRequest(HttpRequest):
    """A request that carries a valid session."""

    auth: tokens.Session


class SessionToken(HttpBearer):
    async def authenticate(self, request: HttpRequest, token: str) -> tokens.Session | None:
        return await in_database(_session, client_address(request), token)


def _session(address: str, token: str) -> tokens.Session | None:
    limits.take("address_reads", address)
    session = tokens.read(token)
    return session if session and store.is_open(session.conversation_id) else None


class SenderToken(HttpBearer):
    """For a message: what the token owns is looked up with the lock that storing needs anyway."""

    async def authenticate(self, request: HttpRequest, token: str) -> tokens.Session | None:
        session = tokens.read(token)
        if session is None:
            await in_database(limits.take, "address_reads", client_address(request))
        return session


session_token = SessionToken()


@api.exception_handler(DatabaseError)
def database_away(request: HttpRequest, error: DatabaseError) -> HttpResponse:
    """The message cannot be stored while the database is away; a warning is still given."""
    logger.error("The database does not answer at %s: %s", request.path, type(error).__name__)
    detail = not_stored_message(Locale.ENGLISH)
    with contextlib.suppress(ValueError, TypeError, KeyError, RawPostDataException):
        warning = warning_in(str(json.loads(request.body)["text"])[:MAX_CHARACTERS], Channel.WEB)
        detail = warning.text if warning is not None else detail
    return problem_response(503, detail, {"Retry-After": "5"})


@api.get("/chat/config", response={200: Config, **PROBLEMS}, summary="What the widget shows first")
def config(request: HttpRequest) -> Config:
    known = knowledge()
    clinic = known.clinic
    entries = [known.entries[topic] for topic in clinic.suggestions]
    return Config(
        clinic=ClinicOut(
            name=clinic.name, phone_display=clinic.phone_display, phone_tel=clinic.phone_tel
        ),
        notice=clinic.notice,
        emergency=clinic.emergency,
        greeting=clinic.greeting,
        suggestions=[Suggestion(title=entry.label, text=entry.question) for entry in entries],
    )


@api.post("/chat/sessions", response={201: SessionOut, **PROBLEMS}, summary="Begin a conversation")
async def begin(request: HttpRequest, new: NewSession) -> Status[SessionOut]:
    await in_database(limits.take, "address_sessions", client_address(request))
    language = new.locale.lower().split("-")[0]
    locale = language if language in Locale.values else Locale.ENGLISH
    conversation = await in_database(Conversation.objects.create, locale=locale)
    token, session = tokens.issue(conversation.pk)
    return Status(
        201,
        SessionOut(token=token, conversation=conversation.pk, expires_at=session.expires_at),
    )


@api.delete(
    "/chat/sessions",
    auth=session_token,
    response={204: None, **PROBLEMS},
    summary="Erase the conversation",
)
async def erase(request: ChatRequest) -> Status[None]:
    # Twice at once: it is gone, as asked.
    with contextlib.suppress(store.ErasedError):
        await in_database(store.erase, request.auth.conversation_id)
    return Status(204, None)


@api.post(
    "/chat/messages",
    auth=SenderToken(),
    response={200: Answered, **PROBLEMS},
    summary="Send a message and get its replies",
)
async def send(request: ChatRequest, new: NewMessage) -> HttpResponseBase | Answered:
    here, conversation_id = desk(), request.auth.conversation_id
    address = client_address(request)

    async def answered() -> Answered:
        message, lease = await in_database(_received, conversation_id, address, new)
        here.hub.wake(conversation_id)
        replies = await here.replies(message, lease)
        return Answered(
            message=MessageOut.of(message), replies=[MessageOut.of(reply) for reply in replies]
        )

    try:
        # Shielded: a patient who closes the page leaves a message that is still being answered.
        return await asyncio.shield(here.in_background(answered()))
    except store.ErasedError:
        return unauthorized()
    except store.ConflictError as error:
        raise ProblemError(409, "This client_id belongs to another message.") from error
    except store.UnknownButtonError as error:
        raise ProblemError(422, "button: no reply of this conversation carries it") from error


def _received(
    conversation_id: uuid.UUID, address: str, new: NewMessage
) -> tuple[Message, store.Lease | None]:
    limits.take("session_messages", str(conversation_id))
    limits.take("address_messages", address)
    return store.receive_and_claim(
        conversation_id, new.client_id, text=new.text or "", button=new.button or ""
    )


@api.get(
    "/chat/messages",
    auth=session_token,
    response={200: History, **PROBLEMS},
    summary="The conversation so far",
)
async def history(
    request: ChatRequest, after: Query[Annotated[int, Field(ge=0, le=MAX_NUMBER)]] = 0
) -> History:
    messages = await in_database(store.messages_after, request.auth.conversation_id, after, PAGE)
    return History(
        messages=[MessageOut.of(message) for message in messages],
        last_id=messages[-1].number if messages else after,
    )


@api.get(
    "/chat/events",
    auth=session_token,
    response=PROBLEMS,
    summary="New messages as server-sent events",
    openapi_extra={
        "responses": {
            200: {
                "description": "A stream of `message` events, each with a Message as its data",
                "content": {"text/event-stream": {}},
            }
        }
    },
)
async def events(request: ChatRequest) -> HttpResponseBase:
    last = request.headers.get("Last-Event-ID", "0")
    if not (last.isascii() and last.isdigit() and len(last) <= 10 and int(last) <= MAX_NUMBER):
        raise ProblemError(422, "Last-Event-ID must be the id of a message.")
    here = desk()
    conversation_id = request.auth.conversation_id
    if here.streams.get(conversation_id, 0) >= settings.CHAT_STREAMS_PER_SESSION:
        raise ProblemError(429, "Too many open streams.", {"Retry-After": "5"})
    return StreamingHttpResponse(
        _stream(here, request.auth, int(last)),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(here: Desk, session: tokens.Session, last: int) -> AsyncIterator[str]:
    conversation_id = session.conversation_id
    # Counted again: many may have passed the view's check before the first of them began.
    if here.streams.get(conversation_id, 0) >= settings.CHAT_STREAMS_PER_SESSION:
        return
    here.streams[conversation_id] = here.streams.get(conversation_id, 0) + 1
    try:
        with here.hub.watch(conversation_id) as watch:
            yield ": open\n\n"
            while not watch.gone and session.expires_at > timezone.now():
                for message in await in_database(store.messages_after, conversation_id, last, PAGE):
                    last = message.number
                    data = json.dumps(MessageOut.of(message).model_dump(), cls=NinjaJSONEncoder)
                    yield f"id: {last}\nevent: message\ndata: {data}\n\n"
                if not await watch.changed(settings.CHAT_HEARTBEAT_SECONDS):
                    yield ": still here\n\n"
    finally:
        here.streams[conversation_id] -= 1
        if not here.streams[conversation_id]:
            del here.streams[conversation_id]
