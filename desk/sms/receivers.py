"""Messages of a conversation by SMS become texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from chat.models import Channel, Conversation, Message
from chat.signals import messages_appended
from sms.outbox import enqueue


@receiver(messages_appended)
def text_them(conversation: Conversation, messages: Sequence[Message], **kwargs: Any) -> None:
    """Queue the clinic's messages in the transaction that stores them."""
    if conversation.channel == Channel.SMS:
        enqueue(conversation, messages)
