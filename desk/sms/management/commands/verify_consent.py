from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sms.consent import broken
from sms.models import ConsentEntry


class Command(BaseCommand):
    help = "Check that no entry of the ledger of consent was changed, removed or put in between."

    def handle(self, *args: Any, **options: Any) -> None:
        entries = list(broken())
        if entries:
            raise CommandError(f"The ledger does not fit at entries {entries}.")
        self.stdout.write(
            f"The ledger of consent is whole: {ConsentEntry.objects.count()} entries."
        )
