"""The ledger of consent: who asked for no more texts, or for texts again, when and in which words.

47 CFR 64.1200(a)(10) lets a patient revoke consent by any reasonable means; the clinic has to be
able to
show what was asked and that it was honoured. Each entry is sealed with the seal of the one before
it, so
that an entry that was changed, removed or put in between shows.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone

from sms.models import Consent, ConsentEntry, ConsentSource, Contact, OutboundText, TextState
from sms.numbers import decrypt, encrypt, seal

BEGINNING = ""


def record(contact: Contact, consent: Consent, source: ConsentSource, words: str) -> None:
    """Add an entry and act on it; `contact` is locked by the caller's transaction.

    After STOP nothing that waits for the contact is sent any more.
    """
    # All writers wait for each other here, so that the chain has no forks.
    last = ConsentEntry.objects.select_for_update().order_by("-pk").first()
    entry = ConsentEntry(
        contact=contact, at=timezone.now(), consent=consent, source=source, words=encrypt(words)
    )
    entry.seal = _seal(entry, last.seal if last else BEGINNING)
    entry.save()
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


def may_be_sent(text: OutboundText) -> bool:
    """Whether the patient's last word still allows this text."""
    return (
        text.ends_consent or not Contact.objects.filter(pk=text.contact_id, stopped=True).exists()
    )


def _seal(entry: ConsentEntry, before: str) -> str:
    words = decrypt(entry.words)
    return seal(
        "\n".join(
            [
                before,
                str(entry.contact_id),
                entry.at.isoformat(),
                entry.consent,
                entry.source,
                words,
            ]
        )
    )
