"""The gate between understanding and answering."""

from engine.gate import FOLLOW_UP, OUT_OF_SCOPE, PERSONAL, UNCLEAR, Thresholds, Understood, Verdict
from engine.gate import decide as decide_message

FEET = "feet_and_headaches"
HURT = "does_it_hurt"


def decide(ranking, certainty, thresholds=None):
    return decide_message(Understood("any words", ranking, certainty), thresholds=thresholds or Thresholds())


def said(text: str, intent: str, probability: float = 0.95) -> Understood:
    return Understood(text, [(intent, probability), ("doctor", 0.01)], probability)


def verdict(
    *parts: Understood,
    whole: Understood,
    last_topic: str | None = None,
    follow_up: tuple[str, float] | None = None,
) -> Verdict:
    return decide_message(whole, parts, last_topic, follow_up)


def test_a_likely_topic_near_its_examples_is_answered():
    assert decide([(FEET, 0.9), ("doctor", 0.05)], 0.8).intent == FEET


def test_a_likely_topic_unlike_all_examples_is_not_answered():
    assert decide([(FEET, 0.9), ("doctor", 0.05)], 0.2).intent != FEET


def test_an_unsure_message_offers_at_most_three_topics():
    ranking = [(FEET, 0.3), ("doctor", 0.25), ("clinic_hours", 0.2), ("trigger_points", 0.2)]
    verdict = decide(ranking, 0.2)
    assert verdict.intent == UNCLEAR
    assert verdict.candidates == [FEET, "doctor", "clinic_hours"]


def test_guarded_topics_and_small_talk_are_never_offered():
    ranking = [(FEET, 0.35), ("greet", 0.3), ("personal_medical_advice", 0.2)]
    assert decide(ranking, 0.3, Thresholds(sure=0.9)).candidates == [FEET]


def test_a_message_that_is_surely_out_of_scope_is_turned_away():
    assert decide([(OUT_OF_SCOPE, 0.8), (FEET, 0.1)], 0.6).intent == OUT_OF_SCOPE


def test_a_message_that_may_be_out_of_scope_is_asked_back_with_the_likeliest_topics():
    verdict = decide([(OUT_OF_SCOPE, 0.5), (FEET, 0.3), ("doctor", 0.01)], 0.3)
    assert (verdict.intent, verdict.candidates) == (UNCLEAR, [FEET])


def test_what_may_be_a_topic_or_personal_advice_is_asked_back():
    verdict = decide([(PERSONAL, 0.6), (FEET, 0.3)], 0.35)
    assert (verdict.intent, verdict.candidates) == (UNCLEAR, [FEET])


def test_what_may_be_personal_advice_and_no_topic_is_never_taken_for_small_talk():
    assert decide([(PERSONAL, 0.6), ("greet", 0.3)], 0.35).intent == PERSONAL


def test_a_wish_to_the_office_needs_no_form_of_a_question():
    parts = (
        said("Please confirm my Wednesday.", "change_appointment"),
        said("where do i park?", "clinic_location"),
    )
    assert verdict(*parts, whole=said("the whole", "clinic_location")).topics == [
        "change_appointment",
        "clinic_location",
    ]


def test_advice_asked_in_one_part_is_never_passed_over():
    parts = said("would it be ok for me?", PERSONAL), said("which floor are you on", "clinic_location")
    found = verdict(*parts, whole=said("the whole", OUT_OF_SCOPE, 0.1))
    assert (found.intent, found.topics) == (PERSONAL, [PERSONAL, "clinic_location"])


def test_two_questions_in_one_message_are_both_asked():
    parts = said("do heels cause this", FEET), said("can i come thursday", "book_appointment")
    found = verdict(*parts, whole=said("do heels cause this and can i come thursday", FEET, 0.5))
    assert found.topics == [FEET, "book_appointment"]


def test_a_story_beside_the_question_asks_nothing():
    parts = (
        said("my neck muscles have been tight since the winter.", "muscles_and_headaches"),
        said("do you take cards?", "insurance_and_cost"),
    )
    found = verdict(*parts, whole=said("the whole", "insurance_and_cost"))
    assert found.topics == ["insurance_and_cost"]


def test_the_question_at_the_end_of_an_unclear_story_is_answered():
    parts = (
        said("it all began in the spring of that year.", "greet"),
        said("where are you?", "clinic_location"),
    )
    whole = Understood("the whole", [("doctor", 0.3), ("clinic_location", 0.3)], 0.2)
    assert verdict(*parts, whole=whole).topics == ["clinic_location"]


def test_personal_advice_is_refused_and_the_clinic_s_part_answered():
    parts = said("should i stop my pills?", PERSONAL), said("where are you?", "clinic_location")
    found = verdict(*parts, whole=said("the whole", PERSONAL))
    assert (found.intent, found.topics) == (PERSONAL, [PERSONAL, "clinic_location"])


def test_no_article_answers_beside_personal_advice():
    parts = said("should i stop my pills?", PERSONAL), said("do heels do this?", FEET)
    assert verdict(*parts, whole=said("the whole", PERSONAL)).topics == [PERSONAL]


def test_a_message_that_is_surely_a_follow_up_is_about_the_last_answer():
    found = verdict(
        whole=said("does it hurt?", "nmt_method"), last_topic="botox_for_headaches", follow_up=(HURT, 0.97)
    )
    assert (found.intent, found.topics, found.detail) == (FOLLOW_UP, ["botox_for_headaches"], HURT)


def test_a_message_that_is_surely_something_else_is_a_follow_up_only_beyond_doubt():
    found = verdict(
        whole=said("does nmt hurt?", "nmt_method"), last_topic="botox_for_headaches", follow_up=(HURT, 0.7)
    )
    assert found.intent == "nmt_method"


def test_a_message_that_is_nothing_for_sure_is_rather_a_follow_up():
    found = verdict(
        whole=said("would it be bad", "nmt_method", 0.05),
        last_topic="botox_for_headaches",
        follow_up=(HURT, 0.5),
    )
    assert found.intent == FOLLOW_UP


def test_without_a_last_answer_there_is_no_follow_up():
    assert verdict(whole=said("does it hurt?", "nmt_method"), follow_up=(HURT, 0.97)).intent == "nmt_method"
