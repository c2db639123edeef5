"""The measures of the report: pure functions of labels, predictions and scores."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import beta
from sklearn.metrics import f1_score, roc_auc_score

CALIBRATION_BINS = 15
KEPT = 0.95


def wilson(successes: int, total: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a proportion."""
    if not total:
        return 0.0, 1.0
    z = 1.959964
    p = successes / total
    middle = p + z * z / (2 * total)
    spread = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def clopper_pearson_low(successes: int, total: int) -> float:
    """The exact one-sided 95 % lower bound of a proportion (Clopper and Pearson, Biometrika 1934)."""
    if not successes:
        return 0.0
    return float(beta.ppf(0.05, successes, total - successes + 1))


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """F1 averaged over the labels that occur in the truth."""
    return float(f1_score(truth, predicted, labels=sorted(set(truth)), average="macro", zero_division=0))


def bootstrap_macro_f1(
    truth: Sequence[str], predicted: Sequence[str], draws: int = 300
) -> tuple[float, float]:
    """The 95 % bootstrap interval of the macro-F1 (seeded)."""
    random = np.random.default_rng(0)
    labels, guesses = np.asarray(truth), np.asarray(predicted)
    values = []
    for _ in range(draws):
        drawn = random.integers(0, len(labels), len(labels))
        values.append(macro_f1(list(labels[drawn]), list(guesses[drawn])))
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def reliability(
    confidences: Sequence[float], right: Sequence[bool]
) -> tuple[float, list[tuple[float, float, int]]]:
    """The expected calibration error over 15 equal bins, and each bin's (confidence, accuracy, count)."""
    values, hits = np.asarray(confidences), np.asarray(right, dtype=float)
    places = np.minimum((values * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    bins = [
        (
            float(values[places == place].mean()),
            float(hits[places == place].mean()),
            int((places == place).sum()),
        )
        for place in range(CALIBRATION_BINS)
        if (places == place).any()
    ]
    error = sum(count * abs(confidence - accuracy) for confidence, accuracy, count in bins) / len(values)
    return error, bins


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """The chance that a score from inside the scope is higher than one from outside."""
    return float(roc_auc_score([1] * len(inside) + [0] * len(outside), [*inside, *outside]))


def rejected_at_kept(inside: Sequence[float], outside: Sequence[float], kept: float = KEPT) -> float:
    """The share of outside scores below the threshold that keeps `kept` of the inside ones."""
    threshold = np.quantile(inside, 1 - kept)
    return float((np.asarray(outside) < threshold).mean())


def risk_coverage(scores: Sequence[float], right: Sequence[bool]) -> list[tuple[float, float]]:
    """(coverage, error among what is covered) when the highest scores are taken first."""
    order = np.argsort(-np.asarray(scores), kind="stable")
    errors = np.cumsum(~np.asarray(right, dtype=bool)[order])
    counts = np.arange(1, len(order) + 1)
    return [(float(n / len(order)), float(e / n)) for n, e in zip(counts, errors, strict=True)]
