"""The ledger of consent: who asked for no more texts, or for texts again, when and in which words.

47 CFR 64.1200(a)(10) lets a patient revoke consent by any reasonable means; the clinic has to be
able to show what was asked and that it was honoured. Each entry is sealed with the seal of the one
before it, and the ledger with its length, so that an entry that was changed, removed or put in
between shows. Whoever can restore an older copy of the whole database can hide the newest entries;
the length that `verify_consent` prints, kept elsewhere, shows that too.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from sms.models import (
    Consent,
    ConsentEntry,
    ConsentSource,
    Contact,
    LedgerHead,
    OutboundText,
    TextState,
)
from sms.numbers import decrypt, encrypt, seal

BEGINNING = ""
HEAD = 1


@transaction.atomic
def record(contact: Contact, consent: Consent, source: ConsentSource, words: str) -> None:
    """Add an entry and act on it; `contact` is locked by the caller's transaction.

    After STOP nothing that waits for the contact is sent any more.
    """
    LedgerHead.objects.get_or_create(pk=HEAD)
    # All writers wait for each other here, so that the chain has no forks.
    head = LedgerHead.objects.select_for_update().get(pk=HEAD)
    last = ConsentEntry.objects.order_by("-pk").first()
    entry = ConsentEntry(
        contact=contact, at=timezone.now(), consent=consent, source=source, words=encrypt(words)
    )
    entry.seal = _seal(entry, last.seal if last else BEGINNING)
    entry.save()
    head.entries += 1
    head.seal = head_seal(head.entries, entry.seal)
    head.save()
    contact.stopped = consent == Consent.STOP
    contact.save(update_fields=["stopped"])
    if contact.stopped:
        waiting = contact.texts.filter(state=TextState.QUEUED, ends_consent=False)
        waiting.update(state=TextState.SUPPRESSED)


def broken() -> Iterator[int]:
    """The ids of entries whose seal does not fit: changed, or with one missing before them."""
    before = BEGINNING
    for entry in ConsentEntry.objects.order_by("pk").iterator():
        if entry.seal != _seal(entry, before):
            yield entry.pk
        before = entry.seal


def is_complete() -> bool:
    """Whether the ledger ends where its head says."""
    entries, last = ConsentEntry.objects.count(), ConsentEntry.objects.order_by("-pk").first()
    head = LedgerHead.objects.filter(pk=HEAD).first()
    if head is None or last is None:
        return entries == 0 and (head is None or head.entries == 0)
    return (head.entries, head.seal) == (entries, head_seal(entries, last.seal))


def may_be_sent(text: OutboundText) -> bool:
    """Whether the patient's last word still allows this text."""
    return (
        text.ends_consent or not Contact.objects.filter(pk=text.contact_id, stopped=True).exists()
    )


def head_seal(entries: int, last: str) -> str:
    return seal(f"head\n{entries}\n{last}")


def _seal(entry: ConsentEntry, before: str) -> str:
    facts = [str(entry.contact_id), entry.at.isoformat(), entry.consent, entry.source]
    return seal("\n".join([before, *facts, decrypt(entry.words)]))
