"""The outbox: texts wait here, in the transaction that wrote them, until the provider has them.

docs/decisions/0011-sms-delivery.md says what is guaranteed when a process dies in between.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from chat import store
from chat.models import AttentionReason, Author, Conversation, Kind, Message, Tier
from sms import consent, links, optout, segments, wording
from sms.models import (
    ClinicNumber,
    Consent,
    ConsentSource,
    Contact,
    OutboundText,
    TextState,
)
from sms.numbers import decrypt
from sms.outbound_check import without_details

# Longer than any request to the provider may last.
LEASE = timedelta(seconds=40)
# After a lost answer: the provider's list of texts needs a moment to show what it has taken.
SETTLES = timedelta(seconds=20)
FIRST_BACK_OFF = timedelta(seconds=2)
LONGEST_BACK_OFF = timedelta(minutes=10)
MOST_ATTEMPTS = 10
ON_ITS_WAY = (TextState.QUEUED, TextState.SENDING)
OPTED_OUT = "21610"
# Whoever asks about their own health has details to tell.
PERSONAL_TOPIC = "personal_medical_advice"


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
    contact = Contact.objects.filter(conversation=conversation).first()
    if contact is None or not ours:
        return
    state = TextState.SUPPRESSED if contact.stopped else TextState.QUEUED
    texts = [
        OutboundText(
            contact=contact,
            message=message,
            body=part,
            state=state,
            urgent=_warns(conversation, message),
        )
        for message in ours
        for part in segments.messages(as_text(message))
    ]
    if line := _how_to_end(ours):
        _add_line(contact, texts, line, state)
    personal = any(message.topic == PERSONAL_TOPIC for message in ours)
    if personal and not (contact.stopped or links.is_offered(contact)):
        texts.append(
            OutboundText(contact=contact, body=wording.web_link(links.offer(contact)), state=state)
        )
    if contact.told_at is None and not contact.stopped:
        notice = OutboundText(contact=contact, body=wording.first_notice(), state=state)
        # Words that say that nobody answers, or warn, come first.
        said_first = ours[0].kind in {Kind.SAFETY, Kind.SAFE}
        texts = [*texts, notice] if said_first else [notice, *texts]
        contact.told_at = timezone.now()
        contact.save(update_fields=["told_at"])
    OutboundText.objects.bulk_create(texts)


def _how_to_end(messages: Sequence[Message]) -> str:
    """How to end the texts, if `messages` answer what may have asked for that; else empty."""
    answered = next((m.in_reply_to for m in messages if m.in_reply_to is not None), None)
    # A note that the answer comes later is none.
    if answered is None or all(message.kind == Kind.SAFE for message in messages):
        return ""
    if not optout.read(answered.text).doubt:
        return ""
    return wording.how_to_end(spanish=optout.is_spanish(answered.text))


def _add_line(contact: Contact, texts: list[OutboundText], line: str, state: TextState) -> None:
    """Put `line` below the last text, or behind it if it does not fit or that is a warning."""
    whole = f"{texts[-1].body}\n\n{line}"
    if not texts[-1].urgent and segments.messages(whole) == [whole]:
        texts[-1].body = whole
    else:
        texts.append(OutboundText(contact=contact, body=line, state=state))


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
    if message.author == Author.ASSISTANT and message.kind == Kind.TEXT:
        text = without_details(text)
    titles = [button["title"] for button in message.buttons]
    if len(titles) == 1:
        text += f"\n\nReply 1 for: {titles[0]}"
    elif titles:
        choices = "\n".join(f"{place} {title}" for place, title in enumerate(titles, 1))
        numbers = ", ".join(str(place) for place in range(1, len(titles)))
        text += f"\n\nReply {numbers} or {len(titles)}:\n{choices}"
    return segments.simplify(text)


def claim() -> Claimed | None:
    """Take the text that is due first; never one while an earlier text of its contact is on its
    way, nor before the clinic's number may send again. A warning waits for neither."""
    now = timezone.now()
    for pk, contact_id in _due(now)[:20]:
        with transaction.atomic():
            contact = Contact.locked(pk=contact_id)
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
            if not (_take_turn(contact.ours, now) or text.urgent):
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


def _due(now: datetime) -> QuerySet[OutboundText, tuple[int, int]]:
    earlier = OutboundText.objects.filter(
        Q(urgent__gt=OuterRef("urgent")) | Q(urgent=OuterRef("urgent"), pk__lt=OuterRef("pk")),
        Q(not_before=None) | Q(not_before__lte=now),
        contact=OuterRef("contact"),
        state__in=ON_ITS_WAY,
    )
    busy = ClinicNumber.objects.filter(free_at__gt=now)
    return (
        OutboundText.objects.filter(state__in=ON_ITS_WAY)
        .filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=now))
        .filter(Q(not_before=None) | Q(not_before__lte=now))
        .filter(Q(state=TextState.QUEUED) | Q(lease_until__lte=now))
        .filter(Q(urgent=True) | ~Q(contact__ours__in=busy.values("address")))
        .exclude(Exists(earlier))
        .order_by("-urgent", F("next_attempt_at").asc(nulls_first=True), "pk")
        .values_list("pk", "contact_id")
    )


def _take_turn(address: str, now: datetime) -> bool:
    """Take the number's next sending slot; False when another worker has just taken it."""
    slot = timedelta(seconds=1 / settings.SMS_PER_SECOND)
    ClinicNumber.objects.get_or_create(address=address, defaults={"free_at": now})
    taken = ClinicNumber.objects.filter(address=address, free_at__lte=now)
    return taken.update(free_at=now + slot) == 1


def not_ours_yet(provider_ids: Sequence[str]) -> str:
    """The first of the provider's texts that no text of ours is known to be; "" if all are."""
    known = set(
        OutboundText.objects.filter(provider_id__in=provider_ids).values_list(
            "provider_id", flat=True
        )
    )
    return next((found for found in provider_ids if found not in known), "")


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
        contact, text = _locked(pk=claimed.pk)
        if text.state != TextState.SENDING:
            return
        if text.attempts >= MOST_ATTEMPTS:
            _give_up(contact, text, code)
            return
        text.lease_until, text.error = None, code
        if contact.stopped and not text.ends_consent:
            text.state = TextState.SUPPRESSED
        else:
            text.state = TextState.QUEUED
            text.next_attempt_at = timezone.now() + _pause(text)
        text.save(update_fields=["state", "lease_until", "error", "next_attempt_at"])


def unclear(claimed: Claimed, code: str) -> None:
    """Nobody knows whether the provider has the text: it is looked for there before it is sent
    again. A warning is looked for at once: better twice than late."""
    with transaction.atomic():
        contact, text = _locked(pk=claimed.pk)
        if text.state != TextState.SENDING:
            return
        if text.attempts >= MOST_ATTEMPTS:
            _give_up(contact, text, code)
            return
        pause = _pause(text) if text.urgent else max(_pause(text), SETTLES)
        text.lease_until, text.error = timezone.now() + pause, code
        text.save(update_fields=["lease_until", "error"])


def refused(claimed: Claimed, code: str) -> None:
    """The provider will never send this text."""
    with transaction.atomic():
        _give_up(*_locked(pk=claimed.pk), code)


def report(ref: uuid.UUID, provider_id: str, state: TextState, code: str) -> bool:
    """Act on a status report, which may come early, late, twice or in any order; False if
    unknown."""
    with transaction.atomic():
        try:
            contact, text = _locked(ref=ref)
        except OutboundText.DoesNotExist:
            return False
        if text.provider_id and text.provider_id != provider_id:
            return False
        if state == TextState.FAILED:
            if text.state not in {TextState.FAILED, TextState.DELIVERED}:
                _give_up(contact, text, code, provider_id)
        elif text.state in ON_ITS_WAY or state == TextState.DELIVERED:
            # Whatever the provider does with a text, it has taken it: nobody sends it again.
            delivered = state == TextState.DELIVERED
            text.state = TextState.DELIVERED if delivered else TextState.SENT
            text.provider_id, text.lease_until, text.error = provider_id, None, ""
            text.sent_at = text.sent_at or timezone.now()
            text.save(update_fields=["state", "provider_id", "lease_until", "error", "sent_at"])
        return True


def _locked(**look_up: Any) -> tuple[Contact, OutboundText]:
    """A text and its contact, both locked. Raises OutboundText.DoesNotExist."""
    text = OutboundText.objects.get(**look_up)
    contact = Contact.locked(pk=text.contact_id)
    return contact, OutboundText.objects.select_for_update().get(pk=text.pk)


def _pause(text: OutboundText) -> timedelta:
    doublings: int = 2 ** (text.attempts - 1)
    return min(FIRST_BACK_OFF * doublings, LONGEST_BACK_OFF)


def _warns(conversation: Conversation, message: Message) -> bool:
    """Whether a message is a warning, of the engine or, while that is away, of the desk."""
    alone = message.kind == Kind.SAFE and conversation.tier != Tier.NONE
    return alone or message.kind == Kind.SAFETY


def _give_up(contact: Contact, text: OutboundText, code: str, provider_id: str = "") -> None:
    text.state, text.lease_until, text.error = TextState.FAILED, None, code
    text.provider_id = provider_id or text.provider_id
    text.save(update_fields=["state", "lease_until", "error", "provider_id"])
    if code != OPTED_OUT:
        store.alert(contact.conversation_id, AttentionReason.FAILED)
    elif not contact.stopped:
        consent.record(contact, Consent.STOP, ConsentSource.PROVIDER, code)
