"""From the start of the engine's process to its first answer, and the memory it holds then."""

from __future__ import annotations

import statistics
import time

from benchmarks import memory
from benchmarks.results import Row, Sizes, save
from benchmarks.systems import Frontdesk, StockRasa, folder, wait_for_answer
from benchmarks.training import stock_model


def measure(sizes: Sizes) -> None:
    """Start both engines in turn, with empty stores; ours has its action server, stock needs none."""
    model = stock_model()
    stock_seconds, our_seconds = [], []
    for _ in range(sizes.starts):
        with folder() as var:
            started = time.monotonic()
            with StockRasa(var, model) as stock:
                wait_for_answer(stock.target)
                stock_seconds.append(time.monotonic() - started)
                stock_memory = memory.of_session(stock.session)
        with folder() as var, Frontdesk(var) as stack:
            stack.start("actions")
            stack.wait_ready(["actions"])
            started = time.monotonic()
            stack.start("engine")
            wait_for_answer(stack.engine())
            our_seconds.append(time.monotonic() - started)
            our_memory = memory.of_session(stack.session("engine"))
    save(
        sizes,
        Row(
            "`rasa run` until the model answers",
            stock=statistics.median(stock_seconds),
            ours=statistics.median(our_seconds),
            unit="s",
            bar=0.35,
            note=f"median of {sizes.starts}, files in the page cache",
        ),
    )
    save(sizes, _row("resident memory of the engine when ready, RSS", stock_memory.rss, our_memory.rss))
    save(sizes, _row("resident memory of the engine when ready, PSS", stock_memory.pss, our_memory.pss))


def _row(what: str, stock: float, ours: float) -> Row:
    return Row(what, stock=stock, ours=ours, unit="MB", bar=0.55)
