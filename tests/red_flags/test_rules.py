"""The rule files: every example holds, every criterion is complete, and mistakes are reported."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from red_flags import RedFlagReader, RuleError
from red_flags.rules import RULES, TIERS, Criterion, load_rules

CRITERIA = load_rules().criteria
MUST_MATCH = [(c.flag, text) for c in CRITERIA for text in c.must_match]
MUST_NOT_MATCH = [(c.flag, text) for c in CRITERIA for text in c.must_not_match]
TYPO_SEED = 20090


@pytest.mark.parametrize(("flag", "text"), MUST_MATCH)
def test_example_is_flagged(reader: RedFlagReader, flag: str, text: str) -> None:
    assert flag in reader.read(text).flags


@pytest.mark.parametrize(("flag", "text"), MUST_NOT_MATCH)
def test_counterexample_is_not_flagged(reader: RedFlagReader, flag: str, text: str) -> None:
    assert flag not in reader.read(text).flags


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.flag)
def test_criterion_names_its_source(criterion: Criterion) -> None:
    assert criterion.source[0]
    assert criterion.source[1].startswith("https://")


def test_flags_are_unique() -> None:
    flags = [c.flag for c in CRITERIA]
    assert len(flags) == len(set(flags))


def with_one_typo(text: str, rng: random.Random) -> str:
    """Swap, drop or double one letter of a word with at least four letters."""
    words = text.split(" ")
    at = rng.choice([i for i, word in enumerate(words) if len(word) >= 4] or [0])
    word = words[at]
    i = rng.randrange(max(len(word) - 1, 1))
    swapped = word[:i] + word[i + 1 : i + 2] + word[i] + word[i + 2 :]
    words[at] = rng.choice([swapped, word[:i] + word[i + 1 :], word[:i] + word[i] + word[i:]])
    return " ".join(words)


def test_one_typo_seldom_hides_an_emergency(reader: RedFlagReader) -> None:
    rng = random.Random(TYPO_SEED)  # noqa: S311
    tiers = {c.flag: TIERS.index(c.tier) for c in CRITERIA}
    severe = [(flag, text) for flag, text in MUST_MATCH if tiers[flag] >= TIERS.index("emergency")]
    noisy = [with_one_typo(text, rng) for _, text in severe for _ in range(3)]
    kept = sum(reader.read(text).tier in ("emergency", "crisis") for text in noisy)
    assert kept / len(noisy) >= 0.97


def test_wrong_rules_are_all_reported(tmp_path: Path) -> None:
    shutil.copytree(RULES, tmp_path / "rules")
    (tmp_path / "rules" / "wrong.yml").write_text(
        "criteria:\n- {flag: odd, tier: soon, meaning: m, source: {title: t},\n"
        "   must_match: [x], patterns: ['@nowhere'], facts: [[flying]]}\n",
        encoding="utf-8",
    )
    with pytest.raises(RuleError) as caught:
        RedFlagReader.load(tmp_path / "rules")
    assert all(part in str(caught.value) for part in ("tier", "@nowhere", "flying"))
