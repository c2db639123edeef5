"""The time that one message takes to be understood, in the engine's pipeline alone."""

from __future__ import annotations

import asyncio
import statistics

from threadpoolctl import threadpool_limits

from benchmarks.results import Row, Sizes, save
from evaluation.nlu import Nlu
from evaluation.sets import TOPICS, load

WARM_UP = 20


def measure(sizes: Sizes) -> None:
    """Read validation messages one after the other, each once."""
    texts = [message.text for name in TOPICS["validation"] for message in load(name)]
    # From all over the sets, which are ordered by writer and topic.
    texts = texts[:: max(1, len(texts) // (sizes.compared + WARM_UP))]
    times = asyncio.run(_times(texts))[WARM_UP:]
    words = statistics.median(len(text.split()) for text in texts[WARM_UP:])
    what = "one message through NLU, p50"
    note = f"{len(times)} validation messages of {words:.0f} words in the middle"
    save(sizes, Row(what, None, statistics.median(times), "ms", 20, note=note))


async def _times(texts: list[str]) -> list[float]:
    nlu = await Nlu.load()
    # As scripts/stack.py has it for the engine.
    with threadpool_limits(1, "blas"):
        return await nlu.milliseconds(texts)
