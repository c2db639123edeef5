from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.segments import GSM7_BASIC, GSM7_EXTENSION, not_gsm7, segments

basic = st.text(st.sampled_from(sorted(GSM7_BASIC)), max_size=500)
extension = st.text(st.sampled_from(sorted(GSM7_EXTENSION)), max_size=250)
gsm7 = st.text(st.sampled_from(sorted(GSM7_BASIC | GSM7_EXTENSION)), max_size=400)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("hello", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 159 + "€", 2),
        ("€" * 153, 3),
        ("line\r\n" * 40, 2),
        ("¿Dónde está la clínica? " * 3, 2),
        ("¡Hola! ¿Tiene migraña? ÑñÜüàèéìòù" * 4, 1),
        ("ç" * 70, 1),
        ("ç" * 71, 2),
        ("`" * 134, 2),
        ("`" * 135, 3),
        ("👍" * 35, 1),
        ("👍" * 36, 2),
        ("👍" * 66, 2),
        ("👍" * 67, 3),
        ("a" * 66 + "👍" + "a" * 65, 2),
        ("a" * 66 + "👍" + "a" * 66, 3),
        ("a" * 152 + "€" + "a" * 151, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
    ],
)
def test_a_message_takes_as_many_segments_as_carriers_charge(text: str, expected: int) -> None:
    assert segments(text) == expected


def test_the_default_alphabet_has_its_128_codes_without_the_escape() -> None:
    assert len(GSM7_BASIC) == 127
    assert not GSM7_BASIC & GSM7_EXTENSION


def test_characters_outside_gsm7_are_named_once_in_order() -> None:
    assert not_gsm7("it\u2019s \u2026 it\u2019s") == "\u2019\u2026"


@given(basic)
def test_basic_characters_fill_160_or_153_septets(text: str) -> None:
    assert segments(text) == (1 if len(text) <= 160 else ceil(len(text) / 153))


@given(extension)
def test_76_extension_characters_fit_one_part(text: str) -> None:
    assert segments(text) == (1 if len(text) <= 80 else ceil(len(text) / 76))


@given(gsm7)
def test_keeping_extension_characters_whole_wastes_at_most_one_septet_a_part(text: str) -> None:
    septets = len(text) + sum(c in GSM7_EXTENSION for c in text)
    if septets > 160:
        assert ceil(septets / 153) <= segments(text) <= ceil(septets / 152)
    else:
        assert segments(text) == 1


@given(st.text(max_size=300))
def test_a_longer_message_never_takes_fewer_segments(text: str) -> None:
    counts = [segments(text[:end]) for end in range(0, len(text) + 1, 7)]
    assert counts == sorted(counts)


@given(st.text(max_size=300), st.sampled_from("á…漢"))
def test_one_foreign_character_makes_every_character_cost_utf16_units(text: str, foreign: str) -> None:
    units = len((text + foreign).encode("utf-16-le", "surrogatepass")) // 2
    count = segments(text + foreign)
    if units > 70:
        assert ceil(units / 67) <= count <= ceil(units / 66)
    else:
        assert count == 1
