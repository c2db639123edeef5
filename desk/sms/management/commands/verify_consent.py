from __future__ import annotations

from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from sms.consent import broken, is_complete
from sms.models import ConsentEntry


class Command(BaseCommand):
    help = "Check that no entry of the ledger of consent was changed, removed or put in between."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            entries = list(broken())
        except InvalidToken:
            raise CommandError(
                "The words of an entry were changed, or the key is not its own."
            ) from None
        if entries:
            raise CommandError(f"The ledger does not fit at entries {entries}.")
        if not is_complete():
            raise CommandError("Entries are missing at the end of the ledger.")
        self.stdout.write(
            f"The ledger of consent is whole: {ConsentEntry.objects.count()} entries."
        )
