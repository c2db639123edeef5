"""One message after another, each answered once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat import store
from chat.engine import EngineError, TurnResult
from chat.models import Conversation, Kind, Message, Turn, TurnState
from tests.conftest import Patient
from tests.engine import FakeEngine, result


def test_a_message_is_answered(patient: Patient, engine: FakeEngine) -> None:
    assert [reply["text"] for reply in patient.say("Hello")] == ["You wrote: Hello"]


def test_the_engine_gets_what_the_contract_says(patient: Patient, engine: FakeEngine) -> None:
    patient.say("Hello")
    assert engine.runs == [
        {
            "conversation": str(patient.conversation),
            "message_id": "1",
            "channel": "web",
            "locale": "en",
            "text": "Hello",
        }
    ]


def test_what_the_engine_understood_is_stored(patient: Patient, engine: FakeEngine) -> None:
    engine.behave = lambda _: (
        200,
        result(
            intent="botox_for_headaches",
            confidence=0.75,
            ranking=[{"intent": "botox_for_headaches", "confidence": 0.75}],
            topics=["botox_for_headaches", "doctor"],
            decision="clarify",
            slots={"requested_slot": None, "booking_reference": "FD-ABCDEF"},
        ),
    )
    patient.say("Botox?")
    turn = Turn.objects.get()
    assert (turn.state, turn.intent, turn.confidence, turn.decision, turn.booking_reference) == (
        TurnState.ANSWERED,
        "botox_for_headaches",
        0.75,
        "clarify",
        "FD-ABCDEF",
    )
    assert list(turn.topic_index.values_list("topic", flat=True)) == turn.topics


def test_the_slot_that_a_form_asks_for_is_on_the_last_reply(
    patient: Patient, engine: FakeEngine
) -> None:
    answer = result(slots={"requested_slot": "callback_number"}, decision="form")
    answer["replies"] = [{"text": "First."}, {"text": "Your number?"}]
    engine.behave = lambda _: (200, answer)
    assert [reply["input"] for reply in patient.say("Book")] == [None, "callback_number"]


def test_the_same_post_again_is_the_same_message(patient: Patient, engine: FakeEngine) -> None:
    first = patient.post("Hello", client_id="a").json()
    assert patient.post("Hello", client_id="a").json() == first
    assert len(engine.runs) == 1


def test_another_text_under_the_same_id_is_a_conflict(patient: Patient, engine: FakeEngine) -> None:
    patient.say("Hello", client_id="a")
    assert patient.post("Something else", client_id="a").status_code == 409


def test_a_client_id_belongs_to_its_conversation(
    patient: Patient, stranger: Patient, engine: FakeEngine
) -> None:
    patient.say("Mine", client_id="a")
    assert stranger.say("Theirs", client_id="a")[0]["text"] == "You wrote: Theirs"


def test_the_same_post_many_times_at_once_is_one_message(
    visitor: Patient, engine: FakeEngine
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: visitor.post("Hello", client_id="a").json(), range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert visitor.texts() == ["Hello", "You wrote: Hello"]


def test_messages_at_once_run_one_at_a_time_in_their_order(
    visitor: Patient, engine: FakeEngine
) -> None:
    running = threading.Semaphore(1)
    overlapped = []

    def one_at_a_time(message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        alone = running.acquire(blocking=False)
        if not alone:
            overlapped.append(message)
        answer = result(f"You wrote: {message['text']}")
        if alone:
            running.release()
        return 200, answer

    engine.behave = one_at_a_time
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: visitor.say(f"message {number}"), range(8)))
    asked = [entry["text"] for entry in visitor.history() if entry["author"] == "patient"]
    assert engine.texts() == asked
    assert len(asked) == 8
    assert not overlapped


def test_message_numbers_have_no_gaps(patient: Patient, engine: FakeEngine) -> None:
    patient.say("one")
    patient.say("two")
    assert [entry["id"] for entry in patient.history()] == [1, 2, 3, 4]


def test_a_slash_command_is_text(patient: Patient, engine: FakeEngine) -> None:
    patient.say("/restart")
    assert engine.runs[0]["text"] == "/restart"


class TestButtons:
    @pytest.fixture
    def offered(self, patient: Patient, engine: FakeEngine) -> dict[str, Any]:
        answer = result("Which one?")
        answer["replies"][0]["buttons"] = [{"title": "Opening hours", "payload": "signed:hours"}]
        engine.behave = lambda _: (200, answer)
        [reply] = patient.say("Hello")
        button: dict[str, Any] = reply["buttons"][0]
        return button

    def test_the_payload_stays_with_the_desk(self, offered: dict[str, Any]) -> None:
        assert offered == {"id": "2-0", "title": "Opening hours"}

    def test_a_pressed_button_brings_its_payload_to_the_engine(
        self, patient: Patient, engine: FakeEngine, offered: dict[str, Any]
    ) -> None:
        assert patient.post(button=offered["id"]).status_code == 200
        assert engine.runs[1]["payload"] == "signed:hours"
        assert "text" not in engine.runs[1]

    def test_a_pressed_button_reads_as_its_title(
        self, patient: Patient, offered: dict[str, Any]
    ) -> None:
        answer = patient.post(button=offered["id"]).json()
        assert answer["message"]["text"] == "Opening hours"

    def test_a_button_works_only_in_its_own_conversation(
        self, stranger: Patient, offered: dict[str, Any]
    ) -> None:
        assert stranger.post(button=offered["id"]).status_code == 422

    @pytest.mark.parametrize("button", ["2-1", "1-0", "99-0", "2", "x", "2-0-0", "-1-0"])
    def test_a_button_that_no_reply_carries_is_refused(
        self, patient: Patient, offered: dict[str, Any], button: str
    ) -> None:
        assert patient.post(button=button).status_code == 422


class TestAttention:
    @pytest.mark.parametrize(
        ("facts", "reason"),
        [
            ({"decision": "handoff"}, "handoff"),
            ({"decision": "safety", "tier": "urgent"}, "urgent"),
            ({"decision": "safety", "tier": "emergency"}, "emergency"),
            ({"decision": "safety", "tier": "crisis"}, "crisis"),
        ],
    )
    def test_staff_are_called(
        self, patient: Patient, engine: FakeEngine, facts: dict[str, str], reason: str
    ) -> None:
        engine.behave = lambda _: (200, result(**facts))
        patient.say("Help")
        conversation = Conversation.objects.get(pk=patient.conversation)
        assert (conversation.needs_attention, conversation.attention_reason) == (True, reason)

    def test_an_ordinary_answer_calls_nobody(self, patient: Patient, engine: FakeEngine) -> None:
        patient.say("Hello")
        assert not Conversation.objects.get(pk=patient.conversation).needs_attention

    def test_the_highest_tier_stays(self, patient: Patient, engine: FakeEngine) -> None:
        for tier in ("urgent", "crisis", "none", "emergency"):
            engine.behave = lambda _, tier=tier: (200, result(tier=tier))  # type: ignore[misc]
            patient.say(tier)
        conversation = Conversation.objects.get(pk=patient.conversation)
        assert (conversation.tier, conversation.attention_reason) == ("crisis", "crisis")

    def test_a_safety_answer_is_marked_as_one(self, patient: Patient, engine: FakeEngine) -> None:
        engine.behave = lambda _: (200, result(tier="emergency", decision="safety"))
        assert patient.say("Help")[0]["kind"] == Kind.SAFETY


@pytest.mark.django_db(transaction=True)
class TestLease:
    @pytest.fixture
    def conversation(self) -> Conversation:
        conversation = Conversation.objects.create()
        store.receive(conversation.pk, "a", text="Hello")
        return conversation

    @pytest.fixture
    def lease(self, conversation: Conversation) -> store.Lease:
        lease = store.claim(conversation.pk, due_only=False)
        assert lease is not None
        return lease

    @staticmethod
    def expire(lease: store.Lease) -> None:
        Conversation.objects.filter(pk=lease.conversation_id).update(
            lease_until=timezone.now() - timedelta(milliseconds=1)
        )

    def test_it_has_one_holder(self, lease: store.Lease) -> None:
        with pytest.raises(store.BusyError):
            store.claim(lease.conversation_id, due_only=False)

    def test_it_is_free_again_when_it_expires(self, lease: store.Lease) -> None:
        self.expire(lease)
        again = store.claim(lease.conversation_id, due_only=False)
        assert again is not None
        assert again.fence > lease.fence

    def test_a_stale_holder_stores_nothing(self, lease: store.Lease) -> None:
        self.expire(lease)
        store.claim(lease.conversation_id, due_only=False)
        assert not store.answer(lease, TurnResult.model_validate(result()))
        assert not Message.objects.filter(author="assistant").exists()

    def test_a_stale_holder_records_no_failure(self, lease: store.Lease) -> None:
        self.expire(lease)
        store.claim(lease.conversation_id, due_only=False)
        store.attempt_failed(lease, EngineError("refused", permanent=True))
        assert Turn.objects.get().state == TurnState.QUEUED

    def test_an_answer_is_stored_once(self, lease: store.Lease) -> None:
        answer = TurnResult.model_validate(result())
        assert store.answer(lease, answer)
        assert store.answer(lease, answer) is None

    def test_the_answer_to_an_erased_conversation_is_dropped(self, lease: store.Lease) -> None:
        store.erase(lease.conversation_id)
        assert not store.answer(lease, TurnResult.model_validate(result()))
        assert not Message.objects.exists()

    def test_of_many_at_once_one_gets_it(self, conversation: Conversation) -> None:
        from django.db import connections

        def claim(_: int) -> bool:
            try:
                return store.claim(conversation.pk, due_only=False) is not None
            except store.BusyError:
                return False
            finally:
                connections.close_all()

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(claim, range(16))) == 1


def test_what_the_patient_meant_is_kept_with_the_unclear_message(
    patient: Patient, engine: FakeEngine
) -> None:
    patient.say("my neck")
    suggestion = {"message_id": "1", "topic": "sternocleidomastoid"}
    engine.behave = lambda _: (200, result(suggestion=suggestion))
    patient.say("the second one")
    chosen = Turn.objects.get(message__number=1).suggested_topic
    assert chosen == "sternocleidomastoid"
