"""The model beside the rules: what nobody foresaw is a stop, or is answered with the way out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minilm import ModelFileError
from sms import optout_model
from sms.evaluation.__main__ import SETS, rows_of
from sms.models import OutboundText
from sms.optout import by_rules, decide, read
from sms.segments import measure
from sms.wording import how_to_end
from tests.engine import FakeEngine, result
from tests.sms.phone import FakeProvider, Phone, deliver
from tests.sms.test_inbound import answered

IN_DOUBT = "could you send fewer texts"
EN_DUDA = "escríbanle a mi esposa, a mí no"


def test_a_damaged_network_is_refused(tmp_path: Path) -> None:
    damaged = tmp_path / "optout.onnx"
    damaged.write_bytes(optout_model.MODEL.read_bytes()[:-1] + b"!")
    with pytest.raises(ModelFileError, match="not the reviewed one"):
        optout_model.OptOutModel(damaged)


def test_the_end_of_a_long_text_is_read() -> None:
    story = "we drove to my sister in the mountains and came back on sunday evening " * 14
    probability = optout_model.model().probability
    assert probability(story) < 0.3
    assert probability(story + "and i do not want any more texts from you") > 0.9


def test_the_examples_are_not_in_the_test_sets() -> None:
    path = optout_model.MODEL.with_name("optout_examples.csv")
    with path.open(encoding="utf-8", newline="") as file:
        examples = {row["text"].casefold() for row in csv.DictReader(file)}
    tested = {row["text"].casefold() for row in rows_of(SETS / "optout_test.csv")}
    assert not examples & tested


@pytest.mark.parametrize(
    "text",
    [
        "no texts for me thanks",
        "please remove me from these, I am the old babysitter",
        "i would like my cell taken out of your reminders, thank you",
        "este numero es nuevo, quitenlo de su lista de mensajes",
    ],
)
def test_words_that_no_rule_foresaw_are_a_stop_or_in_doubt(text: str) -> None:
    reading = read(text)
    assert reading.decision == "stop" or reading.doubt


def test_the_model_stops_what_the_rules_miss() -> None:
    text = "please block my number from your system"
    assert by_rules(text) == "none"
    assert decide(text) == "stop"


def test_an_exception_of_the_rules_outweighs_a_model_that_is_less_than_certain() -> None:
    assert read("don't stop texting me", lambda _: 0.985).decision == "none"


def test_a_model_that_is_certain_outweighs_an_exception_in_english() -> None:
    text = "this is a work phone, no personal texts allowed, please take it off"
    assert by_rules(text) == "none"
    assert decide(text) == "stop"


def test_no_certainty_outweighs_an_exception_in_spanish() -> None:
    assert read("no paren de mandarme mensajes", lambda _: 0.999).decision == "none"


@pytest.mark.parametrize(
    "text",
    [
        "don't stop texting me",
        "please dont stop the texts",
        "do not stop sending reminders",
        "i don't want you to stop texting",
        "keep texting me please, don't take me off",
        "no paren de mandarme mensajes",
        "I can't stop texting lol",
        "no sé si quiero estos mensajes",
        "me pueden mandar menos mensajes",
    ],
)
def test_who_wants_the_texts_keeps_them(text: str) -> None:
    assert decide(text) == "none"


def test_a_keyword_outweighs_the_model() -> None:
    assert read("STOP", lambda _: 0.0).decision == "stop"


def test_a_find_that_the_model_thinks_unlikely_is_in_doubt() -> None:
    reading = read("please stop texting me", lambda _: 0.001)
    assert (reading.decision, reading.doubt) == ("none", True)


def test_a_word_near_a_graver_one_does_not_keep_a_stop_away() -> None:
    assert decide("i would like to be taken off the sms list, thanks") == "stop"


def test_the_model_never_signs_off_who_despairs() -> None:
    reading = read("i want to kill myself", lambda _: 0.999)
    assert (reading.decision, reading.doubt) == ("none", True)


@settings(deadline=None)
@given(st.text(max_size=2000))
def test_any_text_gets_a_probability(text: str) -> None:
    assert 0 <= optout_model.model().probability(text) <= 1


@pytest.mark.parametrize(("text", "spanish"), [(IN_DOUBT, False), (EN_DUDA, True)])
def test_what_is_in_doubt_is_answered_and_told_how_to_end_the_texts(
    phone: Phone, engine: FakeEngine, provider: FakeProvider, text: str, spanish: bool
) -> None:
    assert read(text).doubt
    phone.text("Hello")
    answered(1)
    phone.text(text)
    answered(2)
    deliver()
    assert text in provider.bodies()[-1]
    assert provider.bodies()[-1].endswith("\n\n" + how_to_end(spanish=spanish))
    assert not provider.bodies()[-2].endswith(how_to_end(spanish=spanish))


def test_where_the_line_does_not_fit_it_is_a_text_of_its_own(
    phone: Phone, engine: FakeEngine, provider: FakeProvider
) -> None:
    engine.behave = lambda _: (200, result("x" * 300))
    phone.text(IN_DOUBT)
    answered(1)
    deliver()
    assert provider.bodies()[-2:] == ["x" * 300, how_to_end(spanish=False)]


def test_a_warning_stands_alone_and_the_line_behind_it(
    phone: Phone, engine: FakeEngine, provider: FakeProvider
) -> None:
    engine.behave = lambda _: (
        200,
        result("Call 911 now.", decision="safety", tier="emergency"),
    )
    phone.text(IN_DOUBT)
    answered(1)
    deliver()
    assert "Call 911 now." in provider.bodies()
    assert how_to_end(spanish=False) in provider.bodies()
    assert OutboundText.objects.filter(urgent=True).count() == 1


def test_the_line_fits_a_segment_of_the_cheap_alphabet() -> None:
    for spanish in (False, True):
        size = measure(how_to_end(spanish=spanish))
        assert (size.encoding, size.segments) == ("GSM-7", 1)
