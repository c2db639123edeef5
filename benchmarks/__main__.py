"""`make bench`: what one message costs, part by part, on this machine."""

from __future__ import annotations

import asyncio
import gzip
import platform
import statistics
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import aiohttp

from engine.encoders import MiniLM, Use, default_encoder
from engine.red_flag_reader import read
from evaluation.runner import engine, send

TEXT = "my wife wears high heels to work every day and has a headache in the evening, can that be related?"
REPEATS = 100
LONG_CONVERSATION = 100


def median_ms(work: Callable[[], object]) -> float:
    """Median milliseconds of one call, after a first that does not count."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


async def turn_times() -> list[float]:
    """Milliseconds of each turn of one long conversation, through engine and actions."""
    times = []
    conversation = str(uuid.uuid4())
    async with engine() as stack, aiohttp.ClientSession() as session:
        for _ in range(LONG_CONVERSATION):
            start = time.perf_counter()
            await send(session, stack, conversation, TEXT, "web")
            times.append((time.perf_counter() - start) * 1000)
    return times


def main() -> None:
    """Measure and print one table."""
    minilm, use = MiniLM(), Use()
    turns = asyncio.run(turn_times())
    early, late = statistics.median(turns[1:11]), statistics.median(turns[-10:])
    dist = Path(__file__).parents[1] / "widget" / "dist"
    widget = sum(len(gzip.compress(file.read_bytes(), 9)) for file in dist.glob("*.js"))
    rows = [
        ("encode one message, MiniLM", f"{median_ms(lambda: minilm.encode([TEXT])):.1f} ms"),
        ("encode one message, USE", f"{median_ms(lambda: use.encode([TEXT])):.1f} ms"),
        ("encode one message, all four", f"{median_ms(lambda: default_encoder().encode([TEXT])):.1f} ms"),
        ("read red flags of one message", f"{median_ms(lambda: read(TEXT, [])):.1f} ms"),
        ("turn 2 to 11 of a conversation, engine and actions", f"{early:.0f} ms"),
        (f"the last ten of {LONG_CONVERSATION} turns", f"{late:.0f} ms"),
        ("last ten over first ten", f"{late / early:.2f}"),
        ("widget, gzip -9", f"{widget / 1000:.1f} kB"),
    ]
    print(f"{platform.machine()}, Python {platform.python_version()}, medians\n")
    print("| what | measured |\n| --- | --- |")
    for what, value in rows:
        print(f"| {what} | {value} |")


if __name__ == "__main__":
    main()
