"""The measures of the report, on values that can be worked out by hand."""

import pytest

from evaluation.metrics import (
    auroc,
    clopper_pearson_low,
    macro_f1,
    rejected_at_kept,
    reliability,
    risk_coverage,
    wilson,
)


def test_the_exact_bound_of_a_perfect_record_is_the_rule_of_three():
    assert clopper_pearson_low(100, 100) == pytest.approx(0.05 ** (1 / 100))


def test_nothing_caught_has_no_bound():
    assert clopper_pearson_low(0, 5) == 0


def test_the_wilson_interval_holds_the_proportion():
    low, high = wilson(9, 10)
    assert low < 0.9 < high


def test_macro_f1_counts_each_label_alike():
    assert macro_f1(["a", "a", "a", "b"], ["a", "a", "a", "a"]) == pytest.approx((6 / 7) / 2)


def test_confidence_that_is_always_right_is_calibrated_only_at_one():
    assert reliability([1.0, 1.0], [True, True])[0] == 0
    assert reliability([0.5, 0.5], [True, True])[0] == pytest.approx(0.5)


def test_scores_that_separate_have_the_whole_area():
    assert auroc([0.8, 0.9], [0.1, 0.2]) == 1
    assert rejected_at_kept([0.8, 0.9], [0.1, 0.2]) == 1


def test_risk_rises_when_errors_come_last():
    assert risk_coverage([0.9, 0.1], [True, False]) == [(0.5, 0.0), (1.0, 0.5)]
