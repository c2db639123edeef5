"""Requests for an appointment, and who changed them when."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from chat.models import Conversation

REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters and digits without those that are read for one another: 0 and O, 1 and I."""


def new_reference() -> str:
    """A reference code such as FD-7K2PXM: thirty random bits, readable over the phone."""
    return "FD-" + "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(6))


class BookingState(models.TextChoices):
    NEW = "new", "New"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    CONFIRMED = "confirmed", "Confirmed"
    DECLINED = "declined", "Declined"


NEXT_STATES: dict[BookingState, tuple[BookingState, ...]] = {
    BookingState.NEW: (
        BookingState.ACKNOWLEDGED,
        BookingState.CONFIRMED,
        BookingState.DECLINED,
    ),
    BookingState.ACKNOWLEDGED: (BookingState.CONFIRMED, BookingState.DECLINED),
    # A patient who calls back is a reason to correct either outcome.
    BookingState.CONFIRMED: (BookingState.DECLINED,),
    BookingState.DECLINED: (BookingState.CONFIRMED,),
}


class PatientStatus(models.TextChoices):
    NEW = "new", "New patient"
    EXISTING = "existing", "Existing patient"


class TransitionError(Exception):
    """The booking request cannot go to that state, or somebody else changed it meanwhile."""


class BookingRequest(models.Model):
    reference = models.CharField(max_length=16, unique=True, default=new_reference)
    conversation = models.ForeignKey(
        Conversation, null=True, on_delete=models.SET_NULL, related_name="bookings"
    )
    state = models.CharField(max_length=16, choices=BookingState.choices, default=BookingState.NEW)
    name = models.CharField(max_length=200)
    callback_number = models.CharField(max_length=16)
    """E.164, such as +12125550100."""
    patient_status = models.CharField(max_length=16, choices=PatientStatus.choices)
    reason = models.TextField()
    preferred_times = models.TextField()
    consent_at = models.DateTimeField(default=timezone.now)
    """When the patient agreed to be called back and to the storing of these details."""
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    changed_at = models.DateTimeField(default=timezone.now)

    idempotency_key = models.CharField(max_length=200, unique=True)
    request_digest = models.CharField(max_length=64)
    """SHA-256 of the request, to tell a repetition from another request under the same key."""

    class Meta:
        indexes = (models.Index(fields=["state", "created_at"], name="booking_state"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=BookingState.values), name="booking_known_state"
            ),
        )

    def __str__(self) -> str:
        return self.reference

    def next_states(self) -> tuple[BookingState, ...]:
        """States that staff may choose next."""
        return NEXT_STATES[BookingState(self.state)]

    def transition(self, to: BookingState, *, by: AbstractBaseUser, note: str = "") -> None:
        """Move to state `to` and record who did it.

        Compare-and-set on the state that the caller saw: of two people who act on the same view
        of a request, one succeeds.

        Raises TransitionError when `to` cannot follow, or when the stored state has changed.
        """
        seen = BookingState(self.state)
        if to not in NEXT_STATES[seen]:
            raise TransitionError(f"A request that is {seen} cannot become {to}.")
        now = timezone.now()
        with transaction.atomic():
            changed = BookingRequest.objects.filter(pk=self.pk, state=seen).update(
                state=to, changed_at=now
            )
            if not changed:
                raise TransitionError("Somebody else changed this request meanwhile.")
            BookingChange.objects.create(
                booking=self, at=now, by_id=by.pk, from_state=seen, to_state=to, note=note
            )
        self.state = to
        self.changed_at = now


class BookingChange(models.Model):
    """One entry of a request's history; never changed, never deleted before the request."""

    booking = models.ForeignKey(BookingRequest, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    """Null for the patient, who made the request through the assistant."""
    from_state = models.CharField(
        max_length=16, choices=BookingState.choices, default="", blank=True
    )
    """Empty on the entry that records the request itself."""
    to_state = models.CharField(max_length=16, choices=BookingState.choices)
    note = models.TextField(default="", blank=True)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.booking_id}: {self.from_state} -> {self.to_state}"
