"""The outbox: texts wait here, in the transaction that wrote them, until the provider has them.

docs/decisions/0011-sms-delivery.md says what is guaranteed when a process dies in between.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from chat import store
from chat.models import AttentionReason, Author, Conversation, Kind, Message
from sms import consent, segments, wording
from sms.models import Consent, ConsentSource, Contact, OutboundText, TextState
from sms.numbers import decrypt

# Longer than any request to the provider may last.
LEASE = timedelta(seconds=40)
FIRST_BACK_OFF = timedelta(seconds=2)
LONGEST_BACK_OFF = timedelta(minutes=10)
MOST_ATTEMPTS = 10
ON_ITS_WAY = (TextState.QUEUED, TextState.SENDING)
# A report never takes a text back to an earlier state.
PROGRESS = {TextState.QUEUED: 0, TextState.SENDING: 1, TextState.SENT: 2, TextState.DELIVERED: 3}
OPTED_OUT = "21610"


@dataclass(frozen=True)
class Claimed:
    """The right to send one text until its lease ends; `sent_before` if somebody may have sent
    it."""

    pk: int
    ref: str
    to: str
    ours: str
    body: str
    sent_before: bool


def enqueue(conversation: Conversation, messages: Sequence[Message]) -> None:
    """Queue the clinic's messages of an SMS conversation, in the transaction that stores them."""
    ours = [message for message in messages if message.author != Author.PATIENT]
    contact = Contact.objects.select_for_update().filter(conversation=conversation).first()
    if contact is None or not ours:
        return
    bodies: list[tuple[Message | None, str]] = []
    for message in ours:
        bodies += [(message, part) for part in segments.messages(as_text(message))]
    if contact.told_at is None:
        notice = (None, wording.first_notice())
        # A warning comes first, whatever else has to be said.
        warns = ours[0].kind in {Kind.SAFETY, Kind.SAFE}
        bodies = [*bodies, notice] if warns else [notice, *bodies]
        contact.told_at = timezone.now()
        contact.save(update_fields=["told_at"])
    state = TextState.SUPPRESSED if contact.stopped else TextState.QUEUED
    OutboundText.objects.bulk_create(
        OutboundText(contact=contact, message=message, body=body, state=state)
        for message, body in bodies
    )


def say(contact: Contact, body: str, *, ends_consent: bool = False) -> None:
    """Store and queue a text of the desk's own; `ends_consent` marks the confirmation of STOP."""
    with transaction.atomic():
        message = store.say(contact.conversation_id, body)
        if ends_consent:
            OutboundText.objects.filter(message=message).update(
                ends_consent=True, state=TextState.QUEUED
            )


def as_text(message: Message) -> str:
    """A reply as plain text, with its buttons as numbers to answer with."""
    text = message.text.replace("**", "")
    titles = [button["title"] for button in message.buttons]
    if len(titles) == 1:
        text += f"\n\nReply 1 for: {titles[0]}"
    elif titles:
        choices = "\n".join(f"{place} {title}" for place, title in enumerate(titles, 1))
        numbers = ", ".join(str(place) for place in range(1, len(titles)))
        text += f"\n\nReply {numbers} or {len(titles)}:\n{choices}"
    return segments.simplify(text)


def claim() -> Claimed | None:
    """Take the oldest text that is due; never one while an earlier text of its contact is on its
    way."""
    now = timezone.now()
    oldest = (
        OutboundText.objects.filter(state__in=ON_ITS_WAY)
        .values("contact")
        .annotate(first=Min("pk"))
    )
    due = (
        OutboundText.objects.filter(pk__in=oldest.values("first"))
        .filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=now))
        .filter(Q(state=TextState.QUEUED) | Q(lease_until__lte=now))
        .order_by("next_attempt_at", "pk")
        .values_list("pk", "contact_id")
    )
    for pk, contact_id in due[:20]:
        with transaction.atomic():
            contact = Contact.objects.select_for_update().get(pk=contact_id)
            text = (
                OutboundText.objects.select_for_update().filter(pk=pk, state__in=ON_ITS_WAY).first()
            )
            if text is None or (text.lease_until is not None and text.lease_until > now):
                continue
            sent_before = text.state == TextState.SENDING
            if contact.stopped and not text.ends_consent and not sent_before:
                text.state = TextState.SUPPRESSED
                text.save(update_fields=["state"])
                continue
            text.state, text.lease_until = TextState.SENDING, now + LEASE
            text.attempts += 1
            text.save(update_fields=["state", "lease_until", "attempts"])
            return Claimed(
                text.pk,
                str(text.ref),
                decrypt(contact.address),
                contact.ours,
                text.body,
                sent_before,
            )
    return None


def may_still_be_sent(claimed: Claimed) -> bool:
    """Asked right before the request to the provider; if the patient has said STOP, the text ends
    here."""
    with transaction.atomic():
        text = OutboundText.objects.select_for_update().get(pk=claimed.pk)
        if text.state != TextState.SENDING:
            return False
        if consent.may_be_sent(text):
            return True
        text.state, text.lease_until = TextState.SUPPRESSED, None
        text.save(update_fields=["state", "lease_until"])
        return False


def sent(claimed: Claimed, provider_id: str) -> None:
    """The provider has taken the text."""
    OutboundText.objects.filter(pk=claimed.pk, state=TextState.SENDING).update(
        state=TextState.SENT,
        provider_id=provider_id,
        sent_at=timezone.now(),
        lease_until=None,
        error="",
    )


def try_again(claimed: Claimed, code: str) -> None:
    """The provider surely has not taken the text; it is tried again later, or given up in the
    end."""
    with transaction.atomic():
        text = OutboundText.objects.select_for_update().get(pk=claimed.pk)
        if text.attempts >= MOST_ATTEMPTS:
            _give_up(text, code)
            return
        pause = min(FIRST_BACK_OFF * 2 ** (text.attempts - 1), LONGEST_BACK_OFF)
        text.state, text.lease_until, text.error = TextState.QUEUED, None, code
        text.next_attempt_at = timezone.now() + pause
        text.save(update_fields=["state", "lease_until", "error", "next_attempt_at"])


def unclear(claimed: Claimed, code: str) -> None:
    """Nobody knows whether the provider has the text: it is looked for there before it is sent
    again."""
    OutboundText.objects.filter(pk=claimed.pk, state=TextState.SENDING).update(
        lease_until=timezone.now() + FIRST_BACK_OFF, error=code
    )


def refused(claimed: Claimed, code: str) -> None:
    """The provider will never send this text."""
    with transaction.atomic():
        _give_up(OutboundText.objects.select_for_update().get(pk=claimed.pk), code)


def report(ref: uuid.UUID, provider_id: str, state: TextState, code: str) -> bool:
    """Act on a status report, which may come early, late, twice or in any order; False if
    unknown."""
    with transaction.atomic():
        text = OutboundText.objects.select_for_update().filter(ref=ref).first()
        if text is None or (text.provider_id and text.provider_id != provider_id):
            return False
        if state == TextState.FAILED:
            if text.state not in {TextState.FAILED, TextState.DELIVERED}:
                _give_up(text, code, provider_id)
        elif PROGRESS[state] > PROGRESS.get(TextState(text.state), 9):
            text.state, text.provider_id, text.lease_until = state, provider_id, None
            text.sent_at = text.sent_at or timezone.now()
            text.save(update_fields=["state", "provider_id", "lease_until", "sent_at"])
        return True


def _give_up(text: OutboundText, code: str, provider_id: str = "") -> None:
    text.state, text.lease_until, text.error = TextState.FAILED, None, code
    text.provider_id = provider_id or text.provider_id
    text.save(update_fields=["state", "lease_until", "error", "provider_id"])
    contact = Contact.objects.select_for_update().get(pk=text.contact_id)
    if code == OPTED_OUT and not contact.stopped:
        consent.record(contact, Consent.STOP, ConsentSource.PROVIDER, code)
    else:
        store.alert(contact.conversation_id, AttentionReason.FAILED)
