from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.conftest import DeskProcess
from tests.sms.phone import FakeProvider, Phone


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    provider = FakeProvider(int(os.environ["FRONTDESK_TEST_PROVIDER_PORT"]))
    yield provider
    provider.stop()


@pytest.fixture
def phone(transactional_db: None, desk: DeskProcess) -> Phone:
    """A phone that texts a desk over HTTP."""
    return Phone(desk.base)


@pytest.fixture
def direct(transactional_db: None) -> Phone:
    """A phone whose texts are taken in by this process, which has no turns running."""
    return Phone()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--interleavings", type=int, default=200, help="how many orders of steps to try"
    )


@pytest.fixture
def interleavings(request: pytest.FixtureRequest) -> int:
    count: int = request.config.getoption("--interleavings")
    return count
