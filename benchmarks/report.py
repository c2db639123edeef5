"""Where the benchmarks write their tables."""

from __future__ import annotations

import os
import platform
from pathlib import Path

README = Path(__file__).parent / "README.md"


def machine() -> str:
    """One line on the machine, for a table measured on it."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = platform.python_version()
    return f"Measured on {os.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {python}."


def write_section(name: str, text: str) -> None:
    """Replace what stands between the two marks of `name` in benchmarks/README.md.

    Raises:
        ValueError: the file has no such marks.
    """
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, found, rest = README.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"benchmarks/README.md has no section between {begin} and {end}.")
    README.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
