"""One-time links from a text to the web chat.

A link carries a secret and no number. It opens a web conversation of its own: whoever holds the
phone sees nothing of what was texted, and nothing said on the web is sent as a text.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chat import store
from chat.models import Conversation
from sms import wording
from sms.models import Contact, WebLink
from sms.numbers import link_digest

AGE = timedelta(days=1)


def offer(contact: Contact, *, from_: datetime | None = None) -> str:
    """The address of a new link, which works for a day from `from_` (now unless given)."""
    secret = secrets.token_urlsafe(16)
    WebLink.objects.create(
        contact=contact,
        digest=link_digest(secret),
        expires_at=(from_ or timezone.now()) + AGE,
    )
    return f"{settings.PUBLIC_URL}/continue/{secret}"


def is_offered(contact: Contact) -> bool:
    """Whether they have a link that still works."""
    return contact.links.filter(used_at=None, expires_at__gt=timezone.now()).exists()


def is_live(secret: str) -> bool:
    """Whether the link still works. Looking does not use it up: carriers and phones look, too."""
    return WebLink.objects.filter(
        digest=link_digest(secret), used_at=None, expires_at__gt=timezone.now()
    ).exists()


def use(secret: str) -> Conversation | None:
    """Use the link up for a new web conversation; None when it has been used, or is too old."""
    now = timezone.now()
    link = WebLink.objects.filter(digest=link_digest(secret))
    with transaction.atomic():
        if link.filter(used_at=None, expires_at__gt=now).update(used_at=now) != 1:
            return None
        locale = link.get().contact.conversation.locale
        conversation = Conversation.objects.create(locale=locale)
        store.say(conversation.pk, wording.welcome())
        link.update(conversation=conversation)
    return conversation
