"""Our processes and stock Rasa's, as the benchmarks start them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import projects
from benchmarks.load.targets import MESSAGES, Target, answer, message, path
from benchmarks.places import BENCH, DESK_PYTHON, STOCK_PYTHON
from scripts.stack import DEFAULT_PORTS, ROOT, Stack, environment, free_ports

# One address sends more messages than a clinic's waiting room.
RATES = {
    f"FRONTDESK_RATE_{what}": "100000000/60"
    for what in ("SESSION_MESSAGES", "ADDRESS_MESSAGES", "ADDRESS_SESSIONS", "ADDRESS_READS")
}
SECONDS_TO_START = 600
POLL_SECONDS = 0.05


def plain_environment() -> dict[str, str]:
    """The environment of a Rasa that knows nothing of our processes, as quiet as they are."""
    ours = environment(BENCH, DEFAULT_PORTS)
    quiet = {name: value for name, value in ours.items() if not name.startswith("FRONTDESK_")}
    quiet.pop("PYTHONPATH")
    return quiet


class Frontdesk(Stack):
    """Our processes on free ports."""

    def __init__(self, var: Path, model: Path | None = None) -> None:
        extra = {**RATES, **({"FRONTDESK_MODEL": str(model)} if model else {})}
        super().__init__(var, free_ports(), extra)

    def __enter__(self) -> Frontdesk:
        return self

    def session(self, name: str) -> int:
        """The session id of a process and of everything it started."""
        return self._processes[name].pid

    def migrate(self) -> None:
        """Prepare the desk's database."""
        command = [str(DESK_PYTHON), "manage.py", "migrate", "-v0"]
        subprocess.run(command, cwd=ROOT / "desk", env=self.environment, check=True, capture_output=True)

    def engine(self, name: str = "Frontdesk") -> Target:
        """The engine's channel."""
        url, secret = self.environment["FRONTDESK_ENGINE_URL"], self.environment["FRONTDESK_ENGINE_SECRET"]
        return Target(name, "engine", url, secret)

    def desk(self) -> Target:
        """The public chat API."""
        return Target("Frontdesk web", "desk", self.environment["FRONTDESK_DESK_URL"])


class StockRasa:
    """`rasa run` of the stock project with the REST channel and an SQLite tracker store."""

    def __init__(self, var: Path, model: Path) -> None:
        self._var = var
        self._model = model
        self._port = free_ports()["engine"]
        self.target = Target("stock Rasa", "stock", f"http://127.0.0.1:{self._port}")

    def start(self) -> None:
        """Start it; its output goes to `var`/stock.log."""
        self._var.mkdir(parents=True, exist_ok=True)
        command = [
            *(str(STOCK_PYTHON), "-m", "rasa", "run", "--interface", "127.0.0.1", "--port", str(self._port)),
            *(
                "--model",
                str(self._model),
                "--endpoints",
                "endpoints.yml",
                "--credentials",
                "credentials.yml",
            ),
        ]
        with (self._var / "stock.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=projects.STOCK,
                env={**plain_environment(), "BENCH_STORE": str(self._var / "stock.sqlite3")},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def session(self) -> int:
        """The session id of the process and of everything it started."""
        return self._process.pid

    def stop(self) -> None:
        """End it."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> StockRasa:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextmanager
def folder() -> Iterator[Path]:
    """A data folder that is removed in the end."""
    BENCH.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="run-", dir=BENCH) as place:
        yield Path(place)


@contextmanager
def frontdesk(*names: str, model: Path | None = None) -> Iterator[Frontdesk]:
    """Our processes `names`, ready, with a data folder of their own."""
    with folder() as var, Frontdesk(var, model) as stack:
        if "desk" in names:
            stack.migrate()
        stack.start(*names)
        stack.wait_ready([name for name in names if name in stack.ports], SECONDS_TO_START)
        wait_for_answer(stack.engine())
        yield stack


@contextmanager
def stock_rasa(model: Path) -> Iterator[StockRasa]:
    """Stock Rasa, ready, with a data folder of its own."""
    with folder() as var, StockRasa(var, model) as stock:
        wait_for_answer(stock.target)
        yield stock


def wait_for_answer(target: Target) -> None:
    """Wait until a message of a new conversation gets its reply from stock Rasa or from our engine."""
    wait(lambda: _answers(target), f"{target.name} does not answer.")


def wait(done: Callable[[], bool], complaint: str, seconds: float = SECONDS_TO_START) -> None:
    """Wait until `done`.

    Raises:
        TimeoutError: with `complaint`.
    """
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(complaint)
        time.sleep(POLL_SECONDS)


def _answers(target: Target) -> bool:
    request = urllib.request.Request(
        target.url + path(target.kind),
        json.dumps(message(target.kind, str(uuid.uuid4()), MESSAGES[0])).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {target.secret}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return bool(answer(target.kind, json.load(response)))
    except (urllib.error.URLError, OSError):
        return False
