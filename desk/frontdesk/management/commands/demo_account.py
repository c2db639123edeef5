from __future__ import annotations

import os
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

USERNAME = "demo"


class Command(BaseCommand):
    help = "Create the staff user of the demonstration; its password goes to var/demo-account.txt."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo account is not for production; use createsuperuser.")
        path = settings.VAR / "demo-account.txt"
        user = User.objects.filter(username=USERNAME).first()
        if path.exists() and user is not None:
            return
        password = secrets.token_urlsafe(12)
        if user is None:
            user = User(username=USERNAME, is_staff=True, is_superuser=True)
        user.set_password(password)
        user.save()
        path.unlink(missing_ok=True)
        # Readable by its owner from the first moment.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"username: {USERNAME}\npassword: {password}\n")
        self.stdout.write(f"The demo account is in {path}.")
