"""The whole front desk, started once for all tests: real engine, actions, desk and worker."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from patient import Patient

from scripts.stack import ROOT, Stack, free_ports

PROCESSES = ("engine", "actions", "desk", "worker")
# The tests send far more messages from one address than a patient would.
LIMITS = {
    f"FRONTDESK_RATE_{what}": "1000000/60"
    for what in ("SESSION_MESSAGES", "ADDRESS_MESSAGES", "ADDRESS_SESSIONS", "ADDRESS_READS")
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    var: Path = tmp_path_factory.mktemp("var")
    with Stack(var, free_ports(), LIMITS) as stack:
        for command in (["migrate", "-v0"], ["demo_account"]):
            subprocess.run(
                [ROOT / "desk/.venv/bin/python", "manage.py", *command],
                cwd=ROOT / "desk",
                env=stack.environment,
                check=True,
                capture_output=True,
            )
        stack.start(*PROCESSES)
        stack.wait_ready(("actions", "desk", "engine"))
        yield stack


@pytest.fixture(scope="session")
def url(stack: Stack) -> str:
    return stack.environment["FRONTDESK_DESK_URL"]


@pytest.fixture
def patient(url: str) -> Patient:
    return Patient(url)
