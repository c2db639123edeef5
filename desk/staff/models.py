"""What the console itself keeps: who did what, and what was said about a conversation."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone

from chat.models import Conversation


class Action(models.TextChoices):
    SIGNED_IN = "signed_in", "Signed in"
    SIGNED_OUT = "signed_out", "Signed out"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
    LOCKED_OUT = "locked_out", "Locked out"
    PASSWORD_CHANGED = "password_changed", "Changed the password"
    TRANSCRIPT_VIEWED = "transcript_viewed", "Read a transcript"
    SEARCHED = "searched", "Searched conversations"
    REVIEWED = "reviewed", "Marked as reviewed"
    ATTENTION_ASKED = "attention_asked", "Marked as needing attention"
    TEXTED = "texted", "Started a text"
    BOOKINGS_LISTED = "bookings_listed", "Listed bookings"
    BOOKING_VIEWED = "booking_viewed", "Read a booking"
    BOOKING_CHANGED = "booking_changed", "Changed a booking"


class ObjectKind(models.TextChoices):
    CONVERSATION = "conversation", "Conversation"
    BOOKING = "booking", "Booking"
    USER = "user", "User"


class AppendOnlyError(Exception):
    """An audit entry was about to be changed or deleted."""


class AuditEntries(models.QuerySet["AuditEntry"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        raise AppendOnlyError


class AuditEntry(models.Model):
    """One act of a person at the console. Holds no text of a patient and no word of a search.

    The database refuses to change or delete a row, too (migration 0002).
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    # A user with entries cannot be deleted, only deactivated.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """Null when nobody was signed in."""
    action = models.CharField(max_length=32, choices=Action.choices, db_index=True)
    object_kind = models.CharField(
        max_length=16, choices=ObjectKind.choices, default="", blank=True
    )
    object_id = models.CharField(max_length=64, default="", blank=True)
    """Not a foreign key: the entry outlives what it is about."""
    address = models.CharField(max_length=64)
    """Where the request came from."""
    detail = models.CharField(max_length=200, default="", blank=True)

    objects = AuditEntries.as_manager()

    class Meta:
        indexes = (models.Index(fields=["object_kind", "object_id"], name="audit_object"),)

    def __str__(self) -> str:
        return f"{self.action} {self.object_kind} {self.object_id}".rstrip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError


class Outcome(models.TextChoices):
    REVIEWED = "reviewed", "Reviewed"
    ATTENTION = "attention", "Needs attention"


class Review(models.Model):
    """What a staff member found in a conversation; each finding is kept."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="reviews")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    note = models.TextField(default="", blank=True)
    """Emptied when the patient erases the conversation, for it may quote it."""
    through = models.PositiveIntegerField()
    """Number of the newest message that the staff member had seen."""

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.conversation_id}: {self.outcome}"
