"""Several processes at once: nobody waits for somebody who waits for them, and nothing is lost.

SQLite has one lock for all, so that these bite on PostgreSQL (DATABASE_URL) only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connections

from chat import store
from chat.models import Author, Conversation, Message
from sms import consent
from sms.inbound import InboundText, receive
from sms.models import ConsentEntry, Contact
from tests.sms.phone import CLINIC

NUMBER = "+13105550123"


def text(body: str, sid: str, number: str = NUMBER) -> None:
    receive(InboundText(sid, number, CLINIC, body))


def at_once(*works: Callable[[], object]) -> None:
    """Run all of them in threads of their own; raises what any of them raised."""
    errors: list[BaseException] = []
    together = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        together.wait()
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


def test_a_patient_may_text_while_they_are_answered(transactional_db: None) -> None:
    text("HELP", "SM-first")
    conversation = Contact.objects.get().conversation_id

    def texts() -> None:
        for place in range(60):
            text("hi", f"SM{place}")

    def answers() -> None:
        for _ in range(60):
            store.say(conversation, "an answer")

    at_once(texts, answers)
    assert Message.objects.filter(author=Author.PATIENT).count() == 61


def test_the_first_two_texts_of_somebody_may_come_at_once(transactional_db: None) -> None:
    for place in range(10):
        number = f"+1310555{place:04d}"
        at_once(
            lambda n=number, p=place: text("hi", f"A{p}", n),  # type: ignore[misc]
            lambda n=number, p=place: text("hi", f"B{p}", n),  # type: ignore[misc]
        )
    assert Conversation.objects.count() == Contact.objects.count() == 10
    assert Message.objects.filter(author=Author.PATIENT).count() == 20


def test_the_ledger_has_no_forks_when_many_revoke_at_once(transactional_db: None) -> None:
    def revokes(person: int) -> Callable[[], None]:
        def run() -> None:
            for place in range(12):
                words = "START" if place % 2 else "STOP"
                text(words, f"{person}-{place}", f"+1310555{person:04d}")

        return run

    at_once(*(revokes(person) for person in range(4)))
    assert ConsentEntry.objects.count() == 48
    assert (list(consent.broken()), consent.is_complete()) == ([], True)
