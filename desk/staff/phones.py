"""What the console shows of whoever texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from chat.models import Conversation
from sms.models import Contact, OutboundText, TextState
from sms.numbers import decrypt, masked
from sms.staff_texts import StaffText

SEE_NUMBER = "sms.view_number"


@dataclass(frozen=True)
class Phone:
    """`number` is whole for those who may see it; `tel` is empty for others, who see its end."""

    number: str
    tel: str
    stopped: bool
    failed: Sequence[OutboundText]
    waiting: Sequence[OutboundText]
    """Texts that wait for the end of quiet hours."""
    acts: Sequence[tuple[str, str]]


def phone_of(conversation: Conversation, user: User) -> Phone | None:
    """The phone of a conversation by text; None of any other, and of an erased one."""
    contact = Contact.objects.filter(conversation=conversation).first()
    if contact is None or conversation.erased_at is not None:
        return None
    address = decrypt(contact.address)
    allowed = user.has_perm(SEE_NUMBER)
    return Phone(
        number=address if allowed else masked(address),
        tel=contact.number if allowed else "",
        stopped=contact.stopped,
        failed=list(contact.texts.filter(state=TextState.FAILED).order_by("-pk")[:5]),
        waiting=list(contact.texts.filter(state=TextState.QUEUED).exclude(not_before=None)),
        acts=StaffText.choices,
    )
