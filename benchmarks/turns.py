"""The time of a turn over the length of its conversation, in stock Rasa and in our engine."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Sequence

from benchmarks import chart, load
from benchmarks.load import Sample
from benchmarks.load.targets import MESSAGES
from benchmarks.places import BENCH
from benchmarks.results import Row, Sizes, save
from benchmarks.systems import frontdesk, stock_rasa
from benchmarks.training import stock_model

# All messages once, so that what is compared, and each dot of the chart, is of the same texts.
CYCLE = len(MESSAGES)
EARLY = range(2, 2 + CYCLE)


def measure(sizes: Sizes) -> None:
    """Both engines hold the same conversations, message by message in turn; then ours holds a longer one."""
    with frontdesk("actions", "engine") as stack, stock_rasa(stock_model()) as stock:
        ours = stack.engine()
        together = load.run([stock.target, ours], turns=sizes.turns, conversations=sizes.conversations)
        stock_samples, our_samples = load.of(together, stock.target), load.of(together, ours)
        long = load.run([ours], turns=sizes.long, conversations=1)
    early_stock, early = _median(stock_samples, EARLY), _median(our_samples, EARLY)
    growth = _median(our_samples, _last(sizes.turns)) / early
    windows = f"messages {EARLY[0]}-{EARLY[-1]} and the last {CYCLE}"
    save(
        sizes,
        Row(
            f"turn at message {sizes.turns} over turn at message 5, p50",
            stock=_median(stock_samples, _last(sizes.turns)) / early_stock,
            ours=growth,
            unit="×",
            ratio=growth,
            bar=1.15,
            note=f"{windows}, {sizes.conversations} conversations",
        ),
    )
    longer = _median(long, _last(sizes.long)) / _median(long, EARLY)
    what = f"turn at message {sizes.long:,} over turn at message 5, p50"
    save(sizes, Row(what, None, longer, "×", 1.15, note=f"{windows}, 1 conversation"))
    save(
        sizes,
        Row(
            "turn at message 5, p50", early_stock, early, "ms", None, note=f"messages {EARLY[0]}-{EARLY[-1]}"
        ),
    )
    curves = {"stock Rasa": _curve(stock_samples), "Frontdesk": _curve([*our_samples, *long])}
    (BENCH / f"turns-{sizes.name}.json").write_text(json.dumps(curves) + "\n", encoding="utf-8")
    chart.draw(curves, chart.PICTURE if sizes.name == "results" else BENCH / "turn-time-quick.svg")


def _last(turns: int) -> range:
    return range(turns - CYCLE + 1, turns + 1)


def _median(samples: Sequence[Sample], turns: range) -> float:
    return load.p50([sample for sample in samples if sample.turn in turns])


def _curve(samples: Sequence[Sample]) -> list[tuple[int, float]]:
    """Median milliseconds of every `CYCLE` turns, at their middle."""
    times = defaultdict(list)
    for sample in samples:
        times[(sample.turn - 1) // CYCLE].append(sample.ms)
    return [(window * CYCLE + CYCLE // 2, statistics.median(times[window])) for window in sorted(times)]
