"""Many conversations at once: the rate that is answered in time, and what becomes of messages beyond it."""

from __future__ import annotations

import io
import json
import math
import sqlite3
import tarfile
import threading
import time
import urllib.request
import uuid
from pathlib import Path

from benchmarks import load
from benchmarks.load.targets import Target
from benchmarks.results import Row, Sizes, save
from benchmarks.systems import Frontdesk, folder, frontdesk, stock_rasa
from benchmarks.training import stock_model
from scripts.stack import ROOT

AT_ONCE = 50
P95_MS = 250
# Messages of a conversation; then its patient begins another one.
TURNS = 10
# Of the load at one rate, before times count.
WARM_UP_SECONDS = 5
FIRST_RATE = 4.0
HALVINGS = 4
# More than the desk lets a patient wait, so that load beyond capacity does not slow down by itself.
PATIENT_SECONDS = 10
BEYOND = 3
SECONDS_TO_DRAIN = 600
MODEL = ROOT / "models" / "frontdesk.tar.gz"
PROCESSES = ("actions", "engine", "desk", "worker")


def measure(sizes: Sizes) -> None:
    """Find both capacities; load ours beyond its own, the second time with a model swap in the middle."""
    with stock_rasa(stock_model()) as stock:
        stock_rate = capacity(stock.target, sizes.step)
    with frontdesk(*PROCESSES) as stack:
        our_rate = capacity(stack.desk(), sizes.step)
    save(
        sizes,
        Row(
            f"turns a second at p95 ≤ {P95_MS} ms, {AT_ONCE} conversations at once",
            stock=stock_rate,
            ours=our_rate,
            unit="/s",
            bar=2.0,
            at_least=True,
            note="stock Rasa's REST channel alone; Frontdesk through desk and engine",
        ),
    )
    for swap in (False, True):
        save(sizes, _overload(BEYOND * our_rate, sizes.overload, swap=swap))


def capacity(target: Target, seconds: int) -> float:
    """Answered messages a second at the highest rate that keeps the 95th percentile.

    A rate may be tried twice, because other work on the machine can spoil one try.
    """
    good, bad, answered = 0.0, FIRST_RATE, 0.0
    while measured := _at_rate(target, bad, seconds) or _at_rate(target, bad, seconds):
        good, bad, answered = bad, 2 * bad, measured
    for _ in range(HALVINGS):
        middle = (good + bad) / 2
        if measured := _at_rate(target, middle, seconds) or _at_rate(target, middle, seconds):
            good, answered = middle, measured
        else:
            bad = middle
    return answered


def _at_rate(target: Target, rate: float, seconds: int) -> float:
    """Answered messages a second, 0 if they were not answered in time."""
    samples = load.run(
        [target], turns=TURNS, users=AT_ONCE, period=AT_ONCE / rate, seconds=WARM_UP_SECONDS + seconds
    )
    begin = min(sample.started for sample in samples) + WARM_UP_SECONDS
    # What is still on its way in the end is waited for, and counts.
    counted = [sample for sample in samples if begin <= sample.started < begin + seconds]
    in_time = bool(counted) and load.p95(counted) <= P95_MS and all(s.answer == "reply" for s in counted)
    print(
        f"   {target.name} {rate:.3g}/s: p95 {load.p95(counted):.0f} ms" if counted else "   none", flush=True
    )
    return len(counted) / seconds if in_time else 0.0


def _overload(rate: float, seconds: int, *, swap: bool) -> Row:
    users = max(AT_ONCE, round(rate * PATIENT_SECONDS))
    with folder() as place:
        model, other = place / "model.tar.gz", place / "other.tar.gz"
        model.write_bytes(MODEL.read_bytes())
        _copy_with_other_id(model, other)
        with frontdesk(*PROCESSES, model=model) as stack:
            before = _model_id(stack)
            timer = threading.Timer(seconds / 2, other.replace, (model,))
            if swap:
                timer.start()
            samples = load.run(
                [stack.desk()], turns=TURNS, users=users, period=PATIENT_SECONDS, seconds=seconds
            )
            timer.cancel()
            started = time.monotonic()
            unanswered = _unanswered_after_drain(stack)
            drained = time.monotonic() - started
            swapped = _model_id(stack) != before
    silent = sum(not sample.answer for sample in samples)
    safe = sum(sample.answer == "safe" for sample in samples)
    what = f"messages without an answer at {BEYOND} times capacity for {seconds} s"
    note = f"of {len(samples):,}; {safe:,} got the safe message first; queue empty after {drained:.0f} s"
    missed = swap and not swapped
    return Row(
        f"{what}, with a model swap in the middle" if swap else what,
        stock=None,
        ours=silent + unanswered,
        unit="",
        bar=0,
        ratio=math.inf if missed else None,
        note=f"{note}; the engine kept its old model" if missed else note,
    )


def _unanswered_after_drain(stack: Frontdesk) -> int:
    """Messages that were given up, or still wait when nothing moves any more."""
    path = stack.var / "desk.sqlite3"

    def count(state: str) -> int:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            [[found]] = database.execute("SELECT count(*) FROM chat_turn WHERE state = ?", (state,))
        finally:
            database.close()
        return int(found)

    deadline = time.monotonic() + SECONDS_TO_DRAIN
    while (queued := count("queued")) and time.monotonic() < deadline:
        time.sleep(1)
    return queued + count("failed")


def _copy_with_other_id(model: Path, copy: Path) -> None:
    """Write the same model under another id."""
    with tarfile.open(model) as old, tarfile.open(copy, "w:gz", compresslevel=1) as new:
        for member in old:
            content = old.extractfile(member)
            if content and member.name.lstrip("./") == "metadata.json":
                data = json.dumps({**json.load(content), "model_id": uuid.uuid4().hex}).encode()
                member.size, content = len(data), io.BytesIO(data)
            new.addfile(member, content)


def _model_id(stack: Frontdesk) -> str:
    with urllib.request.urlopen(f"{stack.environment['FRONTDESK_ENGINE_URL']}/webhooks/desk/") as response:
        return str(json.load(response)["model_id"])
