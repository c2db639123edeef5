from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.models import Author, Channel, Conversation, Message
from staff.models import Action, AuditEntry
from tests.staff.cast import Person, conversation, talk

SEARCH = reverse("staff:search")
HTMX = {"HX-Request": "true"}


def found(person: Person, words: str, query: str = "") -> list[Conversation]:
    response = person.client.post(SEARCH + query, {"words": words})
    assert response.status_code == 200
    return [row.conversation for row in response.context["rows"]]


def test_it_finds_what_patients_and_the_assistant_wrote(alice: Person) -> None:
    asked = talk(conversation(), "do you treat migraine?")
    answered = talk(conversation(), "hi", reply="Migraine is one of them.")
    talk(conversation(), "where are you?")
    assert found(alice, "MIGRAINE") == [answered, asked]


def test_it_searches_among_what_the_filters_leave(alice: Person) -> None:
    talk(conversation(), "migraine")
    texted = talk(conversation(channel=Channel.SMS), "migraine")
    assert found(alice, "migraine", "?channel=sms") == [texted]


def test_the_words_are_in_no_address(alice: Person) -> None:
    talk(conversation(), "quetzal")
    page = alice.client.post(SEARCH, {"words": "quetzal"}).content.decode()
    assert page.count("quetzal") == 1  # in the field, to be changed


def test_the_words_do_not_come_from_the_address(alice: Person) -> None:
    assert alice.client.get(SEARCH, {"words": "migraine"}).status_code == 405


def test_a_fragment_answers_htmx(alice: Person) -> None:
    talk(conversation(), "migraine")
    response = alice.client.post(SEARCH, {"words": "migraine"}, headers=HTMX)
    assert response.content.decode().startswith('<section id="found"')
    assert "HX-Push-Url" not in response


def test_it_is_recorded_without_the_words(alice: Person) -> None:
    found(alice, "quetzal")
    entry = AuditEntry.objects.get(action=Action.SEARCHED)
    assert entry.actor == alice.user
    assert "quetzal" not in str(vars(entry))


def test_older_results_follow_without_the_words_in_an_address(alice: Person) -> None:
    now = timezone.now()
    many = Conversation.objects.bulk_create(
        Conversation(last_activity=now - timedelta(minutes=number)) for number in range(60)
    )
    Message.objects.bulk_create(
        Message(conversation=held, number=1, author=Author.PATIENT, text="migraine")
        for held in many
    )
    older = alice.client.post(SEARCH, {"words": "migraine"}).context["older"]
    response = alice.client.post(SEARCH, {"words": "migraine", "before": older})
    assert [row.conversation for row in response.context["rows"]] == many[50:]


@pytest.mark.parametrize("words", ["", "   ", "x" * 201, "a\0b"])
def test_words_that_cannot_be_searched_are_refused_with_a_reason(alice: Person, words: str) -> None:
    talk(conversation(), "migraine")
    response = alice.client.post(SEARCH, {"words": words})
    assert response.context["rows"] == []
    assert response.context["search"].errors


def test_markup_is_shown_as_it_was_typed(alice: Person) -> None:
    page = alice.client.post(SEARCH, {"words": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in page


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.text(max_size=250),
        st.sampled_from(
            [
                '"',
                "a* OR b*",
                "NEAR(a b)",
                "text:a",
                "a AND",
                "-a",
                "^a",
                "(",
                "'; DROP TABLE x",
                "%_",
            ]
        ),
    )
)
def test_no_words_break_the_search(alice: Person, words: str) -> None:
    assert alice.client.post(SEARCH, {"words": words}).status_code == 200
