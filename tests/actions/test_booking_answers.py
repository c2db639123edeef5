"""Reading answers to the booking form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.booking_answers import (
    ASKED,
    CHANGE,
    CONFIRMED,
    CONSENT,
    NAME,
    NUMBER,
    REASON,
    STATUS,
    TIMES,
    Message,
    read_name,
    read_number,
    read_status,
    understand,
)

FILLED = {
    NAME: "Ann Lee",
    NUMBER: "+13105550142",
    STATUS: "new",
    REASON: "migraines",
    TIMES: "mornings",
    CONSENT: True,
}


def message(text, intent="out_of_scope", is_topic=False, **entities):
    return Message(text=text, intent=intent, entities=entities, is_topic=is_topic)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ann Lee", "Ann Lee"),
        ("my name is ann lee", "Ann Lee"),
        ("It's Ann Lee.", "Ann Lee"),
        ("JANE ROE", "Jane Roe"),
        ("hi, i'm José Núñez", "José Núñez"),
        ("Mary-Jane O'Neil", "Mary-Jane O'Neil"),
        ("王小明", "王小明"),
    ],
)
def test_it_reads_a_name(text, name):
    assert read_name(text) == name


@pytest.mark.parametrize("text", ["", "12345", "x", "a@b.example", "<b>Ann</b>", "ann " * 40])
def test_it_takes_no_nonsense_for_a_name(text):
    assert read_name(text) is None


@pytest.mark.parametrize(
    "text", ["310-555-0142", "(310) 555 0142 after 5", "+1 310 555 0142", "call 3105550142 pls"]
)
def test_it_reads_a_number_as_e164(text):
    assert read_number(text) == "+13105550142"


@pytest.mark.parametrize("text", ["555-0142", "12", "no phone", "999999999999999999"])
def test_it_takes_no_incomplete_number(text):
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("new", "new"),
        ("first time", "new"),
        ("never been there", "new"),
        ("no", "new"),
        ("i have been there before", "existing"),
        ("yes", "existing"),
        ("existing patient", "existing"),
        ("maybe", None),
    ],
)
def test_it_reads_the_patient_status(text, status):
    assert read_status(text) == status


def test_a_question_about_a_topic_interrupts_the_form():
    answer = understand(NAME, message("where are you located?", "clinic_location", True), {})
    assert answer.interrupts


def test_a_name_that_sounds_like_a_topic_is_still_a_name():
    answer = understand(NAME, message("Frances Foote", "feet_and_headaches", True), {})
    assert answer.slots == {NAME: "Frances Foote"}


def test_a_time_asked_as_a_question_is_an_answer():
    answer = understand(TIMES, message("can i come thursday?", "book_appointment"), {})
    assert answer.slots == {TIMES: "can i come thursday?"}


def test_a_warning_sign_interrupts_the_form():
    assert understand(NUMBER, message("my face is drooping", "red_flag"), {}).interrupts


@pytest.mark.parametrize("text", ["stop", "Never mind.", "cancel it please", "I changed my mind"])
@pytest.mark.parametrize("asked", [*ASKED, CONFIRMED])
def test_the_patient_can_stop_at_every_step(asked, text):
    assert understand(asked, message(text), FILLED).stops


@pytest.mark.parametrize("text", ["stop the headaches", "cancel my pain", "i want it to stop hurting"])
def test_stop_inside_a_reason_is_part_of_the_reason(text):
    assert understand(REASON, message(text), {}).slots == {REASON: text}


def test_a_number_can_be_corrected_while_another_slot_is_asked():
    answer = understand(STATUS, message("wait, my number is 310-555-0177"), {NUMBER: "+13105550142"})
    assert answer.slots == {NUMBER: "+13105550177"}


def test_a_name_can_be_corrected_at_the_summary():
    answer = understand(CONFIRMED, message("actually my name is Ann Leigh"), FILLED)
    assert answer.slots == {NAME: "Ann Leigh"}


def test_a_slot_named_as_wrong_is_asked_again():
    answer = understand(CONFIRMED, message("the times are wrong"), FILLED)
    assert answer.slots == {TIMES: None}


def test_no_to_the_summary_asks_what_to_change():
    assert understand(CONFIRMED, message("no", "deny"), FILLED).slots == {"requested_slot": CHANGE}


def test_the_part_to_change_can_be_named_in_words():
    assert understand(CHANGE, message("the phone number"), FILLED).slots == {NUMBER: None}


def test_a_pressed_button_names_the_part_to_change():
    answer = understand(CHANGE, message("/inform", "inform", edit=NAME), FILLED)
    assert answer.slots[NAME] is None


def test_a_button_can_name_no_slot_outside_the_form():
    answer = understand(CHANGE, message("/inform", "inform", edit="decision"), FILLED)
    assert "decision" not in answer.slots


def test_yes_to_the_summary_confirms():
    assert understand(CONFIRMED, message("yes please", "affirm"), FILLED).slots == {CONFIRMED: True}


def test_refusing_consent_stops_the_booking():
    answer = understand(CONSENT, message("no", "deny"), FILLED)
    assert answer.stops
    assert answer.problem == "utter_consent_refused"


@given(st.text(max_size=300), st.sampled_from([*ASKED, CONFIRMED, CHANGE]), st.booleans())
def test_every_message_is_an_answer_a_problem_a_question_or_a_stop(text, asked, is_topic):
    answer = understand(asked, message(text, is_topic=is_topic), FILLED)
    assert answer.slots or answer.problem or answer.interrupts or answer.stops
