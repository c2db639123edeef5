"""An action that fails still answers, and its log does not quote the patient."""

import logging

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import FrontdeskAction
from actions.desk_client import DeskUnavailable

SAID = "my name is Quetzal"


def tracker():
    return Tracker("c", {}, {"text": SAID, "intent": {"name": "greet"}}, [], False, None, {}, "action_listen")


async def test_it_points_the_patient_to_the_office():
    class Broken(FrontdeskAction):
        action_name = "action_broken"

        async def turn(self, dispatcher, tracker):
            raise RuntimeError(tracker.latest_message["text"])

    dispatcher = CollectingDispatcher()
    events = await Broken().run(dispatcher, tracker(), {})
    assert dispatcher.messages[0]["response"] == "utter_action_failed"
    assert {"event": "slot", "timestamp": None, "name": "decision", "value": "handoff"} in events


async def test_its_log_does_not_quote_the_patient(caplog: pytest.LogCaptureFixture):
    class Quoting(FrontdeskAction):
        action_name = "action_quoting"

        async def turn(self, dispatcher, tracker):
            raise RuntimeError(tracker.latest_message["text"])

    with caplog.at_level(logging.DEBUG):
        await Quoting().run(CollectingDispatcher(), tracker(), {})
    assert "RuntimeError" in caplog.text
    assert "Quetzal" not in caplog.text


async def test_without_the_desk_the_turn_is_given_up_to_be_repeated():
    class Away(FrontdeskAction):
        action_name = "action_away"

        async def turn(self, dispatcher, tracker):
            raise DeskUnavailable("The desk cannot be reached.")

    with pytest.raises(DeskUnavailable):
        await Away().run(CollectingDispatcher(), tracker(), {})
