from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sms.evaluation.__main__ import SETS, rows_of
from sms.optout import decide

DESK = Path(__file__).resolve().parents[2]
STOP = ["stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"]
STOP += ["opt out", "opt-out", "alto", "parar", "baja", "cancelar", "basta"]
START = ["start", "unstop", "empezar", "comenzar"]
HELP = ["help", "info", "ayuda", "información"]
UNTIMED = settings(deadline=None)


def test_every_validated_message_but_a_handful_is_read_as_labelled() -> None:
    rows = rows_of(SETS / "optout_validation.csv")
    wrong = [
        row["text"]
        for row in rows
        # Requests for help in a sentence are for the assistant.
        if row["decision"] != "help" and decide(row["text"]) != row["decision"]
    ]
    assert len(wrong) <= len(rows) // 200


@UNTIMED
@given(
    keyword=st.sampled_from(
        [(word, "stop") for word in STOP]
        + [(word, "start") for word in START]
        + [(word, "help") for word in HELP]
    ),
    before=st.sampled_from(["", " ", "\n", "“", "😡", "¡", "*"]),
    after=st.sampled_from(
        ["", "!!!", ".", " ", "\n\n", "”", " 🙏", "?", " please", " POR FAVOR", " now!"]
    ),
    case=st.sampled_from([str.upper, str.lower, str.title, str.swapcase]),
)
def test_a_keyword_counts_in_any_case_and_punctuation(
    keyword: tuple[str, str], before: str, after: str, case: object
) -> None:
    word, decision = keyword
    assert callable(case)
    assert decide(before + case(word) + after) == decision


@pytest.mark.parametrize(
    "text",
    [
        "please don't text me anymore",
        "wrong number",
        "quítame de la lista",
        "quitame de la lista",
        "stopp plz",
        "Dtop",
        "take me off this",
        "STOP!! 😡",
        "🛑",
        "Can you stop texting me and email me instead",
        "Deja de enviarme mensajes",
        "I'm just a kid wrong number",
        "I revoke my consent to texts",
        "don't text me, wrong number, please help",
    ],
)
def test_own_words_that_revoke_are_a_stop(text: str) -> None:
    assert decide(text) == "stop"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "stop my topiramate?",
        "cancel my appointment",
        "end of the day works",
        "i quit smoking",
        "how do i stop a migraine",
        "no more pain please",
        "can you stop the bleeding",
        "Stop joking around",
        "don't stop texting me",
        "quítame de la lista de espera",
        "no más dolor",
    ],
)
def test_other_uses_of_the_same_words_are_none(text: str) -> None:
    assert decide(text) == "none"


@pytest.mark.parametrize(
    "text", ["end it", "I want to end it all", "please make it stop", "I want everything to end"]
)
def test_words_of_despair_are_never_taken_for_an_opt_out(text: str) -> None:
    assert decide(text) == "none"


@pytest.mark.parametrize(
    "text",
    [
        "Liked “Reply STOP to opt out”",
        'Loved "Reply STOP to end texts."',
        "👍 to “Reply STOP to end”",
    ],
)
def test_a_reaction_to_our_own_text_is_none(text: str) -> None:
    assert decide(text) == "none"


def test_a_call_for_help_with_words_of_its_own_is_for_the_assistant() -> None:
    assert decide("help me, my head hurts") == "none"


@UNTIMED
@given(st.text(max_size=300))
def test_no_text_makes_it_raise(text: str) -> None:
    assert decide(text) in {"stop", "start", "help", "none"}


def test_the_longest_text_that_can_come_is_read() -> None:
    assert decide("my head hurts. " * 105 + "Stop texting me.") == "stop"


def test_validation_and_test_messages_are_apart() -> None:
    one, other = (
        {row["text"].casefold() for row in rows_of(SETS / f"optout_{name}.csv")}
        for name in ("validation", "test")
    )
    assert not one & other


def test_the_command_writes_a_decision_for_each_message(tmp_path: Path) -> None:
    messages, out = tmp_path / "in.csv", tmp_path / "out.jsonl"
    with messages.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("id", "text"), ("1", "STOP"), ("2", "ok, two\nlines"), ("3", "")]
        )
    command = [sys.executable, "-m", "sms.evaluation"]
    command += ["--messages", str(messages), "--out", str(out)]
    subprocess.run(command, cwd=DESK, env={"PYTHONPATH": f"{DESK.parent}"}, check=True)
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert lines == [
        {"id": "1", "decision": "stop"},
        {"id": "2", "decision": "none"},
        {"id": "3", "decision": "none"},
    ]
