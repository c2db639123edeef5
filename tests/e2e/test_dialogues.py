"""Conversations through desk, engine and actions."""

from __future__ import annotations

import pytest
from patient import Patient, text_of

BOOKING = ("book", "Ann Lee", "310-555-0142", "new", "migraines twice a week", "weekday mornings", "yes")


def book_until_summary(patient: Patient) -> list[dict]:
    patient.say("i would like to make an appointment")
    for answer in BOOKING[1:-1]:
        patient.say(answer)
    return patient.say("yes")


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("What is neuromuscular therapy?", "nmt_definition"),
        ("do my shoes cause my headaches", "feet_and_headaches"),
        ("what is a trigger point", "trigger_points"),
        ("why does my shoulder give me a headache, can pain travel?", "referred_pain"),
        ("what does the sternocleidomastoid muscle do", "sternocleidomastoid"),
        ("can bad posture cause headaches", "posture_and_headaches"),
        ("which doctor will i see at the clinic", "doctor"),
        ("when should i see a doctor about headaches", "when_to_see_doctor"),
    ],
)
def test_a_question_of_the_article_gets_its_answer_with_the_source(patient, question, topic):
    (reply,) = patient.say(question)
    assert reply["topic"] == topic
    assert reply["source"]["url"].startswith("https://")


def test_a_follow_up_button_gets_its_own_answer(patient):
    replies = patient.say("What is neuromuscular therapy?")
    title = replies[0]["buttons"][0]["title"]
    (reply,) = patient.press(replies, title)
    assert reply["topic"] not in (None, "nmt_definition")


@pytest.mark.parametrize("text", ["/restart", "/nmt_definition", '/inform{"edit": "patient_name"}'])
def test_a_slash_command_is_only_text(patient, text):
    replies = patient.say(text)
    assert text_of(replies)
    assert patient.say("What is neuromuscular therapy?")[0]["topic"] == "nmt_definition"


def test_personal_medical_advice_is_not_given(patient):
    (reply,) = patient.say("should i stop taking my topiramate")
    assert reply["topic"] == "personal_medical_advice"


def test_yes_to_the_offer_of_an_appointment_starts_the_booking(patient):
    patient.say("is there a treatment without pills?")
    replies = patient.say("yes please")
    assert replies[-1]["input"] == "patient_name"


def test_a_booking_is_requested_and_never_called_booked(patient):
    summary = book_until_summary(patient)
    assert "(310) 555-0142" in text_of(summary)
    done = text_of(patient.press(summary, "Send request"))
    assert "requested" in done
    assert "not booked yet" in done


def test_a_question_inside_the_booking_is_answered_and_the_booking_goes_on(patient):
    patient.say("i would like to make an appointment")
    patient.say("Ann Lee")
    replies = patient.say("where are you located?")
    assert replies[0]["topic"] == "clinic_location"
    assert replies[-1]["input"] == "callback_number"
    assert patient.say("310-555-0142")[-1]["input"] == "patient_status"


def test_an_answer_of_the_booking_can_be_corrected_at_the_summary(patient):
    book_until_summary(patient)
    summary = patient.say("actually my number is 310-555-0177")
    assert "(310) 555-0177" in text_of(summary)
    assert summary[-1]["input"] == "booking_confirmed"


def test_a_bad_answer_is_explained_and_asked_again(patient):
    patient.say("i would like to make an appointment")
    patient.say("Ann Lee")
    replies = patient.say("12")
    assert "area code" in text_of(replies)
    assert replies[-1]["input"] == "callback_number"


def test_a_booking_can_be_stopped_and_nothing_is_sent(patient):
    patient.say("i would like to make an appointment")
    assert "sent nothing" in text_of(patient.say("never mind"))
    assert patient.say("What is neuromuscular therapy?")[0]["topic"] == "nmt_definition"


def test_an_emergency_inside_the_booking_comes_first_and_ends_it(patient):
    patient.say("i would like to make an appointment")
    replies = patient.say("my face is drooping and i can't speak properly")
    assert replies[0]["kind"] == "safety"
    assert "911" in replies[0]["text"]
    assert not [button for reply in replies for button in reply["buttons"]]
    assert replies[-1]["input"] is None


def test_the_same_client_id_is_the_same_message(patient):
    first = patient.say("What is neuromuscular therapy?", client_id="one")
    again = patient.say("What is neuromuscular therapy?", client_id="one")
    assert [reply["id"] for reply in first] == [reply["id"] for reply in again]
    assert len(patient.history()) == 2


def test_a_question_and_a_wish_for_a_visit_get_both(patient):
    replies = patient.say("do heels cause headaches and can i come thursday")
    assert replies[0]["topic"] == "feet_and_headaches"
    assert replies[-1]["input"] == "patient_name"


def test_a_third_question_is_offered(patient):
    replies = patient.say("Where are you? When are you open? What is neuromuscular therapy?")
    assert [reply["topic"] for reply in replies] == ["clinic_location", "clinic_hours"]
    assert "What is neuromuscular therapy?" in [button["title"] for button in replies[-1]["buttons"]]


def test_a_question_without_a_subject_is_about_the_last_answer(patient):
    patient.say("what is botox for migraine")
    (reply,) = patient.say("is it safe?")
    assert reply["topic"] == "botox_for_headaches"
    assert "boxed warning" in reply["text"]


def test_what_the_clinic_has_not_published_is_said_to_be_so(patient):
    patient.say("what is botox for migraine")
    assert "has not published whether it hurts" in text_of(patient.say("does it hurt?"))


def test_a_repeated_question_gets_a_shorter_answer(patient):
    first = text_of(patient.say("What is neuromuscular therapy?"))
    again = text_of(patient.say("what is nmt again"))
    assert len(again) < len(first)


def test_a_number_picks_what_was_offered(patient):
    (reply,) = patient.say("What is neuromuscular therapy?")
    assert reply["buttons"][1]["title"] == "Which headaches can it help?"
    (picked,) = patient.say("the second one")
    assert picked["topic"] == "nmt_conditions"


def test_a_warning_is_repeated_once_and_nothing_is_forgotten(patient):
    patient.say("my face is drooping and i can't speak properly")
    assert "911" in patient.say("what are trigger points")[0]["text"]
    assert "911" not in text_of(patient.say("what is referred pain"))


def test_the_bare_name_of_an_emergency_is_warned_about(patient):
    assert "911" in patient.say("thunderclap headache")[0]["text"]


def test_after_an_urgent_warning_the_patient_can_book(patient):
    warned = patient.say("i have a headache and a fever since yesterday")
    assert warned[0]["kind"] == "safety"
    replies = patient.say("can i make an appointment")
    assert replies[-1]["input"] == "patient_name"


def test_facts_of_two_messages_make_one_warning(patient):
    patient.say("hi, i am 30 weeks pregnant and have a question")
    (reply,) = patient.say("i have a headache and my vision is blurry")
    assert reply["kind"] == "safety"
    assert "pregnant" in reply["text"]
