"""Writing audit entries."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, User
from django.http import HttpRequest

from bookings.models import BookingRequest
from chat.models import Conversation
from frontdesk.addresses import client_address
from staff.models import Action, AuditEntry, ObjectKind


def record(
    request: HttpRequest,
    action: Action,
    about: Conversation | BookingRequest | AbstractBaseUser | None = None,
    *,
    actor: AbstractBaseUser | None = None,
    detail: str = "",
) -> None:
    """Write that `actor`, or else whoever is signed in, did `action`.

    `detail` is made of the console's own words, never of what a patient or a user typed. Write the
    entry before the page that shows the data, and in the transaction of a change: what cannot be
    recorded does not happen.
    """
    if actor is None and request.user.is_authenticated:
        actor = request.user
    kind, key = _name(about)
    AuditEntry.objects.create(
        actor_id=actor.pk if actor else None,
        action=action,
        object_kind=kind,
        object_id=key,
        address=client_address(request),
        detail=detail,
    )


def _name(about: Conversation | BookingRequest | AbstractBaseUser | None) -> tuple[str, str]:
    match about:
        case Conversation():
            return ObjectKind.CONVERSATION, str(about.pk)
        case BookingRequest():
            return ObjectKind.BOOKING, about.reference
        case User():
            return ObjectKind.USER, str(about.pk)
        case _:
            return "", ""
