"""The audit table only grows."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from staff.models import Action, AppendOnlyError, AuditEntry
from tests.staff.cast import Person, conversation, talk


@pytest.fixture
def entry(alice: Person) -> AuditEntry:
    alice.client.get(reverse("staff:bookings"))
    return AuditEntry.objects.get(action=Action.BOOKINGS_LISTED)


def test_an_entry_cannot_be_changed(entry: AuditEntry) -> None:
    entry.action = Action.SEARCHED
    with pytest.raises(AppendOnlyError):
        entry.save()


def test_an_entry_cannot_be_deleted(entry: AuditEntry) -> None:
    with pytest.raises(AppendOnlyError):
        entry.delete()


@pytest.mark.parametrize(
    "sql", ["DELETE FROM staff_auditentry", "UPDATE staff_auditentry SET action = 'x'"]
)
def test_the_database_itself_refuses(entry: AuditEntry, sql: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert AuditEntry.objects.filter(pk=entry.pk).exists()


def test_a_search_is_written_without_its_words(alice: Person) -> None:
    talk(conversation(), "Quetzal")
    alice.client.post(reverse("staff:search"), {"words": "Quetzal"})
    entry = AuditEntry.objects.get(action=Action.SEARCHED)
    assert "Quetzal" not in str(vars(entry))
