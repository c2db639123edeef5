"""The proof that a browser owns a conversation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.core import signing
from django.utils import timezone

SALT = "frontdesk.chat.session"


@dataclass(frozen=True)
class Session:
    conversation_id: uuid.UUID
    expires_at: datetime


def issue(conversation_id: uuid.UUID) -> tuple[str, Session]:
    """A signed token for this conversation, and what it says."""
    expires_at = (timezone.now() + settings.CHAT_SESSION_AGE).replace(microsecond=0)
    token = signing.dumps([str(conversation_id), int(expires_at.timestamp())], salt=SALT)
    return token, Session(conversation_id, expires_at)


def read(token: str) -> Session | None:
    """What `token` says, or None when it is forged, damaged or expired."""
    try:
        conversation, expires = signing.loads(token, salt=SALT)
        session = Session(uuid.UUID(str(conversation)), datetime.fromtimestamp(expires, UTC))
    except (signing.BadSignature, ValueError, TypeError, OverflowError, OSError):
        return None
    return session if session.expires_at > timezone.now() else None
