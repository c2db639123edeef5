"""Taking in what patients text: once each, and decided before anything else reads it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from chat import store
from chat.models import AttentionReason, Channel, Conversation, Message
from chat.safety import warning_in
from chat.texts import MAX_CHARACTERS, check_text
from sms import consent, outbox, wording
from sms.models import Consent, ConsentSource, Contact
from sms.numbers import encrypt, fingerprint
from sms.optout import Decision, decide


@dataclass(frozen=True)
class InboundText:
    """A text as a provider reports it.

    Attributes:
        provider_id: the provider's id, the same in each report of the same text.
        sender: the patient's address.
        ours: the clinic's address that it was sent to.
        text: the words; empty when there are only pictures, files or a place.
        decided: what the provider's own opt-out made of it and has answered, if anything.
    """

    provider_id: str
    sender: str
    ours: str
    text: str
    decided: Decision | None = None


def receive(inbound: InboundText) -> Message | None:
    """Store a text and act on STOP, START and HELP; the message, if the assistant has to answer it.

    The same text again changes nothing and gives the same result. When this returns, everything is
    stored.
    """
    text = _readable(inbound.text)
    with transaction.atomic():
        contact = _contact(inbound)
        known = store.find(contact.conversation_id, inbound.provider_id)
        if known is not None:
            return known if store.has_turn(known) else None
        decision = inbound.decided or decide(text)
        if decision == "none" and text and not contact.stopped:
            return store.receive(contact.conversation_id, inbound.provider_id, text=text)
        store.note(contact.conversation_id, inbound.provider_id, text or wording.NO_WORDS)
        _decided(contact, decision, inbound)
        if contact.stopped and decision == "none":
            _tell_staff(contact, text)
        elif decision == "none":
            outbox.say(contact, wording.only_media())
    return None


def _decided(contact: Contact, decision: Decision, inbound: InboundText) -> None:
    silent = inbound.decided is not None  # the provider has said it already
    source = ConsentSource.PROVIDER if silent else ConsentSource.TEXT
    if decision == "stop":
        told = contact.stopped
        consent.record(contact, Consent.STOP, source, inbound.text)
        if not (silent or told):
            outbox.say(contact, wording.stopped(), ends_consent=True)
    elif decision == "start":
        consent.record(contact, Consent.START, source, inbound.text)
        if not silent:
            outbox.say(contact, wording.started())
    elif decision == "help" and not silent:
        outbox.say(contact, wording.help_text())


def _tell_staff(contact: Contact, text: str) -> None:
    """Nobody answers who asked for no more texts; a warning in what they write reaches staff."""
    warning = warning_in(text, Channel.SMS)
    if warning is not None:
        store.alert(contact.conversation_id, AttentionReason(warning.tier))


def _contact(inbound: InboundText) -> Contact:
    """The locked contact; a new one with a conversation of its own."""
    print_ = fingerprint(inbound.sender)
    if not Contact.objects.filter(fingerprint=print_).exists():
        # Their first two texts may come at once: whoever is second finds what the first has made.
        with contextlib.suppress(IntegrityError), transaction.atomic():
            Contact.objects.create(
                fingerprint=print_,
                address=encrypt(inbound.sender),
                ours=inbound.ours,
                conversation=Conversation.objects.create(channel=Channel.SMS),
            )
    contact = Contact.locked(fingerprint=print_)
    if contact.conversation.erased_at is not None:
        contact.conversation = Conversation.objects.create(channel=Channel.SMS)
    contact.ours = inbound.ours
    contact.save(update_fields=["conversation", "ours"])
    return contact


def _readable(text: str) -> str:
    """`text` as it can be stored; empty when nothing of it shows."""
    text = "".join(c for c in text if c != "\0" and not "\ud800" <= c <= "\udfff")[:MAX_CHARACTERS]
    try:
        return check_text(text)
    except ValueError:
        return ""
