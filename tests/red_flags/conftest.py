"""One loaded reader for all red-flag tests."""

from __future__ import annotations

import pytest

from red_flags import RedFlagReader


@pytest.fixture(scope="session")
def reader() -> RedFlagReader:
    return RedFlagReader.load()
