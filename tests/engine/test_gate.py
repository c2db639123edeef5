"""The gate between understanding and answering."""

from hypothesis import given
from hypothesis import strategies as st

from engine.gate import OUT_OF_SCOPE, UNCLEAR, Thresholds, certainty, decide

FEET = "feet_and_headaches"
NEAR = [(FEET, 0.9), (FEET, 0.9), (FEET, 0.8)]
FAR = [("clinic_hours", 0.3), ("greet", 0.3), ("doctor", 0.2)]
shares = st.floats(0, 1)


def test_a_likely_topic_near_its_examples_is_answered():
    assert decide([(FEET, 0.9), ("doctor", 0.05)], NEAR).intent == FEET


def test_a_likely_topic_unlike_all_examples_is_not_answered():
    assert decide([(FEET, 0.9), ("doctor", 0.05)], FAR).intent != FEET


def test_an_unsure_message_offers_at_most_three_topics():
    ranking = [(FEET, 0.3), ("doctor", 0.25), ("clinic_hours", 0.2), ("trigger_points", 0.2)]
    verdict = decide(ranking, [(FEET, 0.8), ("doctor", 0.8), ("doctor", 0.7)])
    assert verdict.intent == UNCLEAR
    assert verdict.candidates == [FEET, "doctor", "clinic_hours"]


def test_guarded_topics_and_small_talk_are_never_offered():
    ranking = [(FEET, 0.35), ("greet", 0.3), ("personal_medical_advice", 0.2)]
    assert decide(ranking, NEAR[:1] + FAR[:2], Thresholds(sure=0.9)).candidates == [FEET]


def test_a_message_more_likely_refused_than_answered_is_out_of_scope():
    ranking = [(FEET, 0.4), (OUT_OF_SCOPE, 0.35), ("personal_medical_advice", 0.2)]
    assert decide(ranking, NEAR, Thresholds(sure=0.9)).intent == OUT_OF_SCOPE


@given(
    shares, st.lists(st.tuples(st.sampled_from([FEET, "doctor"]), st.floats(-1, 1)), min_size=1, max_size=3)
)
def test_certainty_stays_between_0_and_1(probability, nearest):
    assert 0 <= certainty(FEET, probability, nearest) <= 1
