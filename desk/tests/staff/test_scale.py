"""Pages cost the same with many conversations as with few."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chat.models import Conversation
from tests.staff.cast import Person

MANY = 10_000
LIST = reverse("staff:conversations")


def queries(person: Person) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert person.client.get(LIST).status_code == 200
    return len(captured)


def fill(count: int) -> None:
    now = timezone.now()
    Conversation.objects.bulk_create(
        [Conversation(last_activity=now - timedelta(seconds=n)) for n in range(count)]
    )


def test_the_list_takes_as_many_queries_with_ten_thousand_conversations(alice: Person) -> None:
    fill(100)
    few = queries(alice)
    fill(MANY)
    assert queries(alice) == few


def test_turning_the_pages_visits_each_conversation_once(alice: Person) -> None:
    fill(180)
    seen: list[object] = []
    before = ""
    while True:
        context = alice.client.get(LIST, {"before": before}).context
        seen += [row.conversation.pk for row in context["rows"]]
        if not context["older"]:
            break
        before = context["older"]
    assert len(seen) == 180
    assert len(set(seen)) == 180
