"""The command, as a process of its own."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys

import httpx

COMMAND = [sys.executable, "-m", "twilio_simulator"]
PATIENCE_SECONDS = 20


def test_it_serves_until_it_is_told_to_end() -> None:
    with subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        lines = iter(running.stdout.readline, "")
        url = next(found[0] for line in lines if (found := re.search(r"http://[\d.:]+", line)))
        page = httpx.get(url)
        running.send_signal(signal.SIGTERM)
        assert (page.status_code, running.wait(PATIENCE_SECONDS)) == (200, 0)


def test_a_port_that_is_taken_ends_it_with_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        ended = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
    assert (ended.returncode, ended.stderr) == (
        1,
        f"Port {port} is in use: choose another with --port.\n",
    )


def test_a_fault_that_is_unknown_ends_it() -> None:
    ended = subprocess.run(
        [*COMMAND, "--fault", "earthquake=1"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert "unknown fault: earthquake" in ended.stderr
