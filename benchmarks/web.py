"""What the desk adds to a turn: the same messages through the desk, and to the engine alone."""

from __future__ import annotations

from benchmarks import load
from benchmarks.results import Row, Sizes, save
from benchmarks.systems import frontdesk

TURNS = 10


def measure(sizes: Sizes) -> None:
    """One patient writes through the desk and to the engine in turn."""
    with frontdesk("actions", "engine", "desk", "worker") as stack:
        desk, engine = stack.desk(), stack.engine()
        samples = load.run([desk, engine], turns=TURNS, conversations=sizes.web_turns // TURNS)
    web, alone = load.p50(load.of(samples, desk)), load.p50(load.of(samples, engine))
    save(
        sizes,
        Row(
            "full web turn, p50; the ratio is what the desk adds, in ms",
            stock=None,
            ours=web,
            unit="ms",
            ratio=web - alone,
            bar=10,
            note=f"the engine alone {alone:.1f} ms, {sizes.web_turns} messages, one at a time",
        ),
    )
