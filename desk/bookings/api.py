"""Where the action server hands over requests for an appointment. Not public."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from typing import Annotated, Any, Literal

import phonenumbers
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from ninja import Header, NinjaAPI, Schema, Status
from ninja.responses import codes_4xx, codes_5xx
from ninja.security import HttpBearer
from pydantic import AfterValidator, ConfigDict, Field

from bookings.models import BookingChange, BookingRequest, BookingState
from chat.models import Conversation
from chat.texts import check_text
from frontdesk.problems import Problem, ProblemError, StrictParser, answer_with_problems

api = NinjaAPI(
    title="Frontdesk bookings",
    docs_url=None,
    openapi_url=None,
    urls_namespace="internal",
    parser=StrictParser(),
)
answer_with_problems(api)
PROBLEMS: dict[Any, Any] = {codes_4xx: Problem, codes_5xx: Problem}


class ActionServer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> bool:
        return hmac.compare_digest(token.encode(), settings.DESK_SECRET.encode())


def check_e164(number: str) -> str:
    """`number`, when it is in E.164 form and has a length that its country uses.

    Whether the number is in service is not asked: tables of number ranges age, and a request must
    not be lost to them. Raises ValueError.
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException as error:
        raise ValueError("must be a telephone number in E.164 form") from error
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if written != number or not phonenumbers.is_possible_number(parsed):
        raise ValueError("must be a telephone number in E.164 form")
    return number


Storable = AfterValidator(check_text)


class NewBooking(Schema):
    model_config = ConfigDict(extra="forbid")

    conversation: uuid.UUID
    name: Annotated[str, Field(min_length=1, max_length=200), Storable]
    callback_number: Annotated[str, Field(max_length=16), AfterValidator(check_e164)]
    patient_status: Literal["new", "existing"]
    reason: Annotated[str, Storable]
    preferred_times: Annotated[str, Storable]
    consent: Literal[True]

    def digest(self) -> str:
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class BookingOut(Schema):
    reference: str
    state: str


@api.post(
    "/bookings",
    auth=ActionServer(),
    response={200: BookingOut, 201: BookingOut, **PROBLEMS},
)
def request_booking(
    request: HttpRequest,
    new: NewBooking,
    idempotency_key: Header[Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,200}$")]],
) -> Status[BookingOut]:
    booking, created = store(new, idempotency_key)
    if booking.request_digest != new.digest():
        raise ProblemError(409, "This Idempotency-Key belongs to another request.")
    return Status(
        201 if created else 200, BookingOut(reference=booking.reference, state=booking.state)
    )


def store(new: NewBooking, idempotency_key: str) -> tuple[BookingRequest, bool]:
    """The request stored under this key, and whether this call stored it; of several calls at once
    exactly one does.

    Raises ProblemError 422 for a conversation that the desk does not know.
    """
    if not Conversation.objects.filter(pk=new.conversation).exists():
        raise ProblemError(422, "conversation: is unknown")
    details = new.model_dump(exclude={"conversation", "consent"})
    for _ in range(5):
        try:
            with transaction.atomic():
                booking, created = BookingRequest.objects.get_or_create(
                    idempotency_key=idempotency_key,
                    defaults={
                        "conversation_id": new.conversation,
                        "request_digest": new.digest(),
                        **details,
                    },
                )
                if created:
                    BookingChange.objects.create(booking=booking, to_state=BookingState.NEW)
        except IntegrityError:
            continue  # the reference code is taken, one in a billion: draw another
        return booking, created
    raise ProblemError(503, "No reference code is free.", {"Retry-After": "1"})
