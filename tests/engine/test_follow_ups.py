"""Questions about the last answer, told from messages that stand for themselves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.encoders import general_encoder
from engine.follow_ups import LONGEST, FollowUpModel
from engine.gate import Thresholds
from evaluation.training import intent_examples
from knowledge import load_knowledge


@pytest.fixture(scope="module")
def model() -> FollowUpModel:
    own = [text for text, _ in intent_examples()][::12]
    return FollowUpModel.fit(own, general_encoder().encode(own))


def read(model: FollowUpModel, text: str) -> tuple[str, float] | None:
    return model.read(text, general_encoder().encode([text]))


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("does it hurt?", "does_it_hurt"),
        ("Is that painful at all", "does_it_hurt"),
        ("how long would that take", "how_long"),
        ("ok and how often would i need that", "how_often"),
        ("so is that safe", "is_it_safe"),
        ("and what does it cost", "cost"),
        ("does it really work", "does_it_work"),
        ("who does it there", "who"),
        ("can you tell me more", "more"),
    ],
)
def test_a_question_that_names_nothing_is_a_follow_up_of_its_kind(
    model: FollowUpModel, text: str, detail: str
):
    kind, probability = read(model, text) or ("", 0.0)
    assert kind == detail
    assert probability >= Thresholds.follow_up


@pytest.mark.parametrize(
    "text",
    ["what is neuromuscular therapy", "I need to cancel my appointment", "do high heels cause headaches"],
)
def test_a_message_that_names_its_subject_stands_for_itself(model: FollowUpModel, text: str):
    _, probability = read(model, text) or ("", 0.0)
    assert probability < Thresholds.maybe_follow_up


@given(st.text(max_size=300))
@settings(deadline=None, max_examples=30)
def test_any_text_is_a_known_kind_or_too_long(model: FollowUpModel, text: str):
    found = read(model, text)
    if len(text.split()) > LONGEST or not text.strip():
        assert found is None
    else:
        assert found is not None
        assert found[0] in load_knowledge().details
        assert 0 <= found[1] <= 1
