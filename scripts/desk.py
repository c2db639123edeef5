"""Run a management command of the desk with this installation's secrets: desk.py COMMAND [ARGUMENT …]."""

from __future__ import annotations

import os
import sys

from scripts.stack import ROOT, StackError, environment, ports_from_environment


def main() -> None:
    """Replace this process by the command."""
    try:
        settings = environment(ROOT / "var", ports_from_environment())
    except StackError as error:
        sys.exit(str(error))
    desk = ROOT / "desk"
    os.chdir(desk)
    python = str(desk / ".venv" / "bin" / "python")
    os.execve(python, [python, "manage.py", *sys.argv[1:]], settings)


if __name__ == "__main__":
    main()
