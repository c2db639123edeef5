"""What staff may text: approved texts only, outside quiet hours, never after STOP."""

from __future__ import annotations

import uuid

from django.db import models, transaction
from django.utils import timezone

from chat import store
from chat.models import Author
from sms import links, wording
from sms.models import Contact
from sms.quiet_hours import allowed_from


class StaffText(models.TextChoices):
    LINK = "link", "Send a link to the web chat"
    CALL = "call", "Ask them to call"


class StoppedError(Exception):
    """The patient asked for no more texts."""


def send(conversation_id: uuid.UUID, which: StaffText) -> None:
    """Queue the text. Raises Contact.DoesNotExist, StoppedError, store.ErasedError."""
    with transaction.atomic():
        contact = Contact.locked(conversation_id=conversation_id)
        if contact.stopped:
            raise StoppedError
        now = timezone.now()
        allowed = allowed_from(now, contact.number)
        if which == StaffText.LINK:
            body = wording.web_link(links.offer(contact, from_=allowed))
        else:
            body = wording.please_call()
        message = store.say(conversation_id, body, author=Author.STAFF)
        if allowed > now:
            contact.texts.filter(message=message).update(not_before=allowed)
