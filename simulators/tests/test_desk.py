"""The desk and its worker, as they run, behind the simulator; only the dialogue engine echoes."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from scripts.stack import ROOT, Stack, free_ports

from tests.conftest import CLINIC, SID
from tests.engine import Engine
from twilio_simulator.background import Background
from twilio_simulator.faults import KINDS, Faults
from twilio_simulator.messages import Message
from twilio_simulator.simulator import Account, Simulator

TOKEN = "a-token-for-the-desk"
PUBLIC = "https://clinic.example"
NUMBERS = (f"+1310555{i:04}" for i in count(1000))
PATIENCE_SECONDS = 40.0


class Clinic:
    """A desk that runs, and one patient's phone."""

    def __init__(self, stack: Stack, simulator: Background, engine: Engine) -> None:
        self.stack, self.simulator, self.engine = stack, simulator, engine
        self.number = next(NUMBERS)
        self._alerts = simulator.ask(lambda s: len(s.store.alerts))

    def text(self, body: str) -> Message:
        return self.simulator.text(self.number, body)

    def faults(self, **rates: float) -> None:
        self.simulator.ask(lambda s: s.faults.set({**dict.fromkeys(KINDS, 0.0), **rates}))

    def to_phone(self, simulator: Simulator) -> list[Message]:
        """What was taken for the phone."""
        return [m for m in simulator.store.messages.values() if m.to == self.number]

    def delivered(self, words: str, times: int = 1) -> None:
        """Wait until the phone has `words`, and fail if it has them more often than `times`."""

        def have(simulator: Simulator) -> int:
            ours = [m for m in self.to_phone(simulator) if words in m.body]
            return sum(m.status == "delivered" for m in ours)

        self.simulator.wait(lambda s: have(s) >= times, PATIENCE_SECONDS)
        assert self.simulator.ask(have) == times

    def posted(self, message: Message, times: int) -> None:
        """Wait until so many webhooks about `message` have been answered."""
        self.simulator.wait(lambda _: message.posts >= times, PATIENCE_SECONDS)

    def answer(self, words: str, posts: int) -> Message:
        """Wait for the text with `words` until so many reports on it have been answered."""

        def there(simulator: Simulator) -> Message | None:
            ours = [m for m in self.to_phone(simulator) if words in m.body]
            return ours[0] if ours and ours[0].posts >= posts else None

        found = self.simulator.wait(there, PATIENCE_SECONDS)
        assert found
        return found

    def refused(self, code: int) -> None:
        """Wait until the API has refused a request of the desk with `code`."""
        self.simulator.wait(
            lambda s: any(alert.code == code for alert in s.store.alerts[self._alerts :]),
            PATIENCE_SECONDS,
        )

    def query(self, sql: str, words: str) -> list[tuple[str, ...]]:
        """Rows of the desk's own database. It has stored what it has answered a webhook for."""
        path = Path(self.stack.var) / "desk.sqlite3"
        with closing(sqlite3.connect(path, timeout=20)) as desk:
            return desk.execute(sql, (words,)).fetchall()

    def in_outbox(self, words: str) -> list[tuple[str, ...]]:
        """State and error of the desk's texts with these words."""
        return self.query("SELECT state, error FROM sms_outboundtext WHERE body = ?", words)


@pytest.fixture(scope="module")
def parts(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Stack, Background, Engine]]:
    ports = free_ports()
    account = Account(
        sid=SID,
        token=TOKEN,
        numbers=(CLINIC,),
        webhook=f"http://127.0.0.1:{ports['desk']}/sms/twilio/inbound",
        public_url=PUBLIC,
        segments_per_second=100,
    )
    with (
        Engine(ports["engine"]) as engine,
        Background(account, Faults(), real_time=True) as simulator,
    ):
        settings = {
            "FRONTDESK_SMS_PROVIDER": "twilio",
            "FRONTDESK_SMS_PER_SECOND": "100",
            "FRONTDESK_PUBLIC_URL": PUBLIC,
            "FRONTDESK_TWILIO_ACCOUNT_SID": SID,
            "FRONTDESK_TWILIO_AUTH_TOKENS": TOKEN,
            "FRONTDESK_TWILIO_API_URL": simulator.url,
        }
        with Stack(tmp_path_factory.mktemp("var"), ports, settings) as stack:
            subprocess.run(
                [ROOT / "desk/.venv/bin/python", "manage.py", "migrate", "-v0"],
                cwd=ROOT / "desk",
                env=stack.environment,
                check=True,
                capture_output=True,
            )
            stack.start("desk", "worker")
            stack.wait_ready(("desk",), timeout=60)
            yield stack, simulator, engine


@pytest.fixture
def clinic(parts: tuple[Stack, Background, Engine]) -> Iterator[Clinic]:
    clinic = Clinic(*parts)
    yield clinic
    clinic.faults()
    clinic.engine.open.set()


def test_a_text_is_answered(clinic: Clinic) -> None:
    clinic.text("When do you open?")
    clinic.delivered("You: When do you open?")


def test_the_desk_hears_that_the_answer_was_delivered(clinic: Clinic) -> None:
    clinic.text("Do you take walk-ins?")
    clinic.answer("You: Do you take walk-ins?", posts=2)
    assert clinic.in_outbox("You: Do you take walk-ins?") == [("delivered", "")]


def test_a_webhook_that_comes_twice_is_answered_once(clinic: Clinic) -> None:
    clinic.faults(webhook_twice=1)
    text = clinic.text("Twice?")
    clinic.posted(text, 2)
    clinic.delivered("You: Twice?")
    assert clinic.engine.asked.count("Twice?") == 1


def test_reports_in_any_order_end_with_delivered(clinic: Clinic) -> None:
    clinic.faults(callback_reordered=1, callback_twice=1)
    clinic.text("In what order?")
    clinic.answer("You: In what order?", posts=4)
    assert clinic.in_outbox("You: In what order?") == [("delivered", "")]


def test_a_lost_answer_of_the_api_sends_nothing_twice(clinic: Clinic) -> None:
    clinic.text("Hello")
    clinic.delivered("You: Hello")
    clinic.faults(lost_answer=1)
    clinic.text("Did you get it?")
    clinic.answer("You: Did you get it?", posts=2)
    (state, _), *others = clinic.in_outbox("You: Did you get it?")
    assert (state, others) == ("delivered", [])
    clinic.delivered("You: Did you get it?")


def test_too_many_requests_are_tried_again(clinic: Clinic) -> None:
    clinic.faults(too_many_requests=1)
    clinic.text("Too many?")
    clinic.refused(20429)
    clinic.faults()
    clinic.delivered("You: Too many?")


def test_the_desk_hears_that_a_phone_is_off(clinic: Clinic) -> None:
    clinic.faults(unreachable=1)
    clinic.text("Is my phone off?")
    clinic.answer("You: Is my phone off?", posts=2)
    assert clinic.in_outbox("You: Is my phone off?") == [("failed", "30003")]


def test_after_stop_the_desk_is_silent(clinic: Clinic) -> None:
    clinic.text("Hello there")
    clinic.delivered("You: Hello there")
    clinic.text("STOP")
    clinic.delivered("successfully been unsubscribed")
    before = clinic.simulator.ask(lambda s: len(clinic.to_phone(s)))
    clinic.posted(clinic.text("And now?"), 1)
    assert clinic.query("SELECT author FROM chat_message WHERE text = ?", "And now?")
    assert clinic.simulator.ask(lambda s: len(clinic.to_phone(s))) == before
    assert "And now?" not in clinic.engine.asked


def test_the_confirmation_of_the_desk_meets_21610(clinic: Clinic) -> None:
    clinic.text("REVOKE")
    clinic.refused(21610)
    clinic.delivered("successfully been unsubscribed")
    clinic.delivered("you will get no more texts from us", times=0)


def test_start_brings_the_answers_back(clinic: Clinic) -> None:
    clinic.text("STOP")
    clinic.delivered("successfully been unsubscribed")
    clinic.text("START")
    clinic.delivered("re-subscribed")
    clinic.text("Open on Friday?")
    clinic.delivered("You: Open on Friday?")


def test_words_that_twilio_does_not_know_stop_the_desk(clinic: Clinic) -> None:
    clinic.text("Hello")
    clinic.delivered("You: Hello")
    clinic.text("OPT OUT")
    clinic.delivered("you will get no more texts from us")


def test_a_desk_that_dies_during_the_turn_answers_once(clinic: Clinic) -> None:
    clinic.engine.open.clear()
    while clinic.engine.reached.acquire(blocking=False):
        pass
    clinic.text("Are you alive?")
    assert clinic.engine.reached.acquire(timeout=PATIENCE_SECONDS)
    clinic.stack.kill("desk")
    clinic.engine.open.set()
    clinic.stack.start("desk")
    clinic.stack.wait_ready(("desk",), timeout=60)
    clinic.delivered("You: Are you alive?")


def test_a_text_to_a_desk_that_is_away_is_an_alert(clinic: Clinic) -> None:
    clinic.stack.kill("desk")
    text = clinic.text("Anybody?")
    clinic.posted(text, 1)
    clinic.stack.start("desk")
    clinic.stack.wait_ready(("desk",), timeout=60)
    codes = clinic.simulator.ask(
        lambda s: [alert.code for alert in s.store.alerts if alert.about == text.sid]
    )
    assert codes == [11205]
