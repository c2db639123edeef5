"""Twilio's own list of who wants no more messages."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.application import TWIML
from tests.conftest import CLINIC, PATIENT, SID, Maker, World
from twilio_simulator.carrier import REPLIES

STOPS = ["STOP", "stopall", "Unsubscribe", "CANCEL", "end", "quit", "REVOKE", " optout\n"]


def refusal(world: World, **fields: str) -> int:
    """The code that the next message is refused with; 0 when it is taken."""
    try:
        world.send(**fields)
    except TwilioRestException as refused:
        return int(refused.code)
    return 0


@pytest.mark.parametrize("word", STOPS)
def test_a_word_of_the_list_stops(world: World, word: str) -> None:
    world.simulator.text(PATIENT, word)
    assert refusal(world) == 21610


@pytest.mark.parametrize("words", ["OPT OUT", "please stop", "STOP!", "stopp", "help"])
def test_other_words_do_not(world: World, words: str) -> None:
    world.simulator.text(PATIENT, words)
    assert refusal(world) == 0


@pytest.mark.parametrize("word", ["START", "unstop", "Yes"])
def test_a_word_brings_them_back(world: World, word: str) -> None:
    world.simulator.text(PATIENT, "STOP")
    world.simulator.text(PATIENT, word)
    assert refusal(world) == 0


def test_another_phone_is_not_stopped(world: World) -> None:
    world.simulator.text(PATIENT, "STOP")
    assert refusal(world, to="+13105550124") == 0


def test_another_number_of_the_account_is_not_stopped(make: Maker) -> None:
    world = make(numbers=(CLINIC, "+13105550143"))
    world.simulator.text(PATIENT, "STOP")
    assert refusal(world, from_="+13105550143") == 0


def test_stop_is_confirmed_once(world: World) -> None:
    world.simulator.text(PATIENT, "STOP")
    world.simulator.text(PATIENT, "STOP")
    world.simulator.advance(60)
    assert world.on_phone() == [REPLIES["STOP"]]


def test_twilio_s_own_answer_costs_nothing(world: World) -> None:
    world.simulator.text(PATIENT, "STOP")
    world.simulator.advance(60)
    assert [m.price for m in world.client.messages.list(to=PATIENT)] == ["0.00000"]


def test_a_toll_free_number_is_answered_by_the_network(make: Maker) -> None:
    world = make(numbers=("+18005550142",))
    world.simulator.text(PATIENT, "STOP")
    world.simulator.advance(60)
    assert world.on_phone()[0].startswith("NETWORK MSG: ")


def test_help_is_answered(world: World) -> None:
    world.simulator.text(PATIENT, "HELP")
    world.simulator.advance(60)
    assert world.on_phone() == [REPLIES["HELP"]]


def test_yes_says_nothing_to_who_never_stopped(world: World) -> None:
    world.simulator.text(PATIENT, "YES")
    world.simulator.advance(60)
    assert world.on_phone() == []


def test_the_application_is_told_of_stop_too(world: World) -> None:
    world.simulator.text(PATIENT, "STOP")
    world.simulator.advance(1)
    form = world.application.posts[0].form
    assert (form["Body"], "OptOutType" in form) == ("STOP", False)


def test_advanced_opt_out_names_the_keyword(make: Maker) -> None:
    world = make(advanced_opt_out=True)
    world.simulator.text(PATIENT, "Quit")
    world.simulator.advance(1)
    assert world.application.posts[0].form["OptOutType"] == "STOP"


def test_the_answer_of_the_webhook_is_not_sent_after_stop(world: World) -> None:
    answer = "<Response><Message>Bye</Message></Response>"
    world.application.behave = lambda _: (200, TWIML, answer)
    world.simulator.text(PATIENT, "STOP")
    world.simulator.advance(60)
    assert (world.on_phone(), world.alerts()) == ([REPLIES["STOP"]], [21610])


def test_a_service_takes_the_message_and_fails_it(world: World) -> None:
    world.simulator.text(PATIENT, "STOP")
    message = world.send(from_=None, messaging_service_sid=f"MG{SID[2:]}")
    world.simulator.advance(60)
    found = world.client.messages(message.sid).fetch()
    assert (message.status, found.status, found.error_code) == ("accepted", "failed", 21610)
