"""Who goes first, what is worth another attempt, and what a report settles."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from chat import store
from chat.models import AttentionReason, Author, Conversation, Message
from sms import outbox
from sms.inbound import receive
from sms.models import ClinicNumber, ConsentEntry, Contact, LedgerHead, OutboundText, TextState
from tests.conftest import eventually
from tests.sms.phone import CLINIC, FORM, FakeProvider, Phone, deliver
from tests.sms.test_outbox import later, new_contact, queue, states

THUNDERCLAP = "worst headache of my life, came like a thunderclap"


@pytest.fixture
def contact(transactional_db: None) -> Contact:
    return new_contact("+13105550123")


def warn(contact: Contact) -> str:
    """Have the desk warn the contact by itself, as it does while the engine is away."""
    message = store.receive(contact.conversation_id, "SM-warned", text=THUNDERCLAP)
    store.say_safe(message.pk)
    return Message.objects.get(in_reply_to=message).text


class TestWarnings:
    def test_one_that_the_desk_gives_by_itself_is_one_text_of_160_characters(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        warning = warn(contact)
        deliver()
        assert provider.bodies() == [warning]
        assert "911" in warning
        assert len(warning) <= 160

    def test_it_overtakes_what_backs_off_for_the_same_patient(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        provider.behave = lambda _: (429, {})
        queue(contact, "an answer")
        deliver()
        provider.behave = lambda _: None
        warning = warn(contact)
        deliver()
        assert provider.bodies() == [warning]

    def test_it_overtakes_what_waits_for_others_and_the_rate_of_the_number(
        self, contact: Contact, settings: Any
    ) -> None:
        settings.SMS_PER_SECOND = 0.001
        other = new_contact("+13105550199")
        queue(other, "one", "two")
        assert outbox.claim() is not None
        warning = warn(contact)
        claimed = outbox.claim()
        assert claimed is not None
        assert claimed.body == warning

    def test_its_lost_answer_is_looked_into_at_once(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        provider.behave = lambda _: (500, {})
        warn(contact)
        deliver()
        lease = OutboundText.objects.get(urgent=True).lease_until
        assert lease is not None
        assert lease - timezone.now() <= outbox.FIRST_BACK_OFF < outbox.SETTLES


class TestRate:
    def test_workers_share_the_rate_of_a_number(self, contact: Contact, settings: Any) -> None:
        settings.SMS_PER_SECOND = 0.001
        other = new_contact("+13105550199")
        queue(contact, "one")
        queue(other, "two")
        assert outbox.claim() is not None
        assert outbox.claim() is None
        ClinicNumber.objects.update(free_at=timezone.now())
        assert outbox.claim() is not None

    def test_another_number_of_the_clinic_has_a_rate_of_its_own(
        self, contact: Contact, settings: Any
    ) -> None:
        settings.SMS_PER_SECOND = 0.001
        other = new_contact("+13105550199")
        other.ours = "+13105550143"
        other.save()
        queue(contact, "one")
        queue(other, "two")
        assert {text.ours for text in (outbox.claim(), outbox.claim()) if text} == {
            CLINIC,
            "+13105550143",
        }


class TestAnotherAttempt:
    @pytest.mark.parametrize("status", [401, 403, 404, 429])
    def test_what_is_not_the_text_s_fault_is_tried_again(
        self, contact: Contact, provider: FakeProvider, status: int
    ) -> None:
        provider.behave = lambda _: (status, {"code": 20003})
        queue(contact, "one")
        deliver()
        provider.behave = lambda _: None
        later()
        deliver()
        assert provider.bodies() == ["one"]

    def test_errors_of_the_provider_without_end_are_given_up_and_staff_are_told(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        provider.behave = lambda _: (500, {})
        queue(contact, "one")
        for _ in range(outbox.MOST_ATTEMPTS):
            deliver()
            later()
        assert states() == [TextState.FAILED]
        assert Conversation.objects.get().attention_reason == AttentionReason.FAILED

    def test_the_pauses_between_errors_grow(self, contact: Contact, provider: FakeProvider) -> None:
        provider.behave = lambda _: (503, {})
        queue(contact, "one")
        pauses = []
        for _ in range(6):
            deliver()
            lease = OutboundText.objects.get().lease_until
            assert lease is not None
            pauses.append(round((lease - timezone.now()) / timedelta(seconds=1)))
            later()
        assert pauses == [20, 20, 20, 20, 32, 64]

    def test_an_older_text_with_the_same_words_is_not_taken_for_this_one(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        queue(contact, "yes")
        deliver()
        queue(contact, "yes")
        outbox.claim()  # and the worker dies before it asks
        later()
        deliver()
        assert provider.bodies() == ["yes", "yes"]

    def test_a_text_that_may_be_out_is_not_sent_after_stop(
        self, contact: Contact, direct: Phone, provider: FakeProvider
    ) -> None:
        queue(contact, "one")
        outbox.claim()  # and the worker dies before it asks
        direct.text("STOP")
        later()
        deliver()
        assert ["no more texts" in body for body in provider.bodies()] == [True]
        assert states()[0] == TextState.SUPPRESSED

    def test_stop_during_a_refused_request_leaves_nothing_to_try_again(
        self, contact: Contact, direct: Phone
    ) -> None:
        [text] = queue(contact, "one")
        claimed = outbox.claim()
        assert claimed is not None
        direct.text("STOP")
        outbox.try_again(claimed, "20429")
        text.refresh_from_db()
        assert text.state == TextState.SUPPRESSED


class TestReports:
    @pytest.mark.parametrize("status", ["accepted", "queued", "sending"])
    def test_any_word_of_the_provider_says_that_it_has_the_text(
        self, direct: Phone, contact: Contact, provider: FakeProvider, status: str
    ) -> None:
        queue(contact, "one", "two")
        claimed = outbox.claim()
        assert claimed is not None  # and the worker dies after the provider's yes
        direct.report(OutboundText.objects.get(pk=claimed.pk), status, sid="SM1")
        deliver()
        assert provider.bodies() == ["two"]
        assert set(states()) == {TextState.SENT}

    def test_delivered_is_believed_of_a_text_that_we_gave_up(
        self, direct: Phone, contact: Contact
    ) -> None:
        [text] = queue(contact, "one")
        OutboundText.objects.update(state=TextState.FAILED)
        direct.report(text, "delivered", sid="SM1")
        assert states() == [TextState.DELIVERED]


class TestTakingIn:
    def test_a_form_of_a_thousand_fields_is_refused(
        self, client: Any, transactional_db: None
    ) -> None:
        body = "&".join(f"a{place}=1" for place in range(1000))
        assert client.post("/sms/twilio/inbound", body, FORM).status_code == 403

    def test_a_text_to_an_erased_conversation_begins_a_new_one(
        self, direct: Phone, contact: Contact
    ) -> None:
        store.erase(contact.conversation_id)
        assert direct.text("Hello again").status_code == 200
        contact.refresh_from_db()
        assert contact.conversation.messages.filter(author=Author.PATIENT).count() == 1

    def test_a_warning_goes_back_in_the_webhook_when_storing_hangs(
        self, direct: Phone, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        settings.SMS_STORE_SECONDS = 0.05
        back = threading.Event()
        stored = threading.Event()

        def hang(inbound: Any) -> Any:
            back.wait(30)
            try:
                return receive(inbound)
            finally:
                stored.set()

        monkeypatch.setattr("sms.views.receive", hang)
        response = direct.text(THUNDERCLAP)
        back.set()
        assert b"911" in response.content
        assert stored.wait(30)
        eventually(lambda: Message.objects.filter(text=THUNDERCLAP).exists())

    def test_the_notice_is_kept_for_when_texts_are_wanted_again(
        self, direct: Phone, provider: FakeProvider
    ) -> None:
        direct.text("STOP")
        assert Contact.objects.get().told_at is None
        direct.text("START")
        deliver()
        assert any("automated assistant" in body for body in provider.bodies())


class TestLedger:
    def test_a_missing_last_entry_shows(self, direct: Phone) -> None:
        direct.text("START")
        direct.text("STOP")
        ConsentEntry.objects.latest("pk").delete()
        with pytest.raises(CommandError, match="missing at the end"):
            call_command("verify_consent")

    def test_a_ledger_that_was_emptied_shows(self, direct: Phone) -> None:
        direct.text("STOP")
        ConsentEntry.objects.all().delete()
        with pytest.raises(CommandError):
            call_command("verify_consent")

    def test_a_head_that_was_removed_shows(self, direct: Phone) -> None:
        direct.text("STOP")
        LedgerHead.objects.all().delete()
        with pytest.raises(CommandError):
            call_command("verify_consent")

    def test_changed_words_show(self, direct: Phone) -> None:
        direct.text("STOP")
        ConsentEntry.objects.update(words="something else")
        with pytest.raises(CommandError):
            call_command("verify_consent")
