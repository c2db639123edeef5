"""Segments beside an independent counter."""

from __future__ import annotations

import smsutil
from hypothesis import given
from hypothesis import strategies as st

from twilio_simulator.segments import measure

TEXTS = st.text(
    st.one_of(
        st.sampled_from("aZ 0€[~|é¿ñ\n"),
        st.sampled_from("aZ 0€[~|é¿ñ\nóá\u2019🙂👍🏽"),
        st.characters(codec="utf-8"),
    ),
    max_size=400,
)


@given(TEXTS)
def test_it_counts_as_another_counter_does(text: str) -> None:
    assert measure(text).segments == max(len(smsutil.split(text).parts), 1)


def test_a_toll_free_number_has_shorter_parts() -> None:
    assert [measure("x" * 305, number).segments for number in ("+13105550142", "+18005550142")] == [
        2,
        3,
    ]
