"""What a patient texts: signed, stored once, answered behind the webhook, in order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from django.db.models.signals import pre_save
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.models import AttentionReason, Author, Conversation, Message, Turn
from chat.wording import knowledge
from sms.models import ConsentEntry, Contact, OutboundText, TextState
from sms.segments import measure
from tests.conftest import DeskProcess, eventually
from tests.engine import FakeEngine, echo, result
from tests.sms.phone import FakeProvider, Phone, deliver

HEARD = "no more texts"


def answered(count: int) -> None:
    eventually(lambda: Turn.objects.filter(state="answered").count() == count)


def patient_texts() -> list[str]:
    return list(Message.objects.filter(author=Author.PATIENT).values_list("text", flat=True))


@contextmanager
def database_away() -> Iterator[None]:
    """Nothing can be stored, as when the database's disk is full."""

    def fail(**_: object) -> None:
        raise OperationalError("disk full")

    pre_save.connect(fail, sender=Conversation)
    try:
        yield
    finally:
        pre_save.disconnect(fail, sender=Conversation)


class TestSignature:
    def test_a_text_that_the_provider_did_not_sign_is_refused_and_stored_nowhere(
        self, phone: Phone
    ) -> None:
        assert phone.text("Hello", token="guessed").status_code == 403
        assert not Message.objects.exists()
        assert not Contact.objects.exists()

    def test_the_old_token_still_signs_while_it_is_replaced(
        self, phone: Phone, engine: FakeEngine
    ) -> None:
        assert phone.text("Hello", token="the-old-token").status_code == 200

    def test_another_provider_has_no_webhook_here(self, phone: Phone, client: Client) -> None:
        assert client.post("/sms/telnyx/inbound", {}).status_code == 404


class TestReceiving:
    def test_a_text_is_answered_by_text(
        self, phone: Phone, engine: FakeEngine, provider: FakeProvider
    ) -> None:
        response = phone.text("What is NMT?")
        assert (response.status_code, response.headers["Content-Type"]) == (200, "text/xml")
        assert response.content.endswith(b"<Response></Response>")
        answered(1)
        deliver()
        assert provider.texts[-1]["To"] == phone.number
        assert "What is NMT?" in provider.bodies()[-1]

    def test_the_same_text_reported_twice_is_one_text(
        self, phone: Phone, engine: FakeEngine
    ) -> None:
        for _ in range(3):
            phone.text("Hello", sid="SM1")
        answered(1)
        assert patient_texts() == ["Hello"]
        assert len(engine.runs) == 1

    def test_texts_are_answered_in_their_order(self, phone: Phone, engine: FakeEngine) -> None:
        for place in range(5):
            phone.text(f"Question {place}")
        answered(5)
        assert [run["text"] for run in engine.runs] == [f"Question {n}" for n in range(5)]

    @pytest.mark.parametrize("body", ["", " \n ", "\u200b"])
    def test_a_picture_without_words_is_noted_and_explained(
        self, phone: Phone, provider: FakeProvider, body: str
    ) -> None:
        phone.text(body, NumMedia="1", MediaUrl0="https://provider.example/1")
        deliver()
        assert "only read words" in provider.bodies()[-1]
        assert len(patient_texts()) == 1

    @pytest.mark.parametrize(
        "body", ["x" * 1600, "¡Hola! ¿Abren hoy?", "🤕" * 500, "/restart", "a\0b", "<b>&amp;"]
    )
    def test_an_odd_text_reaches_the_assistant_as_text(
        self, phone: Phone, engine: FakeEngine, body: str
    ) -> None:
        phone.text(body)
        answered(1)
        assert engine.runs[0]["text"] == body.replace("\0", "")

    def test_an_address_of_another_app_is_answered_there(
        self, phone: Phone, engine: FakeEngine, provider: FakeProvider
    ) -> None:
        phone.number = "whatsapp:+13105550123"
        phone.text("Hello")
        answered(1)
        deliver()
        assert {text["To"] for text in provider.texts} == {"whatsapp:+13105550123"}

    def test_a_report_without_a_sender_is_refused(self, phone: Phone) -> None:
        assert phone.text("Hello", From="").status_code == 400

    @given(body=st.text(max_size=400))
    @settings(
        max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    def test_any_text_is_taken_and_stored_once(self, phone: Phone, body: str) -> None:
        before = Message.objects.filter(author=Author.PATIENT).count()
        assert phone.text(body.encode("utf-8", "replace").decode()).status_code == 200
        assert Message.objects.filter(author=Author.PATIENT).count() == before + 1

    def test_the_number_stands_nowhere_in_the_open(
        self, phone: Phone, engine: FakeEngine, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            phone.text("Hello")
            answered(1)
        contact = Contact.objects.get()
        assert "5550123" not in contact.address + contact.fingerprint + caplog.text


class TestFirstNotice:
    def test_the_first_answer_says_who_texts_and_how_to_stop_it(
        self, phone: Phone, engine: FakeEngine, provider: FakeProvider
    ) -> None:
        phone.text("Hello")
        answered(1)
        phone.text("And again")
        answered(2)
        deliver()
        [first, *rest] = provider.bodies()
        assert all(part in first for part in ("automated", "STOP", "HELP", "911"))
        assert not any("automated assistant" in body for body in rest)

    def test_it_stands_behind_a_warning(
        self, phone: Phone, engine: FakeEngine, provider: FakeProvider
    ) -> None:
        engine.behave = lambda _: (
            200,
            result("Call 911 now.", decision="safety", tier="emergency"),
        )
        phone.text("I cannot feel my arm")
        answered(1)
        deliver()
        assert provider.bodies()[0] == "Call 911 now."


class TestConsent:
    @pytest.mark.parametrize(
        "words", ["STOP", "opt out", "please don't text me anymore", "wrong number"]
    )
    def test_a_revocation_is_confirmed_once_and_then_there_is_silence(
        self, phone: Phone, engine: FakeEngine, provider: FakeProvider, words: str
    ) -> None:
        phone.text("Hello")
        answered(1)
        deliver()
        provider.texts.clear()
        for body in (words, words, "Hello?", "HELP"):
            phone.text(body)
        deliver()
        assert [HEARD in body for body in provider.bodies()] == [True]
        assert len(engine.runs) == 1

    def test_what_waits_when_stop_comes_is_not_sent(
        self, phone: Phone, engine: FakeEngine, provider: FakeProvider
    ) -> None:
        phone.text("Hello")
        answered(1)
        phone.text("STOP")
        deliver()
        assert [HEARD in body for body in provider.bodies()] == [True]

    def test_a_turn_that_ends_after_stop_is_not_sent(
        self, phone: Phone, engine: FakeEngine, provider: FakeProvider
    ) -> None:
        engine.stop()
        phone.text("Hello")
        phone.text("STOP")
        eventually(lambda: Message.objects.filter(kind="safe").exists())
        deliver()
        assert [HEARD in body for body in provider.bodies()] == [True]
        engine.start()

    def test_stop_between_claim_and_request_is_honoured(
        self, phone: Phone, engine: FakeEngine, provider: FakeProvider
    ) -> None:
        from sms import outbox

        phone.text("Hello")
        answered(1)
        claimed = outbox.claim()
        assert claimed is not None
        phone.text("STOP")
        assert not outbox.may_still_be_sent(claimed)

    def test_start_brings_texts_back(
        self, phone: Phone, engine: FakeEngine, provider: FakeProvider
    ) -> None:
        for body in ("STOP", "START", "Hello"):
            phone.text(body)
        answered(1)
        deliver()
        assert "Hello" in provider.bodies()[-1]

    def test_what_the_provider_has_answered_itself_is_recorded_in_silence(
        self, phone: Phone, provider: FakeProvider
    ) -> None:
        phone.text("ALTO", OptOutType="STOP")
        deliver()
        assert provider.texts == []
        assert Contact.objects.get().stopped

    @pytest.mark.parametrize(
        "words", ["stop my topiramate?", "end of the day works", "cancel my appointment"]
    )
    def test_a_question_with_such_words_goes_to_the_assistant(
        self, phone: Phone, engine: FakeEngine, words: str
    ) -> None:
        phone.text(words)
        answered(1)
        assert not ConsentEntry.objects.exists()

    def test_staff_hear_of_a_warning_from_somebody_who_wants_no_texts(
        self, phone: Phone, engine: FakeEngine
    ) -> None:
        phone.text("STOP")
        phone.text("i want to kill myself")
        assert Conversation.objects.get().attention_reason == AttentionReason.CRISIS

    def test_the_ledger_is_whole_until_somebody_changes_it(
        self, phone: Phone, engine: FakeEngine, transactional_db: None
    ) -> None:
        for body in ("STOP", "START", "please stop texting me"):
            phone.text(body)
        call_command("verify_consent")
        ConsentEntry.objects.filter(consent="start").update(consent="stop")
        with pytest.raises(CommandError):
            call_command("verify_consent")

    def test_a_removed_entry_shows(self, phone: Phone) -> None:
        for body in ("STOP", "START", "STOP"):
            phone.text(body)
        ConsentEntry.objects.filter(consent="start").delete()
        with pytest.raises(CommandError):
            call_command("verify_consent")


class TestWhenPartsAreDown:
    def test_a_warning_comes_within_moments_without_the_engine(
        self, phone: Phone, engine: FakeEngine, provider: FakeProvider
    ) -> None:
        engine.stop()
        phone.text("worst headache of my life, came like a thunderclap")
        eventually(lambda: OutboundText.objects.exists(), seconds=5)
        deliver()
        assert "911" in provider.bodies()[0]
        engine.start()

    def test_a_warning_goes_back_in_the_webhook_when_the_database_is_away(
        self, direct: Phone
    ) -> None:
        with database_away():
            response = direct.text("worst headache of my life, came like a thunderclap")
        body = response.content.decode()
        assert response.status_code == 200
        assert "911" in body
        assert measure(body.partition("<Message>")[2].partition("</Message>")[0]).segments == 1

    def test_other_words_are_asked_for_again(self, direct: Phone) -> None:
        with database_away():
            response = direct.text("do heels cause headaches")
        assert knowledge().clinic.phone_display in response.content.decode()

    def test_stop_is_reported_again_when_it_could_not_be_stored(self, direct: Phone) -> None:
        with database_away():
            assert direct.text("STOP").status_code == 503
        direct.text("STOP")
        assert Contact.objects.get().stopped

    def test_a_desk_that_dies_after_taking_a_text_leaves_it_to_the_worker(
        self, engine: FakeEngine, provider: FakeProvider, start: Callable[..., Any]
    ) -> None:
        go = threading.Event()
        engine.behave = lambda message: (go.wait(60), echo(message))[1]
        dying: DeskProcess = start("desk")
        assert Phone(dying.base).text("Hello").status_code == 200
        engine.reached.acquire()
        dying.kill()
        go.set()
        start("worker")
        eventually(lambda: ["Hello" in body for body in provider.bodies()].count(True))
        eventually(lambda: not OutboundText.objects.filter(state=TextState.QUEUED).exists())
        assert ["Hello" in body for body in provider.bodies()].count(True) == 1


class TestButtons:
    def test_they_are_numbers_to_answer_with(
        self, phone: Phone, engine: FakeEngine, provider: FakeProvider
    ) -> None:
        buttons = [{"title": title, "payload": "p"} for title in ("Shoes", "Posture", "A person")]
        reply = {"text": "Which one?", "buttons": buttons, "source": None, "topic": None}
        engine.behave = lambda _: (200, result(replies=[reply], decision="clarify"))
        phone.text("headache question")
        answered(1)
        deliver()
        assert "Reply 1, 2 or 3:\n1 Shoes\n2 Posture\n3 A person" in provider.bodies()[-1]


def test_every_text_of_the_desk_fits_two_segments() -> None:
    from sms import wording

    for text in (
        wording.first_notice(), wording.stopped(), wording.started(), wording.help_text(),
        wording.only_media(),
    ):  # fmt: skip
        size = measure(text)
        assert (size.encoding, size.segments <= 2) == ("GSM-7", True), text


def test_suppressed_texts_stay_on_record(phone: Phone, engine: FakeEngine) -> None:
    phone.text("Hello")
    answered(1)
    phone.text("STOP")
    assert OutboundText.objects.filter(state=TextState.SUPPRESSED).count() == 2
