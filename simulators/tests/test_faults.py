"""Faults are drawn by a seed, and by nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twilio_simulator.faults import LATEST_SECONDS, Faults


def test_the_same_seed_strikes_the_same_events() -> None:
    one, other = (Faults({"lost": 0.5}, "seed") for _ in range(2))
    events = [str(i) for i in range(100)]
    assert [one.strikes("lost", e) for e in events] == [other.strikes("lost", e) for e in events]


def test_a_rate_is_about_the_share_of_events() -> None:
    faults = Faults({"lost": 0.25}, "seed")
    assert 200 < sum(faults.strikes("lost", str(i)) for i in range(1000)) < 300


def test_what_was_not_asked_for_never_strikes() -> None:
    assert not any(Faults().strikes("lost", str(i)) for i in range(100))


@given(st.text())
def test_late_is_at_most_a_minute(event: str) -> None:
    assert 1 <= Faults().delay(event) <= LATEST_SECONDS


@pytest.mark.parametrize("rates", [{"earthquake": 0.1}, {"lost": 1.1}, {"lost": -1}])
def test_a_plan_that_makes_no_sense_is_refused(rates: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"unknown fault|from 0 to 1"):
        Faults(rates)
