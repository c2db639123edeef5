"""Disk space of the assistant's environment and of a stock Rasa's, both installed from their lock files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.places import BENCH, UV
from benchmarks.results import Row, Sizes, save
from scripts.stack import ROOT


def measure(sizes: Sizes) -> None:
    """Install both, without byte code and test tools, and weigh them."""
    stock = _gigabytes(ROOT / "benchmarks" / "stock-requirements.lock", "--no-config")
    ours = _gigabytes(ROOT / "requirements.lock")
    save(
        sizes,
        Row("size of the assistant's environment", stock=stock, ours=ours, unit="GB", bar=1.3, ratio=ours),
    )


def _gigabytes(lock: Path, *options: str) -> float:
    with TemporaryDirectory(prefix="environment-", dir=BENCH) as folder:
        for command in (
            ["venv", "-q", "--python", "3.10", folder, "--allow-existing"],
            ["pip", "sync", "-q", *options, "--python", f"{folder}/bin/python", str(lock)],
        ):
            subprocess.run([str(UV), *command], cwd=ROOT, check=True)
        return _allocated(Path(folder)) / 1e9


def _allocated(folder: Path) -> int:
    """Bytes on disk of the files in a folder, as `du` counts them."""
    files = {}
    for place, _, names in os.walk(folder):
        for name in names:
            facts = (Path(place) / name).lstat()
            files[facts.st_ino] = facts.st_blocks * 512
    return sum(files.values())
