"""Start the front desk for `make run`: all processes together, until Ctrl-C."""

from __future__ import annotations

import sys
import threading
import time

from honcho.manager import Manager
from honcho.printer import Printer

from scripts.stack import (
    ROOT,
    StackError,
    environment,
    is_ready,
    ports_from_environment,
    procfile,
    require_free,
)

VAR = ROOT / "var"


def announce(ports: dict[str, int]) -> None:
    """Say where to go, once everything answers."""
    waiting = list(ports)
    while waiting:
        for name in [name for name in waiting if is_ready(name, ports[name])]:
            waiting.remove(name)
            still = f" (waiting for: {', '.join(waiting)})" if waiting else ""
            print(f"-- {name} is ready{still}", flush=True)
        time.sleep(0.5)
    account = VAR / "demo-account.txt"
    login = ", ".join(account.read_text(encoding="utf-8").split("\n")[:2]) if account.exists() else "none"
    url = f"http://127.0.0.1:{ports['desk']}"
    print(
        f"\n  Frontdesk is open.\n"
        f"    clinic page with the chat   {url}/\n"
        f"    staff console               {url}/staff/\n"
        f"    demo login                  {login}\n"
        f"  Ctrl-C ends all of it.\n",
        flush=True,
    )


def main() -> int:
    """Run until a signal or until one process ends; returns the exit code."""
    try:
        ports = ports_from_environment()
        require_free(ports)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    shared = environment(VAR, ports)
    manager = Manager(Printer(sys.stdout))
    for name, command in procfile().items():
        manager.add_process(name, command, env=shared, cwd=str(ROOT))
    threading.Thread(target=announce, args=(ports,), daemon=True).start()
    manager.loop()
    return int(manager.returncode or 0)


if __name__ == "__main__":
    sys.exit(main())
