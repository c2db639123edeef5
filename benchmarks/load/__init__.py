"""Load on running systems, made by Locust in an environment of its own."""

from __future__ import annotations

import csv
import json
import math
import os
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.load.targets import Target
from benchmarks.places import BENCH
from scripts.stack import ROOT

PYTHON = BENCH / "load-venv" / "bin" / "python"
# Longer than the desk lets a patient wait.
SECONDS_FOR_THE_LAST = 20


class LoadError(RuntimeError):
    """Locust did not run."""


@dataclass(frozen=True)
class Sample:
    """One message and how it went.

    Attributes:
        turn: its number in the conversation, from 1; 0 for a session that could not be begun.
        started: seconds since the epoch.
        answer: "reply", "safe" (the desk's safe message), or empty.
    """

    target: str
    conversation: str
    turn: int
    started: float
    ms: float
    answer: str


def run(
    targets: Sequence[Target],
    *,
    turns: int,
    conversations: int = 0,
    users: int = 1,
    period: float = 0,
    seconds: int = 0,
) -> list[Sample]:
    """Send messages and return what became of each.

    Every user holds one conversation after the other. A message goes to all targets, one after the other, so
    that they are compared under the same conditions.

    Args:
        turns: messages of a conversation.
        conversations: end when a user has held so many.
        users: conversations at once.
        period: seconds from one message of a user to the next, if the answer is there.
        seconds: end after so long.

    Raises:
        LoadError: Locust failed.
    """
    with TemporaryDirectory(prefix="frontdesk-load-") as folder:
        samples = Path(folder) / "samples.csv"
        plan = {
            "targets": [asdict(target) for target in targets],
            "turns": turns,
            "conversations": conversations,
            "period": period,
            "samples": str(samples),
        }
        command = [
            *(str(PYTHON), "-m", "locust", "--headless", "--only-summary", "--loglevel", "ERROR"),
            *("-f", str(Path(__file__).parent / "locustfile.py"), "--exit-code-on-error", "0"),
            *("--users", str(users), "--spawn-rate", str(users)),
            *("--stop-timeout", str(SECONDS_FOR_THE_LAST)),
            *(("--run-time", f"{seconds}s") if seconds else ()),
        ]
        settings = {**os.environ, "PYTHONPATH": str(ROOT), "BENCH_PLAN": json.dumps(plan)}
        done = subprocess.run(command, env=settings, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode or not samples.exists():
            raise LoadError(f"Locust failed: {done.stderr[-2000:]}")
        with samples.open(encoding="utf-8", newline="") as file:
            rows = [
                Sample(target, conversation, int(turn), float(started), float(ms), answer)
                for target, conversation, turn, started, ms, answer in csv.reader(file)
            ]
    messages = [sample for sample in rows if sample.answer != "begun"]
    if not messages:
        raise LoadError(f"No message was sent: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return messages


def of(samples: Sequence[Sample], target: Target) -> list[Sample]:
    """The samples of one target."""
    return [sample for sample in samples if sample.target == target.name]


def p50(samples: Sequence[Sample]) -> float:
    """Median milliseconds."""
    return statistics.median(sample.ms for sample in samples)


def p95(samples: Sequence[Sample]) -> float:
    """The 95th percentile, in milliseconds: the time that at most one in twenty exceeds."""
    times = sorted(sample.ms for sample in samples)
    return times[math.ceil(0.95 * len(times)) - 1]
