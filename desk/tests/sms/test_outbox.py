"""The outbox: nothing is lost, nothing is sent twice or after STOP, whatever dies in between."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from chat import store
from chat.models import AttentionReason, Channel, Conversation
from sms import consent, outbox
from sms.inbound import InboundText, receive
from sms.models import Consent, ConsentSource, Contact, OutboundText, TextState
from sms.numbers import encrypt, fingerprint
from tests.sms.phone import CLINIC, FakeProvider, Phone, deliver


@pytest.fixture
def contact(transactional_db: None) -> Contact:
    return new_contact("+13105550123")


def new_contact(number: str) -> Contact:
    return Contact.objects.create(
        fingerprint=fingerprint(number),
        address=encrypt(number),
        ours=CLINIC,
        conversation=Conversation.objects.create(channel=Channel.SMS),
        told_at=timezone.now(),
    )


def queue(contact: Contact, *bodies: str) -> list[OutboundText]:
    for body in bodies:
        store.say(contact.conversation_id, body)
    return list(contact.texts.order_by("pk"))


def later() -> None:
    """Time passes: leases end and back-offs are over."""
    passed = timezone.now() - timedelta(seconds=1)
    OutboundText.objects.exclude(lease_until=None).update(lease_until=passed)
    OutboundText.objects.exclude(next_attempt_at=None).update(next_attempt_at=passed)


def states() -> list[str]:
    return list(OutboundText.objects.order_by("pk").values_list("state", flat=True))


class TestDelivery:
    def test_texts_go_out_in_their_order(self, contact: Contact, provider: FakeProvider) -> None:
        queue(contact, "one", "two", "three")
        deliver()
        assert provider.bodies() == ["one", "two", "three"]
        assert set(states()) == {TextState.SENT}

    def test_a_text_that_is_tried_again_is_not_overtaken(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        provider.behave = lambda _: (429, {"code": 20429})
        queue(contact, "one", "two")
        deliver()
        provider.behave = lambda _: None
        deliver()
        assert provider.bodies() == []
        later()
        deliver()
        assert provider.bodies() == ["one", "two"]

    def test_a_provider_that_is_away_gets_the_text_later(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        provider.stop()
        queue(contact, "one")
        deliver()
        assert states() == [TextState.QUEUED]
        back = FakeProvider(provider.port)
        later()
        deliver()
        assert back.bodies() == ["one"]
        back.stop()

    def test_a_long_answer_is_divided_and_numbered(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        queue(contact, "This is a sentence of an answer. " * 20)
        deliver()
        assert [body[:4] for body in provider.bodies()] == ["1/3 ", "2/3 ", "3/3 "]

    @pytest.mark.parametrize("code", [21211, 21614, 30007])
    def test_what_will_never_arrive_is_tried_once_and_staff_are_told(
        self, contact: Contact, provider: FakeProvider, code: int
    ) -> None:
        asked: list[str] = []

        def refuse(form: dict[str, str]) -> tuple[int, dict[str, int]]:
            asked.append(form["Body"])
            return 400, {"code": code}

        provider.behave = refuse
        queue(contact, "one")
        deliver()
        later()
        deliver()
        assert (asked, states()) == (["one"], [TextState.FAILED])
        conversation = Conversation.objects.get()
        assert conversation.attention_reason == AttentionReason.FAILED

    def test_a_refusal_because_of_an_opt_out_is_an_opt_out(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        provider.behave = lambda _: (400, {"code": 21610})
        queue(contact, "one", "two")
        deliver()
        assert states() == [TextState.FAILED, TextState.SUPPRESSED]
        contact.refresh_from_db()
        assert contact.stopped

    def test_it_is_given_up_in_the_end_and_staff_are_told(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        provider.behave = lambda _: (429, {})
        queue(contact, "one")
        for _ in range(outbox.MOST_ATTEMPTS):
            deliver()
            later()
        assert states() == [TextState.FAILED]
        assert Conversation.objects.get().needs_attention


class TestDoubleSends:
    def test_a_text_whose_answer_was_lost_is_found_and_not_sent_again(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        provider.lose_answers = True
        queue(contact, "one")
        deliver()
        provider.lose_answers = False
        later()
        deliver()
        assert (provider.bodies(), states()) == (["one"], [TextState.SENT])

    def test_a_worker_that_died_after_the_provider_s_yes_sends_nothing_twice(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        queue(contact, "one")
        claimed = outbox.claim()
        assert claimed is not None
        provider.take({"To": claimed.to, "Body": claimed.body})  # and it dies here
        later()
        deliver()
        assert (provider.bodies(), states()) == (["one"], [TextState.SENT])

    def test_a_worker_that_died_before_it_asked_loses_nothing(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        queue(contact, "one")
        outbox.claim()
        later()
        deliver()
        assert provider.bodies() == ["one"]

    def test_two_workers_never_hold_the_same_text(self, contact: Contact) -> None:
        queue(contact, "one")
        assert outbox.claim() is not None
        assert outbox.claim() is None

    def test_the_same_words_twice_are_two_texts(
        self, contact: Contact, provider: FakeProvider
    ) -> None:
        queue(contact, "yes", "yes")
        deliver()
        assert provider.bodies() == ["yes", "yes"]


class TestReports:
    def test_they_move_a_text_forward_and_never_back(
        self, direct: Phone, contact: Contact, provider: FakeProvider
    ) -> None:
        queue(contact, "one")
        deliver()
        text = OutboundText.objects.get()
        for status in ("delivered", "sent", "queued", "delivered"):
            assert direct.report(text, status).status_code == 204
        assert states() == [TextState.DELIVERED]

    def test_one_that_comes_before_our_own_commit_counts(
        self, direct: Phone, contact: Contact
    ) -> None:
        [text] = queue(contact, "one")
        claimed = outbox.claim()
        assert claimed is not None
        direct.report(text, "delivered", sid="SM1")
        outbox.sent(claimed, "SM1")
        assert states() == [TextState.DELIVERED]

    def test_a_failure_reaches_staff(
        self, direct: Phone, contact: Contact, provider: FakeProvider
    ) -> None:
        queue(contact, "one")
        deliver()
        direct.report(OutboundText.objects.get(), "undelivered", code="30003")
        assert states() == [TextState.FAILED]
        assert Conversation.objects.get().attention_reason == AttentionReason.FAILED

    def test_one_about_another_message_of_the_provider_changes_nothing(
        self, direct: Phone, contact: Contact, provider: FakeProvider
    ) -> None:
        queue(contact, "one")
        deliver()
        direct.report(OutboundText.objects.get(), "failed", sid="SM-other")
        assert states() == [TextState.SENT]

    @pytest.mark.parametrize("ref", ["", "x", str(uuid.uuid4())])
    def test_one_about_nothing_of_ours_is_passed_over(
        self, direct: Phone, contact: Contact, ref: str
    ) -> None:
        unknown = OutboundText(contact=contact, body="", ref=ref)
        assert direct.report(unknown, "delivered", sid="SM1").status_code in {204, 400}


class Interleaving:
    """A patient and two workers, step by step in random order.

    The step from the last look at consent to the request is one: the request leaves with it.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311
        self.number = f"+1310555{seed:07d}"
        self.contact = new_contact(self.number)
        self.held: list[outbox.Claimed] = []
        self.stopped = False
        self.sent_after_stop = 0

    def run(self) -> None:
        steps: list[Callable[[], object]] = [
            self.answer, self.claim, self.claim, self.send, self.send, later, self.stop, self.ask,
        ]  # fmt: skip
        for _ in range(15):
            self.chance.choice(steps)()

    def answer(self) -> None:
        store.say(self.contact.conversation_id, "an answer")

    def ask(self) -> None:
        receive(InboundText(uuid.uuid4().hex, self.number, CLINIC, "do heels cause headaches"))

    def stop(self) -> None:
        receive(InboundText(uuid.uuid4().hex, self.number, CLINIC, "STOP"))
        self.stopped = True

    def claim(self) -> None:
        if (claimed := outbox.claim()) is not None:
            self.held.append(claimed)

    def send(self) -> None:
        if not self.held:
            return
        claimed = self.held.pop(0)
        if outbox.may_still_be_sent(claimed):
            confirms = OutboundText.objects.get(pk=claimed.pk).ends_consent
            self.sent_after_stop += self.stopped and not confirms
            outbox.sent(claimed, "SM1")


def test_nothing_is_sent_after_a_revocation_however_the_steps_fall(
    transactional_db: None, interleavings: int
) -> None:
    for seed in range(interleavings):
        interleaving = Interleaving(seed)
        interleaving.run()
        assert interleaving.sent_after_stop == 0, f"seed {seed}"
        OutboundText.objects.all().delete()


def test_a_contact_s_stop_does_not_stop_others(contact: Contact, provider: FakeProvider) -> None:
    other = new_contact("+13105550199")
    queue(contact, "one")
    queue(other, "two")
    consent.record(contact, Consent.STOP, ConsentSource.TEXT, "stop")
    deliver()
    assert provider.bodies() == ["two"]
