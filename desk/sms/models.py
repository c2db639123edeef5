"""Who texts with the clinic, what they agreed to, and what is on its way to them."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from chat.models import Conversation, Message
from sms.numbers import decrypt, telephone


class Contact(models.Model):
    """Somebody who texted the clinic. Each has one conversation."""

    fingerprint = models.CharField(max_length=64, unique=True)
    address = models.TextField()
    """Encrypted: "+13105550123", or as the provider writes it, such as "whatsapp:+13105550123"."""
    ours = models.CharField(max_length=64)
    """The clinic's address that they wrote to last; answers come from it."""
    conversation = models.OneToOneField(
        Conversation, on_delete=models.PROTECT, related_name="contact"
    )
    stopped = models.BooleanField(default=False)
    """They asked for no more texts; the ledger says when and how."""
    told_at = models.DateTimeField(null=True, blank=True)
    """When they were told who texts, that it is automated, and how to stop it."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        permissions = (("view_number", "Can see patients' phone numbers"),)

    def __str__(self) -> str:
        return self.fingerprint[:12]

    @property
    def number(self) -> str:
        """Their telephone number as E.164; empty when they write from something else."""
        return telephone(decrypt(self.address))

    @classmethod
    def locked(cls, **look_up: Any) -> Contact:
        """The contact, locked until the transaction ends by the row of its conversation.

        That row is the only lock of whatever belongs to a contact and is always taken first;
        turns take it too, so that nobody waits for somebody who waits for them.

        Raises Contact.DoesNotExist.
        """
        while True:
            contact = cls.objects.get(**look_up)
            conversation = Conversation.objects.select_for_update().get(pk=contact.conversation_id)
            contact.refresh_from_db()
            # An erased conversation may have been replaced while we waited.
            if contact.conversation_id == conversation.pk:
                contact.conversation = conversation
                return contact


class Consent(models.TextChoices):
    STOP = "stop", "No more texts"
    START = "start", "Texts again"


class ConsentSource(models.TextChoices):
    TEXT = "text", "The patient's own text"
    PROVIDER = "provider", "The provider"


class ConsentEntry(models.Model):
    """One line of the ledger of consent. Entries are only ever added (see sms/consent.py)."""

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="consent")
    at = models.DateTimeField()
    consent = models.CharField(max_length=8, choices=Consent.choices)
    source = models.CharField(max_length=8, choices=ConsentSource.choices)
    words = models.TextField()
    """Encrypted: the words in which it was said."""
    seal = models.CharField(max_length=64, unique=True)
    """Keyed hash of this entry and the seal of the one before it."""

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.contact_id} {self.consent} {self.at:%Y-%m-%d %H:%M}"


class LedgerHead(models.Model):
    """Where the ledger ends, so that entries missing there show. One row, locked by writers."""

    entries = models.PositiveIntegerField(default=0)
    seal = models.CharField(max_length=64, default="", blank=True)
    """Keyed hash of the number of entries and the seal of the last one."""

    def __str__(self) -> str:
        return f"{self.entries} entries"


class TextState(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    SUPPRESSED = "suppressed", "Not sent: they asked for no more texts"


class OutboundText(models.Model):
    """A text for the provider to send: the outbox."""

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    """Our name for it, which the provider's status reports carry in their address."""
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="texts")
    message = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.CASCADE, related_name="texts"
    )
    """The message of the conversation that it is, or is a part of; null for the first notice."""
    body = models.TextField()
    ends_consent = models.BooleanField(default=False)
    """The one confirmation that may still be sent after STOP."""
    urgent = models.BooleanField(default=False)
    """A warning: it overtakes the contact's other texts and does not wait for the number's rate."""
    not_before = models.DateTimeField(null=True, blank=True)
    """Set for what staff start during quiet hours; the answers to a patient do not wait for it."""
    state = models.CharField(max_length=12, choices=TextState.choices, default=TextState.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=64, default="", blank=True)
    error = models.CharField(max_length=32, default="", blank=True)
    """The provider's code for what went wrong, never text."""
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        indexes = (
            models.Index(
                fields=["contact", "id"],
                condition=Q(state__in=["queued", "sending"]),
                name="text_on_its_way",
            ),
        )

    def __str__(self) -> str:
        return str(self.ref)


class ClinicNumber(models.Model):
    """One of the clinic's own addresses, and when it may send again; all workers share its rate."""

    address = models.CharField(max_length=64, unique=True)
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.address


class WebLink(models.Model):
    """A link by text that opens a web chat once."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    """Keyed hash of the secret in the link; the secret itself stands only in the text."""
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    conversation = models.ForeignKey(
        Conversation, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    """The web conversation that it opened."""

    def __str__(self) -> str:
        return self.digest[:12]
