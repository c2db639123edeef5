"""The four processes of the Procfile and the environment they share; standard library only.

Used by `make run`, by the evaluation and by the end-to-end tests, so that all of them start the same thing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECRETS = (
    "FRONTDESK_SECRET_KEY",
    "FRONTDESK_ENGINE_SECRET",
    "FRONTDESK_ACTIONS_SECRET",
    "FRONTDESK_DESK_SECRET",
    "FRONTDESK_BUTTON_SECRET",
    "FRONTDESK_TWILIO_AUTH_TOKENS",
)
DEFAULT_PORTS = {"desk": 8000, "engine": 5005, "actions": 5055}
# Of the Twilio that `make phone` starts (simulators/); a demo texts through it alone.
PHONE_URL = "http://127.0.0.1:8010"
HEALTH = {"desk": "/readyz", "engine": "/webhooks/desk/", "actions": "/health"}
POLL_SECONDS = 0.2
STOP_SECONDS = 15


class StackError(RuntimeError):
    """A process cannot start or does not answer; the message is one sentence for the operator."""


def ports_from_environment() -> dict[str, int]:
    """Ports by process, from FRONTDESK_<PROCESS>_PORT or the defaults.

    Raises:
        StackError: a port is not a number from 1 to 65535.
    """
    ports = {}
    for name, default in DEFAULT_PORTS.items():
        variable = f"FRONTDESK_{name.upper()}_PORT"
        value = os.environ.get(variable, str(default))
        if not value.isdigit() or not 0 < int(value) < 65536:
            raise StackError(f"{variable} must be a port number, not {value!r}.")
        ports[name] = int(value)
    return ports


def free_ports() -> dict[str, int]:
    """Ports that nothing listens on at this moment."""
    with_sockets = {name: socket.socket() for name in DEFAULT_PORTS}
    for holder in with_sockets.values():
        holder.bind(("127.0.0.1", 0))
    ports = {name: holder.getsockname()[1] for name, holder in with_sockets.items()}
    for holder in with_sockets.values():
        holder.close()
    return ports


def require_free(ports: dict[str, int]) -> None:
    """Check that the ports can be listened on.

    Raises:
        StackError: something else uses one of them.
    """
    for name, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise StackError(
                    f"Port {port} for the {name} is in use: stop what uses it, or choose another with "
                    f"FRONTDESK_{name.upper()}_PORT."
                ) from error


def read_secrets(var: Path) -> dict[str, str]:
    """The secrets of this installation, made on the first call in `var`/secrets.env (mode 600)."""
    path = var / "secrets.env"
    var.mkdir(parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    known = dict(line.split("=", 1) for line in lines if "=" in line)
    missing = [name for name in SECRETS if name not in known]
    if missing:
        known.update({name: secrets.token_urlsafe(48) for name in missing})
        path.touch(mode=0o600, exist_ok=True)
        path.write_text("".join(f"{name}={value}\n" for name, value in known.items()), encoding="utf-8")
    return known


def environment(var: Path, ports: dict[str, int]) -> dict[str, str]:
    """The environment of every process: secrets, addresses and data folder.

    A variable that is set already wins over a generated secret.
    """
    urls = {f"FRONTDESK_{n.upper()}_URL": f"http://127.0.0.1:{p}" for n, p in ports.items()}
    numbers = {f"FRONTDESK_{n.upper()}_PORT": str(p) for n, p in ports.items()}
    quiet = {
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
        "LOG_LEVEL_LIBRARIES": "ERROR",
        # One message is too small to be divided, and conversations run side by side as it is.
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }
    own = {
        "FRONTDESK_ENV": "demo",
        "FRONTDESK_VAR": str(var),
        "FRONTDESK_MODEL": str(ROOT / "models" / "frontdesk.tar.gz"),
        "FRONTDESK_SMS_PROVIDER": "twilio",
        "FRONTDESK_TWILIO_ACCOUNT_SID": "AC" + "5" * 32,
        "FRONTDESK_TWILIO_API_URL": PHONE_URL,
        "FRONTDESK_PUBLIC_URL": urls["FRONTDESK_DESK_URL"],
    }
    return {**quiet, **own, **read_secrets(var), **os.environ, **urls, **numbers, "PYTHONPATH": str(ROOT)}


def procfile() -> dict[str, str]:
    """Commands by process name."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if line.strip())


def is_ready(name: str, port: int) -> bool:
    """Whether a process answers its health check."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{HEALTH[name]}", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class Stack:
    """Processes of the Procfile, each of which can be killed and started again."""

    def __init__(self, var: Path, ports: dict[str, int], extra: dict[str, str] | None = None) -> None:
        self.ports = ports
        self.var = var
        self.environment = {**environment(var, ports), **(extra or {})}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start processes; their output goes to `var`/log/<name>.log."""
        logs = self.var / "log"
        logs.mkdir(parents=True, exist_ok=True)
        for name in names:
            with (logs / f"{name}.log").open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    ["/bin/sh", "-c", procfile()[name]],
                    cwd=ROOT,
                    env=self.environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )

    def wait_ready(self, names: Iterable[str], timeout: float = 180) -> None:
        """Wait until processes answer.

        Raises:
            StackError: one has ended or does not answer in time.
        """
        deadline = time.monotonic() + timeout
        for name in names:
            while not is_ready(name, self.ports[name]):
                if self._processes[name].poll() is not None:
                    raise StackError(f"The {name} ended: {self._last_line(name)}")
                if time.monotonic() > deadline:
                    raise StackError(f"The {name} does not answer: {self._last_line(name)}")
                time.sleep(POLL_SECONDS)

    def _last_line(self, name: str) -> str:
        lines = (self.var / "log" / f"{name}.log").read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it printed nothing.")

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End a process and everything it started, and wait for its end."""
        process = self._processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop(self) -> None:
        """End all processes."""
        for name in list(self._processes):
            self.kill(name, signal.SIGTERM)

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
