"""Any process may be killed at any moment: no message is lost, none is doubled, order is kept."""

from __future__ import annotations

import random
import sqlite3
import threading
from pathlib import Path

import pytest
from patient import Patient

from scripts.stack import Stack

QUESTIONS = (
    ("what is neuromuscular therapy", "nmt_definition"),
    ("where is your clinic located", "clinic_location"),
    ("can bad posture cause headaches", "posture_and_headaches"),
    ("what is a trigger point", "trigger_points"),
)
ROUNDS = {"desk": 10, "worker": 10, "actions": 10, "engine": 4}
LONGEST_DELAY_SECONDS = 0.4


def turns_run(stack: Stack, conversation: str) -> int:
    """How many messages of patients stand in the dialogue of the engine."""
    with sqlite3.connect(Path(stack.var) / "engine.sqlite3") as database:
        (count,) = database.execute(
            "SELECT count(*) FROM events WHERE sender_id = ? AND type_name = 'user'", (conversation,)
        ).fetchone()
    return int(count)


@pytest.mark.parametrize("victim", list(ROUNDS))
def test_a_killed_process_loses_and_doubles_nothing(stack: Stack, url: str, victim: str):
    chance = random.Random(victim)  # noqa: S311 (a schedule, no secret)
    for round_ in range(ROUNDS[victim]):
        patient = Patient(url)

        def converse(patient: Patient = patient, round_: int = round_) -> None:
            for number, (question, _) in enumerate(QUESTIONS):
                patient.insist(question, f"{round_}-{number}")

        talking = threading.Thread(target=converse)
        talking.start()
        talking.join(chance.uniform(0, LONGEST_DELAY_SECONDS))
        stack.kill(victim)
        stack.start(victim)
        talking.join()
        history = patient.wait_for_answers(len(QUESTIONS))

        asked = [message["text"] for message in history if message["author"] == "patient"]
        answered = [
            message["topic"]
            for message in history
            if message["author"] == "assistant" and message["kind"] != "safe"
        ]
        assert asked == [question for question, _ in QUESTIONS]
        assert answered == [topic for _, topic in QUESTIONS]
        assert turns_run(stack, patient.conversation) == len(QUESTIONS)
    if victim in stack.ports:
        stack.wait_ready([victim])
