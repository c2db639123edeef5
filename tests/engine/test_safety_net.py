"""Warnings without the dialogue."""

from engine.context import Context
from engine.safety_net import safety_turn


def test_an_emergency_is_warned_of_without_a_model():
    turn = safety_turn("my face is drooping and i cant lift my arm", "sms", Context(), None)
    assert turn is not None
    result, after = turn
    assert (result["decision"], result["tier"], after.remind_of) == ("safety", "emergency", "emergency")
    assert "911" in result["replies"][0]["text"]
    assert len(result["replies"][0]["text"]) <= 160


def test_facts_of_earlier_messages_still_count():
    turn = safety_turn("i have a headache and my vision is blurry", "web", Context(facts=["pregnant"]), None)
    assert turn is not None
    assert turn[0]["flags"][0] == "pregnancy_danger"


def test_a_message_without_a_warning_is_left_to_the_dialogue():
    assert safety_turn("what are your hours", "web", Context(), None) is None
