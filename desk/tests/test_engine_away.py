"""Whatever part is down: nothing is lost, nothing doubled, and the patient hears at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from chat.models import Conversation, Message, Turn, TurnState
from chat.wording import knowledge
from tests.conftest import DeskProcess, Patient, Process, eventually
from tests.engine import FakeEngine, Json, echo, result

Start = Callable[..., Any]


def answered(count: int) -> Callable[[], bool]:
    return lambda: Turn.objects.filter(state=TurnState.ANSWERED).count() == count


class TestSafeMessage:
    def test_it_comes_when_the_engine_is_down(self, patient: Patient, engine: FakeEngine) -> None:
        engine.stop()
        [reply] = patient.say("Hello")
        assert reply["kind"] == "safe"

    def test_it_comes_when_the_engine_is_slow(self, patient: Patient, engine: FakeEngine) -> None:
        go = threading.Event()
        engine.behave = lambda message: (go.wait(60), echo(message))[1]
        [reply] = patient.say("Hello")
        go.set()
        assert reply["kind"] == "safe"

    def test_it_comes_when_the_actions_are_down(self, patient: Patient, engine: FakeEngine) -> None:
        engine.behave = lambda _: (503, {"error": "actions"})
        [reply] = patient.say("Hello")
        assert reply["kind"] == "safe"

    @pytest.mark.parametrize("locale", ["en", "es", "es-MX", "fr"])
    def test_it_says_whom_to_call_and_what_to_do_in_an_emergency(
        self, patient: Patient, engine: FakeEngine, locale: str
    ) -> None:
        engine.stop()
        [reply] = patient.begin(locale).say("Hello")
        assert knowledge().clinic.phone_display in reply["text"]
        assert "911" in reply["text"]
        assert "988" in reply["text"]

    def test_it_is_said_once_for_a_message(self, patient: Patient, engine: FakeEngine) -> None:
        engine.stop()
        first = patient.post("Hello", client_id="a").json()
        assert patient.post("Hello", client_id="a").json() == first
        assert len(patient.history()) == 2

    def test_an_absent_engine_is_not_hammered(self, patient: Patient, engine: FakeEngine) -> None:
        engine.behave = lambda _: (503, {})
        patient.say("Hello")
        assert len(engine.runs) <= 5

    def test_those_who_wait_for_it_ask_for_each_other(
        self, visitor: Patient, engine: FakeEngine
    ) -> None:
        engine.behave = lambda _: (503, {})
        with ExitStack() as stack:
            crowd = [
                Patient(stack.enter_context(httpx.Client(timeout=30)), visitor.base).begin()
                for _ in range(12)
            ]
            with ThreadPoolExecutor(len(crowd)) as pool:
                replies = list(pool.map(lambda one: one.say("Hello"), crowd))
        assert [[reply["kind"] for reply in each] for each in replies] == [["safe"]] * len(crowd)
        # Each message is tried once when it comes; alone, each patient would ask twice more.
        assert len(engine.runs) <= 2 * len(crowd)

    def test_the_message_stays_queued(self, patient: Patient, engine: FakeEngine) -> None:
        engine.stop()
        patient.say("Hello")
        assert Turn.objects.get().state == TurnState.QUEUED

    def test_a_short_absence_is_waited_out(self, visitor: Patient, engine: FakeEngine) -> None:
        refused = threading.Event()

        def once(message: Json) -> tuple[int, Json]:
            if refused.is_set():
                return echo(message)
            refused.set()
            return 503, {}

        engine.behave = once
        assert visitor.say("Hello")[0]["text"] == "You wrote: Hello"


STROKE = "my face is drooping on one side and i cant lift my arm"


class TestWarnings:
    def test_an_emergency_is_warned_of_when_the_engine_is_down(
        self, patient: Patient, engine: FakeEngine
    ) -> None:
        engine.stop()
        [reply] = patient.say(STROKE)
        assert reply["text"].startswith("**Call 911 now.**")

    def test_it_is_warned_of_in_spanish(self, patient: Patient, engine: FakeEngine) -> None:
        engine.stop()
        [reply] = patient.say("no puedo mover el brazo y se me cae la cara de un lado")
        assert reply["text"].startswith("**Llame al 911 ahora.**")

    def test_staff_is_alerted_before_the_engine_is_back(
        self, patient: Patient, engine: FakeEngine
    ) -> None:
        engine.stop()
        patient.say(STROKE)
        conversation = Conversation.objects.get(pk=patient.conversation)
        assert (conversation.tier, conversation.needs_attention) == ("emergency", True)

    def test_a_slow_engine_delays_no_warning(self, patient: Patient, engine: FakeEngine) -> None:
        go = threading.Event()
        engine.behave = lambda message: (go.wait(60), echo(message))[1]
        [reply] = patient.say(STROKE)
        go.set()
        assert "911" in reply["text"]

    @pytest.mark.parametrize(
        ("text", "warned"), [(STROKE, "911 now"), ("hello", "could not be saved")]
    )
    def test_without_the_database_the_patient_hears_what_to_do(
        self, patient: Patient, start: Start, text: str, warned: str
    ) -> None:
        desk = start("desk", DATABASE_URL="sqlite:////nowhere/desk.sqlite3")
        response = httpx.post(
            f"{desk.base}/api/chat/messages",
            headers=patient.bearer,
            json={"client_id": "a", "text": text},
        )
        assert response.status_code == 503
        assert warned in response.json()["detail"]


class TestErasing:
    def test_the_engine_erases_what_a_patient_erased_once_it_is_back(
        self, patient: Patient, engine: FakeEngine, start: Start
    ) -> None:
        patient.say("Hello")
        engine.stop()
        assert patient.erase().status_code == 204
        start("worker")
        engine.start()
        conversation = Conversation.objects.get()
        eventually(lambda: Conversation.objects.get().forgotten_at is not None)
        assert engine.forgotten == [str(conversation.pk)]


class TestRecovery:
    def test_the_worker_answers_what_waited_in_order(
        self, patient: Patient, engine: FakeEngine, start: Start
    ) -> None:
        engine.stop()
        for text in ("one", "two", "three"):
            patient.say(text)
        start("worker")
        engine.start()
        eventually(answered(3))
        assert engine.texts() == ["one", "two", "three"]

    def test_staff_can_see_the_gap(
        self, patient: Patient, engine: FakeEngine, start: Start
    ) -> None:
        engine.stop()
        patient.say("Hello")
        start("worker")
        engine.start()
        eventually(answered(1))
        turn = Turn.objects.get()
        assert turn.answered_late
        assert turn.waited_ms is not None
        assert turn.waited_ms >= 600

    def test_an_answer_in_time_is_not_late(self, patient: Patient, engine: FakeEngine) -> None:
        patient.say("Hello")
        assert not Turn.objects.get().answered_late

    def test_several_workers_answer_each_message_once(
        self, patient: Patient, stranger: Patient, engine: FakeEngine, start: Start
    ) -> None:
        engine.stop()
        for text in ("one", "two"):
            patient.say(text)
            stranger.say(text)
        for _ in range(3):
            start("worker")
        engine.start()
        eventually(answered(4))
        for who in (patient, stranger):
            replies = [entry["text"] for entry in who.history() if entry["kind"] == "text"]
            assert replies == ["one", "two", "You wrote: one", "You wrote: two"]
        assert len(engine.runs) == 4

    def test_a_worker_outlives_a_long_absence(
        self, patient: Patient, engine: FakeEngine, start: Start
    ) -> None:
        engine.behave = lambda _: (503, {})
        patient.say("Hello")
        start("worker")
        # More refusals than a message may fail: an engine that is away is not the message's fault.
        for _ in range(8):
            assert engine.reached.acquire(timeout=60)
        engine.behave = echo
        eventually(answered(1))

    def test_a_killed_worker_loses_and_doubles_nothing(
        self, patient: Patient, engine: FakeEngine, start: Start
    ) -> None:
        engine.stop()
        patient.say("Hello")
        go = threading.Event()
        engine.behave = lambda message: (go.wait(60), echo(message))[1]
        while engine.reached.acquire(blocking=False):
            pass
        engine.start()
        worker: Process = start("worker")
        assert engine.reached.acquire(timeout=60)
        worker.kill()
        go.set()
        start("worker")
        eventually(answered(1))
        assert [entry["kind"] for entry in patient.history()] == ["text", "safe", "text"]

    def test_a_worker_ends_cleanly(self, start: Start) -> None:
        worker: Process = start("worker")
        old = Conversation.objects.create(last_number=1)
        message = Message.objects.create(
            conversation=old,
            number=1,
            author="patient",
            text="Hello",
            created_at=timezone.now() - timedelta(minutes=1),
        )
        Turn.objects.create(message=message, conversation=old)
        # The safe message shows that the worker runs and has seen that the engine is away.
        eventually(lambda: old.messages.filter(kind="safe").exists())
        assert worker.terminate() == 0


class TestKilledDesk:
    """kill -9 in the middle of a turn."""

    def test_the_message_is_answered_by_the_worker(self, start: Start, engine: FakeEngine) -> None:
        desk: DeskProcess = start("desk")
        go = threading.Event()
        engine.behave = lambda message: (go.wait(60), echo(message))[1]
        with httpx.Client(timeout=30) as client, ThreadPoolExecutor(1) as pool:
            patient = Patient(client, desk.base).begin()
            lost = pool.submit(patient.post, "Hello", "a")
            assert engine.reached.acquire(timeout=60)
            desk.kill()
            assert isinstance(lost.exception(), httpx.TransportError)
            go.set()
            start("worker")
            eventually(answered(1))
            patient.base = start("desk").base
            # The browser sends the same message again, as it must when no answer came.
            assert patient.say("Hello", client_id="a")[-1]["text"] == "You wrote: Hello"
            assert [text for text in patient.texts() if "wrote" in text] == ["You wrote: Hello"]
        assert len(engine.runs) == 1

    def test_many_times_in_a_row(self, start: Start, engine: FakeEngine) -> None:
        start("worker")
        desk: DeskProcess = start("desk")
        sent = []
        with httpx.Client(timeout=30) as client:
            patient = Patient(client, desk.base).begin()
            for number in range(5):
                with ThreadPoolExecutor(1) as pool:
                    posted = pool.submit(patient.post, f"message {number}", f"id-{number}")
                    # At another moment of the turn each time.
                    if number % 2:
                        assert engine.reached.acquire(timeout=60)
                    else:
                        threading.Event().wait(0.004 * number)
                    desk.kill()
                    posted.exception()
                desk = start("desk")
                patient.base = desk.base
                assert patient.post(f"message {number}", f"id-{number}").status_code == 200
                sent.append(f"message {number}")
                while engine.reached.acquire(blocking=False):
                    pass
            eventually(answered(len(sent)))
            history = patient.history()
        asked = [entry["text"] for entry in history if entry["author"] == "patient"]
        replies = [entry["text"] for entry in history if "wrote" in entry["text"]]
        assert asked == sent
        assert replies == [f"You wrote: {text}" for text in sent]

    def test_a_patient_who_leaves_is_still_answered(
        self, visitor: Patient, engine: FakeEngine
    ) -> None:
        go = threading.Event()
        engine.behave = lambda message: (go.wait(60), echo(message))[1]
        with pytest.raises(httpx.ReadTimeout):
            visitor.client.post(
                f"{visitor.base}/api/chat/messages",
                json={"client_id": "a", "text": "Hello"},
                headers=visitor.bearer,
                timeout=0.4,
            )
        go.set()
        eventually(answered(1))
        assert visitor.texts() == ["Hello", "You wrote: Hello"]


class TestMessageThatCannotBeAnswered:
    @staticmethod
    def poison(status: int) -> Callable[[Json], tuple[int, Json]]:
        return lambda message: (status, {}) if message["text"] == "poison" else echo(message)

    def test_one_that_the_engine_refuses_is_given_up_at_once(
        self, patient: Patient, engine: FakeEngine
    ) -> None:
        engine.behave = self.poison(400)
        [reply] = patient.say("poison")
        assert knowledge().clinic.phone_display in reply["text"]
        assert Turn.objects.get().state == TurnState.FAILED

    def test_one_that_keeps_failing_is_given_up(
        self, patient: Patient, engine: FakeEngine, start: Start
    ) -> None:
        engine.behave = self.poison(500)
        patient.say("poison")
        start("worker")
        eventually(lambda: Turn.objects.get().state == TurnState.FAILED)
        assert Turn.objects.get().error == "http_500"

    def test_staff_are_called(self, patient: Patient, engine: FakeEngine) -> None:
        engine.behave = self.poison(400)
        patient.say("poison")
        conversation = Conversation.objects.get(pk=patient.conversation)
        assert conversation.attention_reason == "failed"

    def test_later_messages_go_on(self, patient: Patient, engine: FakeEngine) -> None:
        engine.behave = self.poison(400)
        patient.say("poison")
        assert patient.say("Hello")[0]["text"] == "You wrote: Hello"

    def test_failures_of_a_sick_engine_do_not_count(
        self, patient: Patient, engine: FakeEngine
    ) -> None:
        engine.healthy = False
        engine.behave = self.poison(500)
        patient.say("poison")
        assert Turn.objects.get().failures == 0

    @pytest.mark.parametrize(
        "nonsense",
        [
            {"replies": "none"},
            result(tier="fine"),
            result(decision="perhaps"),
            result(confidence=7),
            result(replies=[{"text": "NUL \0"}]),
            result(replies=[{"text": "x", "source": {"title": "t", "url": "javascript:x"}}]),
        ],
    )
    def test_nonsense_of_the_engine_is_not_stored(
        self, patient: Patient, engine: FakeEngine, nonsense: Json
    ) -> None:
        engine.behave = lambda _: (200, nonsense)
        patient.say("Hello")
        turn = Turn.objects.get()
        assert (turn.state, turn.error) == (TurnState.QUEUED, "malformed")
