"""Memory of a group of processes, as the kernel counts it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Memory:
    """Megabytes of all processes of a session.

    Attributes:
        rss: resident; pages that processes share count once for each.
        pss: resident; pages that processes share are divided among them.
    """

    rss: float
    pss: float


def of_session(session: int) -> Memory:
    """What the processes of a session hold now."""
    rss = pss = 0
    for process in _processes(session):
        for line in (process / "smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
            name, amount = line.split()[:2]
            rss += int(amount) if name == "Rss:" else 0
            pss += int(amount) if name == "Pss:" else 0
    return Memory(rss / 1000, pss / 1000)


def _processes(session: int) -> Iterator[Path]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError):  # it has ended meanwhile
            if os.getsid(int(process.name)) == session:
                yield process
