"""The report's curves as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
# The same figures give the same file.
mpl.rcParams["svg.hashsalt"] = "frontdesk"

from matplotlib import pyplot  # noqa: E402

FOLDER = Path(__file__).parent / "pictures"
SIZE = (4.2, 3.6)


def _save(name: str, x: str, y: str) -> None:
    pyplot.xlabel(x)
    pyplot.ylabel(y)
    pyplot.grid(alpha=0.3)
    pyplot.tight_layout()
    FOLDER.mkdir(exist_ok=True)
    pyplot.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
    pyplot.close()


def reliability(bins: Sequence[tuple[float, float, int]], name: str) -> None:
    """Accuracy over confidence; the area of a dot is the number of messages."""
    pyplot.figure(figsize=SIZE)
    pyplot.plot([0, 1], [0, 1], color="gray", linewidth=1)
    pyplot.scatter([b[0] for b in bins], [b[1] for b in bins], s=[8 + b[2] / 2 for b in bins])
    _save(name, "confidence", "accuracy")


def risk_coverage(curve: Sequence[tuple[float, float]], name: str) -> None:
    """Error among the messages that are taken, over the share that is taken."""
    pyplot.figure(figsize=SIZE)
    pyplot.plot([point[0] for point in curve], [point[1] for point in curve])
    _save(name, "share of messages taken, surest first", "error among them")


def noise(curve: Sequence[tuple[int, float, float]], name: str) -> None:
    """Macro-F1 and kept warnings over typing errors."""
    pyplot.figure(figsize=SIZE)
    errors = [point[0] for point in curve]
    pyplot.plot(errors, [point[1] for point in curve], marker="o", label="macro-F1")
    pyplot.plot(errors, [point[2] for point in curve], marker="s", label="grave warnings kept")
    pyplot.legend()
    pyplot.xticks(errors)
    _save(name, "typing errors a message", "share")
