from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client

from tests.staff.cast import PASSWORD, Person

PERMISSIONS = (
    "view_conversation",
    "change_conversation",
    "view_bookingrequest",
    "change_bookingrequest",
    "view_auditentry",
)


def _person(name: str, *, is_staff: bool, permissions: tuple[str, ...] = ()) -> Person:
    user = User.objects.create_user(name, password=PASSWORD, is_staff=is_staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return Person(user, client)


@pytest.fixture
def alice(db: None) -> Person:
    """Works at the clinic and may do everything."""
    return _person("alice", is_staff=True, permissions=PERMISSIONS)


@pytest.fixture
def bob(db: None) -> Person:
    """Works at the clinic and was given no permission yet."""
    return _person("bob", is_staff=True)


@pytest.fixture
def charlie(db: None) -> Person:
    """Has an account from elsewhere and must see nothing."""
    return _person("charlie", is_staff=False)


@pytest.fixture
def audit_is_emptied(transactional_db: None) -> Iterator[None]:
    """Tests that commit are cleaned up by deleting every row, which the audit table refuses."""
    yield
    if connection.vendor != "sqlite":
        return  # PostgreSQL truncates the tables
    with connection.cursor() as cursor:
        name = "staff_auditentry_no_delete"
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [name])
        [trigger] = cursor.fetchone()
        cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute("DELETE FROM staff_auditentry")
        cursor.execute(trigger)
