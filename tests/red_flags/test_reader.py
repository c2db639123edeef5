"""What the red-flag reader must read in messages as patients and relatives write them."""

from __future__ import annotations

import pytest

from red_flags import RedFlagReader

EMERGENCIES = {
    "painkillers don't help and now i have a fever and a stiff neck": "meningitis_signs",
    "worst headache of my life": "thunderclap",
    "husband cant lift his left arm": "stroke_weakness",
    "I hit my head yesterday and I keep throwing up": "head_injury_danger",
    "had botox last week and now I can't swallow": "botox_spread",
    "we all have headaches and the furnace is on": "carbon_monoxide",
    "i took a whole bottle of tylenol": "overdose",
    "chiro cracked my neck yesterday, now dizzy and a terrible headache": "artery_dissection",
    "i had a concussion in 2009 but now my left arm is numb": "stroke_weakness",
    "no, i have a fever and a stiff neck": "meningitis_signs",
    "what are the signs of a stroke? my face is drooping": "stroke_face",
    "I can't move my arm": "stroke_weakness",
    "Any relief? No. Fever and a stiff neck since last night": "meningitis_signs",
    "Fever? Yes. Stiff neck? Yes. Rash? No.": "meningitis_signs",
    "my left arm is numb and I can't lift it no": "stroke_weakness",
}
NOT_NOW = [
    "no fever, no stiff neck, just my usual",
    "no fever, rash or stiff neck",
    "Fever? No. Stiff neck? Nope.",
    "Nope on the chest pain, nope on the numbness.",
    "Aura none, fever none, stiff neck none.",
    "a concussion in 2009 that healed",
    "my boss gives me the worst headache",
    "this bill is killing me",
    "I'm dying to know whether botox works",
    "i could kill for a coffee",
    "this form is a headache of a form",
    "can i come in on thursday?",
    "what is neuromuscular therapy",
    "",
]
ASKED = [
    "what kind of headache comes before a stroke?",
    "what are the signs of meningitis",
    "how do I know if a headache is an emergency",
    "can botox cause trouble swallowing?",
    "is slurred speech a symptom of migraine?",
]
SPANISH = {
    "quiero morirme": "crisis",
    "mi hijo se quiere matar": "crisis",
    "el peor dolor de cabeza de mi vida": "emergency",
    "tengo fiebre y el cuello rígido": "emergency",
    "mi mamá no puede mover el brazo": "emergency",
    "se golpeó la cabeza y está vomitando": "emergency",
    "estoy embarazada y veo borroso": "emergency",
    "no puedo respirar": "emergency",
}


@pytest.mark.parametrize(("text", "flag"), EMERGENCIES.items())
def test_an_emergency_is_escalated_with_its_flag(reader: RedFlagReader, text: str, flag: str) -> None:
    reading = reader.read(text)
    assert (reading.tier, flag in reading.flags) == ("emergency", True)


@pytest.mark.parametrize("text", NOT_NOW)
def test_what_is_denied_past_or_figurative_is_no_red_flag(reader: RedFlagReader, text: str) -> None:
    assert reader.read(text).tier == "none"


@pytest.mark.parametrize(
    "text",
    [
        "please no sms",
        "i get headaches with pms every month",
        "the ems crew was kind",
        "do you treat bone spurs",
        "my wife keeps nagging me to sit up",
        "i would not have minded a reminder",
        "tamales for lunch",
        "git says detached head",
        "i've been off since the layoff",
    ],
)
def test_a_right_word_is_no_slip_of_a_graver_one(reader: RedFlagReader, text: str) -> None:
    assert reader.read(text).tier == "none"


@pytest.mark.parametrize("text", ASKED)
def test_a_general_question_is_informational(reader: RedFlagReader, text: str) -> None:
    reading = reader.read(text)
    assert (reading.tier, reading.informational) == ("none", True)


@pytest.mark.parametrize(("text", "tier"), SPANISH.items())
def test_spanish_red_flags_are_recognised_as_spanish(reader: RedFlagReader, text: str, tier: str) -> None:
    reading = reader.read(text)
    assert (reading.tier, reading.locale) == (tier, "es")


def test_crisis_comes_before_emergency(reader: RedFlagReader) -> None:
    reading = reader.read("i have chest pain and i want to kill myself")
    assert (reading.tier, reading.flags[0]) == ("crisis", "suicide")


def test_a_denied_crisis_is_only_mentioned(reader: RedFlagReader) -> None:
    reading = reader.read("I'm not suicidal, just tired of the pain")
    assert (reading.tier, reading.flags) == ("none", ("crisis_mentioned",))


def test_facts_of_two_messages_count_together(reader: RedFlagReader) -> None:
    first = reader.read("i'm 28 weeks pregnant")
    second = reader.read("my vision is blurry", known_facts=first.facts)
    assert (first.tier, second.tier) == ("none", "emergency")


def test_new_headache_and_age_count_together_in_either_order(reader: RedFlagReader) -> None:
    first = reader.read("i never had headaches before this month")
    assert "new_headache_over_50" in reader.read("i'm 63", known_facts=first.facts).flags


def test_known_facts_alone_raise_nothing(reader: RedFlagReader) -> None:
    known = reader.read("i have a fever and a stiff neck").facts
    assert reader.read("what are your opening hours", known_facts=known).tier == "none"


def test_restating_a_sign_raises_it_again(reader: RedFlagReader) -> None:
    known = reader.read("i can't breathe").facts
    assert reader.read("i can't breathe!!", known_facts=known).tier == "emergency"


def test_facts_are_carried_on(reader: RedFlagReader) -> None:
    known = frozenset({"pregnant"})
    assert "pregnant" in reader.read("thanks", known_facts=known).facts


def test_a_long_message_is_read_to_its_end(reader: RedFlagReader) -> None:
    story = "I work at a desk and my shoulders get tight every afternoon. " * 150
    assert reader.read(story + "My face is drooping.").tier == "emergency"


def test_medication_overuse_is_flagged_without_a_tier(reader: RedFlagReader) -> None:
    reading = reader.read("i take excedrin every day")
    assert (reading.tier, reading.flags) == ("none", ("medication_overuse",))
