from pathlib import Path

import pytest

from knowledge import Safety, load_knowledge


@pytest.fixture
def safety(folder: Path) -> Safety:
    return load_knowledge(folder).safety


def test_a_tier_without_flags_is_answered_with_its_general_wording(safety: Safety) -> None:
    assert safety.text("emergency", [], "web", "en") == "Emergency. Call 911."


def test_a_flag_with_its_own_wording_replaces_the_general_one(safety: Safety) -> None:
    assert safety.text("emergency", ["stroke_signs"], "web", "en") == "Stroke signs. Call 911."


def test_a_flag_without_wording_leaves_the_word_to_the_next_flag(safety: Safety) -> None:
    assert safety.text("emergency", ["not_worded", "stroke_signs"], "web", "en") == "Stroke signs. Call 911."


def test_the_wording_of_a_lower_tier_never_replaces_the_emergency_wording(safety: Safety) -> None:
    assert safety.text("emergency", ["painkiller_overuse"], "web", "en") == "Emergency. Call 911."


def test_spanish_is_answered_in_spanish_on_sms(safety: Safety) -> None:
    assert safety.text("crisis", [], "sms", "es") == "Crisis SMS ES. Llame al 988."


def test_an_unknown_language_is_answered_in_english(safety: Safety) -> None:
    assert safety.text("crisis", [], "web", "fr") == "Crisis. Call or text 988."


def test_the_clinics_number_is_filled_in(safety: Safety) -> None:
    assert safety.text("urgent", [], "web", "en") == "Urgent. Call (310) 555-0142."


def test_questions_about_danger_signs_get_one_line_on_emergency_care(safety: Safety) -> None:
    assert safety.information_text("sms", "es") == "Si ocurre ahora, SMS 911."


def test_the_absence_of_an_emergency_has_no_wording(safety: Safety) -> None:
    with pytest.raises(ValueError, match="no safety wording for tier 'none'"):
        safety.text("none", [], "web", "en")


def test_a_channel_that_does_not_exist_is_refused(safety: Safety) -> None:
    with pytest.raises(ValueError, match="unknown channel 'email'"):
        safety.text("crisis", [], "email", "en")  # type: ignore[arg-type]


def test_a_flag_of_no_tier_adds_its_line_to_the_answer(safety: Safety) -> None:
    line = safety.added_text(["crisis_mentioned"], "sms", "en")
    assert line == "Mentioned SMS. Call or text 988."


def test_a_flag_with_a_warning_adds_no_line(safety: Safety) -> None:
    assert safety.added_text(["stroke_signs"], "web", "en") is None
