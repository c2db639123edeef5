"""The model beside the rules: what nobody foresaw is a stop, or is answered with the way out."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sms import optout_model
from sms.evaluation.__main__ import SETS
from sms.evaluation.__main__ import read as rows_of
from sms.models import OutboundText
from sms.optout import by_rules, decide, read
from sms.segments import measure
from sms.wording import how_to_end
from tests.engine import FakeEngine, result
from tests.sms.phone import FakeProvider, Phone, deliver
from tests.sms.test_inbound import answered

IN_DOUBT = "please send the reminders by mail instead of texting"
EN_DUDA = "escríbanle a mi esposa, a mí no"


def test_the_weights_are_not_older_than_what_they_were_made_of() -> None:
    assert optout_model.stored()["fingerprint"] == optout_model.fingerprint(), (
        "run `make optout-model`"
    )


def test_the_weights_are_small() -> None:
    assert optout_model.WEIGHTS.stat().st_size < 1_000_000


def test_the_examples_are_not_in_the_test_set() -> None:
    path = optout_model.HERE / "optout_examples.csv"
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


def test_an_exception_of_the_rules_outweighs_the_model() -> None:
    assert read("don't stop texting me", likely=0.999).decision == "none"


def test_a_keyword_outweighs_the_model() -> None:
    assert read("STOP", likely=0.0).decision == "stop"


def test_a_find_that_the_model_thinks_unlikely_is_in_doubt() -> None:
    reading = read("please stop texting me", likely=0.001)
    assert (reading.decision, reading.doubt) == ("none", True)


def test_the_model_never_signs_off_who_despairs() -> None:
    reading = read("i want to kill myself", likely=0.999)
    assert (reading.decision, reading.doubt) == ("none", True)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_a_probability(text: str) -> None:
    words = text.split()
    assert 0 <= optout_model.model().probability(words) <= 1


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
