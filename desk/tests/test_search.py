"""Staff find conversations by what was written in them."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chat import store
from chat.models import Conversation
from chat.search import search_conversations

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def migraine() -> Conversation:
    conversation = Conversation.objects.create()
    store.receive(conversation.pk, "a", text="Does Botox help with migraña or neck-pain?")
    return conversation


@pytest.fixture
def shoes() -> Conversation:
    conversation = Conversation.objects.create()
    store.receive(conversation.pk, "a", text="Can my shoes cause headaches?")
    return conversation


@pytest.mark.parametrize(
    "query",
    [
        "botox", "BOTOX", "bot", "botox help", "help botox", "migraña", "migrana", "MIGRAÑA",
        "neck-pain", "neck pain", "pain?", "botox mig",
    ],
)  # fmt: skip
def test_it_finds_words_and_beginnings(
    migraine: Conversation, shoes: Conversation, query: str
) -> None:
    assert list(search_conversations(query)) == [migraine]


@pytest.mark.parametrize("query", ["", "  ", "?!", "tox", "botox shoes", "bot help", "nothing"])
def test_it_finds_nothing_else(migraine: Conversation, shoes: Conversation, query: str) -> None:
    assert list(search_conversations(query)) == []


def test_a_conversation_is_found_once(migraine: Conversation) -> None:
    store.receive(migraine.pk, "b", text="Botox again")
    assert list(search_conversations("botox")) == [migraine]


def test_what_was_erased_is_not_found(migraine: Conversation) -> None:
    store.erase(migraine.pk)
    assert list(search_conversations("botox")) == []


def test_what_was_changed_is_found_as_it_is_now(migraine: Conversation) -> None:
    migraine.messages.update(text="Something about feet")
    assert list(search_conversations("botox")) == []
    assert list(search_conversations("feet")) == [migraine]


@given(st.text(st.characters(codec=None), max_size=200))
@example('"')
@example("a' OR 1=1 --")
@example("NEAR(a b) AND NOT text:*")
@example("a\0b")
@example("²₂ⅷ x_y __")
@example("word " * 100)
@example("w" * 5000)
@hypothesis_settings(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_no_query_is_an_error(query: str) -> None:
    list(search_conversations(query))


def test_it_uses_the_index(migraine: Conversation) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET enable_seqscan = off")
    plan = search_conversations("botox").explain()
    assert "chat_message_search" in plan or "VIRTUAL TABLE" in plan
