"""Seeded typing errors."""

from hypothesis import given
from hypothesis import strategies as st

from evaluation.noise import with_typos

text = st.text(max_size=200)


@given(text, st.integers(0, 3))
def test_the_same_seed_gives_the_same_errors(text, count):
    assert with_typos(text, count, "a") == with_typos(text, count, "a")


@given(text)
def test_no_error_changes_nothing(text):
    assert with_typos(text, 0, "a") == text


def test_one_error_changes_one_word():
    before = "what is neuromuscular therapy"
    after = with_typos(before, 1, "a")
    assert sum(a != b for a, b in zip(before.split(), after.split(), strict=True)) == 1
