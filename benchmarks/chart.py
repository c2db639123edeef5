"""The chart of turn time over the length of the conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
# The same figures give the same file.
mpl.rcParams["svg.hashsalt"] = "frontdesk"

from matplotlib import pyplot  # noqa: E402

PICTURE = Path(__file__).parent / "turn-time.svg"


def draw(curves: Mapping[str, Sequence[tuple[int, float]]], path: Path) -> None:
    """Draw (message, milliseconds) of each system; the times' axis is logarithmic."""
    pyplot.figure(figsize=(7, 4))
    for name, curve in curves.items():
        pyplot.plot([turn for turn, _ in curve], [ms for _, ms in curve], label=name)
    pyplot.yscale("log")
    pyplot.xlabel("message of the conversation")
    pyplot.ylabel("milliseconds a turn, p50")
    pyplot.grid(alpha=0.3, which="both")
    pyplot.legend()
    pyplot.tight_layout()
    pyplot.savefig(path, metadata={"Date": None})
    pyplot.close()
