"""Seconds of a training: from clean, and again after one changed example."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from benchmarks import projects
from benchmarks.places import ASSISTANT_PYTHON, STOCK_PYTHON
from benchmarks.results import Row, Sizes, save
from benchmarks.systems import plain_environment

STOCK_MODEL = projects.STOCK / "models" / "stock.tar.gz"


def stock_model() -> Path:
    """Stock Rasa's model, trained now if there is none."""
    if not STOCK_MODEL.exists():
        projects.build()
        _train_stock()
    return STOCK_MODEL


def measure(sizes: Sizes) -> None:
    """Train both projects from clean, change one example of both and train them again."""
    projects.build()
    note = f"{projects.count()} examples"
    save(
        sizes,
        Row("train from clean", stock=_train_stock(), ours=_train_ours(), unit="s", bar=0.20, note=note),
    )
    projects.change_one_example()
    save(
        sizes,
        Row(
            "train again after one changed example",
            stock=_train_stock(),
            ours=_train_ours(),
            unit="s",
            bar=0.20,
            note=note,
        ),
    )


def _train_ours() -> float:
    # What `make train` runs.
    python = str(ASSISTANT_PYTHON)
    return _seconds(
        projects.OURS,
        [python, "-m", "knowledge"],
        [python, "-m", "rasa", "train", "--fixed-model-name", "frontdesk"],
    )


def _train_stock() -> float:
    return _seconds(projects.STOCK, [str(STOCK_PYTHON), "-m", "rasa", "train", "--fixed-model-name", "stock"])


def _seconds(project: Path, *commands: list[str]) -> float:
    """How long the commands take together; their output goes to train.log in the project."""
    started = time.monotonic()
    with (project / "train.log").open("ab") as log:
        for command in commands:
            done = subprocess.run(
                command, cwd=project, env=plain_environment(), stdout=log, stderr=log, check=False
            )
            if done.returncode:
                sys.exit(f"{' '.join(command)} failed: see {log.name}")
    return time.monotonic() - started
