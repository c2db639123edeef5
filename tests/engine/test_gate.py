"""The gate between understanding and answering."""

from engine.gate import FOLLOW_UP, OUT_OF_SCOPE, PERSONAL, UNCLEAR, Thresholds, Understood, Verdict
from engine.gate import decide as decide_message

FEET = "feet_and_headaches"


def decide(ranking, certainty, thresholds=None):
    return decide_message(Understood("any words", ranking, certainty), thresholds=thresholds or Thresholds())


def said(text: str, intent: str, probability: float = 0.95) -> Understood:
    return Understood(text, [(intent, probability), ("doctor", 0.01)], probability)


def verdict(*parts: Understood, whole: Understood, last_topic: str | None = None) -> Verdict:
    return decide_message(whole, parts, last_topic)


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


def test_a_message_more_likely_refused_than_answered_is_out_of_scope():
    ranking = [(FEET, 0.4), (OUT_OF_SCOPE, 0.35), ("personal_medical_advice", 0.2)]
    assert decide(ranking, 0.3, Thresholds(sure=0.9)).intent == OUT_OF_SCOPE


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


def test_a_question_without_a_subject_is_about_the_last_answer():
    found = verdict(whole=said("does it hurt?", "nmt_method"), last_topic="botox_for_headaches")
    assert (found.intent, found.topics, found.detail) == (FOLLOW_UP, ["botox_for_headaches"], "does_it_hurt")


def test_a_question_with_its_own_subject_is_not_about_the_last_answer():
    found = verdict(whole=said("does nmt hurt?", "nmt_method"), last_topic="botox_for_headaches")
    assert found.intent == "nmt_method"


def test_without_a_last_answer_there_is_no_follow_up():
    assert verdict(whole=said("does it hurt?", "nmt_method")).intent == "nmt_method"
