"""Full-text search over what was written in conversations."""

from __future__ import annotations

import re

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from chat.models import Conversation, Message

MAX_WORDS = 12
MAX_WORD_CHARACTERS = 64


def search_conversations(query: str) -> QuerySet[Conversation]:
    """Conversations with a message that holds every word of `query`, the last word as a beginning.

    Case and accents do not matter. Everything but letters and digits only separates words, so no
    query is an error; one without words finds nothing.
    """
    words = [word[:MAX_WORD_CHARACTERS] for word in re.findall(r"[^\W_]+", query)[:MAX_WORDS]]
    if not words:
        return Conversation.objects.none()
    if connection.vendor == "postgresql":
        sql = (
            "SELECT id FROM chat_message"
            " WHERE chat_search_vector(text) @@ to_tsquery('simple', chat_search_fold(%s))"
        )
        match = " & ".join(f"'{word}'" for word in words) + ":*"
    else:
        sql = "SELECT rowid FROM chat_message_search WHERE chat_message_search MATCH %s"
        match = " ".join(f'"{word}"' for word in words) + "*"
    found = Message.objects.filter(pk__in=RawSQL(sql, [match]))  # noqa: S611 (a constant)
    return Conversation.objects.filter(pk__in=found.values("conversation_id"))
