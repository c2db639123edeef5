"""Measured rows, kept as JSON so that the parts of a table can be measured one by one."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.places import BENCH
from benchmarks.report import machine

# Of the machine before this run, which would otherwise measure itself.
LOAD = os.getloadavg()[0]
HEADER = "| what | stock | Frontdesk | ratio | bar | met |\n|" + " --- |" * 6


@dataclass(frozen=True)
class Sizes:
    """How much is measured; the table of a quick run is no result.

    Attributes:
        name: of the file that keeps the rows.
        starts: cold starts of each engine.
        turns: messages of a conversation that both engines hold.
        conversations: how many of them.
        long: messages of one more conversation with our engine.
        stored: conversations in the full store.
        compared: messages sent to the full store and to the empty one.
        web_turns: messages sent to the desk and to the engine.
        step: seconds of load at one rate.
        overload: seconds of load beyond capacity.
    """

    name: str
    starts: int
    turns: int
    conversations: int
    long: int
    stored: int
    compared: int
    web_turns: int
    step: int
    overload: int


FULL = Sizes("results", 3, 500, 5, 2000, 1_000_000, 400, 300, 30, 60)
QUICK = Sizes("quick", 1, 60, 1, 100, 20_000, 60, 40, 10, 15)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: was measured; also the row's key.
        stock: stock Rasa's figure, None where there is nothing to compare with.
        ours: our figure.
        unit: of both.
        ratio: what the bar is about; ours over stock unless given.
        bar: what `ratio` may be at most, or with `at_least` at least; None for a figure without one.
        note: the measurement's own facts, such as its sizes.
    """

    what: str
    stock: float | None
    ours: float
    unit: str
    bar: float | None
    ratio: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def measured_ratio(self) -> float:
        """What the bar is about."""
        if self.ratio is not None:
            return self.ratio
        return self.ours / self.stock if self.stock else self.ours

    @property
    def met(self) -> bool:
        """Whether the bar, if there is one, is met."""
        if self.bar is None:
            return True
        return self.measured_ratio >= self.bar if self.at_least else self.measured_ratio <= self.bar

    def line(self) -> str:
        """The row in Markdown."""
        what = f"{self.what} ({self.note})" if self.note else self.what
        stock = f"{self.stock:,.4g} {self.unit}" if self.stock is not None else "–"
        bar = " | "
        if self.bar is not None:
            bar = f"{'≥' if self.at_least else '≤'} {self.bar:g} | {'yes' if self.met else 'no'}"
        return f"| {what} | {stock} | {self.ours:,.4g} {self.unit} | {self.measured_ratio:,.3g} | {bar} |"


def save(sizes: Sizes, row: Row) -> None:
    """Keep a row, and print it."""
    kept = _load(sizes)
    kept.pop(row.what, None)
    kept[row.what] = {**asdict(row), "at": time.strftime("%Y-%m-%d %H:%M"), "load": LOAD}
    BENCH.mkdir(parents=True, exist_ok=True)
    path = BENCH / f"{sizes.name}.json"
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(row.line(), flush=True)


def forget(sizes: Sizes) -> None:
    """Begin a new table."""
    (BENCH / f"{sizes.name}.json").unlink(missing_ok=True)


def table(sizes: Sizes) -> str:
    """All kept rows with the facts of the machine."""
    kept = list(_load(sizes).values())
    times = sorted(row.pop("at") for row in kept)
    loads = sorted(row.pop("load") for row in kept)
    facts = (
        f"{machine()} From {times[0]} to {times[-1]}; load average before the run "
        f"{' to '.join(f'{load:.1f}' for load in dict.fromkeys((loads[0], loads[-1])))}."
    )
    return "\n".join([facts, "", HEADER, *(Row(**row).line() for row in kept)])


def _load(sizes: Sizes) -> dict[str, dict[str, Any]]:
    path = BENCH / f"{sizes.name}.json"
    kept: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return kept
