"""Where the benchmarks keep what they build."""

from __future__ import annotations

from scripts.stack import ROOT

BENCH = ROOT / "var" / "bench"
STOCK_PYTHON = BENCH / "stock-venv" / "bin" / "python"
ASSISTANT_PYTHON = ROOT / ".venv" / "bin" / "python"
DESK_PYTHON = ROOT / "desk" / ".venv" / "bin" / "python"
UV = ROOT / ".tooling" / "bin" / "uv"
