"""The time of a turn in a store of many conversations beside that in an empty one."""

from __future__ import annotations

import time
from pathlib import Path

import sqlalchemy as sa

from benchmarks import load
from benchmarks.results import Row, Sizes, save
from benchmarks.systems import Frontdesk, folder, frontdesk, wait_for_answer

# What the tables of the tracker store call a conversation.
KEYS = ("conversation", "sender_id")
# Messages of each stored conversation, and of those that are measured.
STORED_TURNS = 1
TURNS = 10
# In one transaction.
BATCH = 5_000


def measure(sizes: Sizes) -> None:
    """Send each message to an engine with a full store and to one with an empty store."""
    with folder() as var, Frontdesk(var) as full, frontdesk("actions", "engine") as empty:
        seconds = _fill(full, sizes.stored)
        _start(full)
        targets = [full.engine("full"), empty.engine("empty")]
        samples = load.run(targets, turns=TURNS, conversations=sizes.compared // TURNS)
        times = {target.name: load.p50(load.of(samples, target)) for target in targets}
        size = (var / "engine.sqlite3").stat().st_size / 1e9
    save(
        sizes,
        Row(
            f"turn in a store of {sizes.stored:,} conversations over an empty one, p50",
            stock=None,
            ours=times["full"],
            unit="ms",
            ratio=times["full"] / times["empty"],
            bar=1.15,
            note=f"{times['empty']:.1f} ms in the empty one; {size:.1f} GB, filled in {seconds:.0f} s",
        ),
    )


def _start(stack: Frontdesk) -> None:
    stack.start("actions", "engine")
    wait_for_answer(stack.engine())


def _fill(stack: Frontdesk, conversations: int) -> float:
    """Let the engine hold one conversation, stop it and multiply the rows; return the seconds of that."""
    _start(stack)
    [sample, *_] = load.run([stack.engine()], turns=STORED_TURNS, conversations=1)
    stack.stop()
    started = time.monotonic()
    multiply(stack.var / "engine.sqlite3", sample.conversation, conversations)
    return time.monotonic() - started


def multiply(path: Path, conversation: str, times: int) -> None:
    """Copy a conversation, in all tables that hold it, under ids that lie evenly among all ids."""
    database = sa.create_engine(f"sqlite:///{path}")
    tables = sa.MetaData()
    tables.reflect(database)
    with database.connect() as connection:
        # A crash would only mean to begin again.
        connection.execute(sa.text("PRAGMA journal_mode=OFF"))
        connection.execute(sa.text("PRAGMA synchronous=OFF"))
        for table in tables.sorted_tables:
            key = next((table.c[name] for name in KEYS if name in table.c), None)
            if key is None:
                continue
            # The database numbers these rows itself.
            numbered = [c for c in table.primary_key if isinstance(c.type, sa.Integer)]
            rest = [column for column in table.c if column is not key and column not in numbered]
            for first in range(0, times, BATCH):
                numbers = _numbers(first, min(first + BATCH, times))
                step = 0xFFFFFFFF // times
                copy = sa.func.printf("%08x-0000-4000-8000-000000000000", numbers.c.n * step)
                rows = (
                    sa.select(copy, *rest)
                    .select_from(numbers.join(table, sa.true()))
                    .where(key == conversation)
                )
                with connection.begin():
                    # In the order of the ids, so that their index grows at its end.
                    order = [numbers.c.n, *numbered]
                    connection.execute(table.insert().from_select([key, *rest], rows.order_by(*order)))
    database.dispose()


def _numbers(first: int, end: int) -> sa.sql.selectable.CTE:
    series = sa.select(sa.literal(first).label("n")).cte(recursive=True)
    return series.union_all(sa.select(series.c.n + 1).where(series.c.n < end - 1))
