"""What is true of every message, whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.application import TOKEN
from tests.conftest import CLINIC, PATIENT, SID
from twilio_simulator.agenda import ManualAgenda
from twilio_simulator.errors import ApiError
from twilio_simulator.faults import KINDS, Faults
from twilio_simulator.messages import FOLLOWS, Message, Status
from twilio_simulator.simulator import Account, Draft, Simulator
from twilio_simulator.webhooks import Answer

LONG_ENOUGH = 4_000_000
ACCOUNT = Account(SID, TOKEN, (CLINIC,), "http://127.0.0.1:1/in", advanced_opt_out=True)

RATES = st.dictionaries(st.sampled_from(sorted(KINDS)), st.sampled_from([0.0, 0.3, 1.0]))
BODIES = st.sampled_from(["Hello", "STOP", "START", "x" * 400, "https://bit.ly/x"])
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), BODIES, st.booleans()),
        st.tuples(st.just("schedule"), BODIES, st.booleans()),
        st.tuples(st.just("text"), BODIES, st.booleans()),
        st.tuples(st.just("cancel"), st.just(""), st.booleans()),
        st.tuples(st.just("wait"), st.just(""), st.booleans()),
    ),
    max_size=12,
)
type Posts = list[dict[str, str]]


class Recorder:
    """An application that takes everything, without the cost of a network."""

    def __init__(self) -> None:
        self.posts: Posts = []

    async def post(self, url: str, form: Mapping[str, str], token: str) -> Answer:
        self.posts.append(dict(form))
        return Answer(204)

    async def close(self) -> None:
        pass


async def act(
    actions: list[tuple[str, str, bool]], rates: dict[str, float]
) -> tuple[list[Message], Posts]:
    """Do `actions` and wait until nothing is left to happen; the messages and what was posted."""
    agenda = ManualAgenda()
    recorder = Recorder()
    simulator = Simulator(ACCOUNT, agenda, recorder, Faults(rates, "invariants"), "invariants")
    for kind, body, choice in actions:
        service = simulator.account.service_sid if choice or kind == "schedule" else ""
        sender = "" if service else CLINIC
        draft = Draft(PATIENT, sender, body, service, "https://clinic.example/status")
        try:
            if kind == "send":
                simulator.create(draft)
            elif kind == "schedule":
                later = "2026-01-06T00:00:00Z"
                simulator.create(
                    Draft(PATIENT, "", body, service, draft.callback, (), "", "fixed", later)
                )
            elif kind == "text":
                simulator.text(PATIENT, CLINIC, body)
            elif kind == "cancel" and simulator.store.messages:
                simulator.cancel(next(reversed(simulator.store.messages)))
            else:
                await agenda.advance(0.4 if choice else 30)
        except ApiError:
            pass
    await agenda.advance(LONG_ENOUGH)
    await simulator.close()
    return list(simulator.store.messages.values()), recorder.posts


@settings(deadline=None)
@given(ACTIONS, RATES)
def test_every_message_ends(actions: list[tuple[str, str, bool]], rates: dict[str, float]) -> None:
    messages, _ = asyncio.run(act(actions, rates))
    assert [message.status for message in messages if not message.ended] == []


@settings(deadline=None)
@given(ACTIONS, RATES)
def test_no_status_goes_back(actions: list[tuple[str, str, bool]], rates: dict[str, float]) -> None:
    messages, _ = asyncio.run(act(actions, rates))
    for message in messages:
        steps = [status for status, _ in message.history]
        assert all(after in FOLLOWS[before] for before, after in pairwise(steps))


@settings(deadline=None)
@given(ACTIONS, RATES)
def test_only_what_happened_is_reported(
    actions: list[tuple[str, str, bool]], rates: dict[str, float]
) -> None:
    messages, posts = asyncio.run(act(actions, rates))
    had = {(message.sid, str(status)) for message in messages for status, _ in message.history}
    told = {
        (post["MessageSid"], post["MessageStatus"]) for post in posts if "MessageStatus" in post
    }
    assert told <= had


@settings(deadline=None)
@given(ACTIONS, RATES)
def test_what_was_sent_is_charged_and_nothing_else(
    actions: list[tuple[str, str, bool]], rates: dict[str, float]
) -> None:
    messages, _ = asyncio.run(act(actions, rates))
    for message in messages:
        statuses = {status for status, _ in message.history}
        assert (message.price is not None) == bool(statuses & {Status.SENT, Status.RECEIVED})
