"""What happens elsewhere and concerns the console: signing in and out, and erased conversations."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from chat.models import Conversation
from staff.audit import record
from staff.models import Action, Review


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> None:
    record(request, Action.SIGNED_IN, actor=user)


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: AbstractBaseUser | None, **kwargs: Any) -> None:
    if user is not None:
        record(request, Action.SIGNED_OUT, actor=user)


@receiver(user_login_failed)
def sign_in_failed(
    credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    if request is not None:
        record(request, Action.SIGN_IN_FAILED, _known(credentials.get("username")))


@receiver(user_locked_out)
def locked_out(request: HttpRequest, username: str, **kwargs: Any) -> None:
    record(request, Action.LOCKED_OUT, _known(username))


@receiver(post_save, sender=Conversation)
def forget_notes(
    instance: Conversation, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """Staff's notes may quote a patient, so they go when the patient erases the conversation."""
    if update_fields is not None and "erased_at" in update_fields:
        Review.objects.filter(conversation=instance).update(note="")


def _known(username: object) -> User | None:
    """The user of that name. The name as it was typed is not kept: it may be a password."""
    return User.objects.filter(username=username).first() if isinstance(username, str) else None
