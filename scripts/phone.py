"""Phones that text the running front desk, for `make phone`."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

from scripts.stack import ROOT, StackError, environment, ports_from_environment


def main() -> None:
    """Replace this process by the simulator."""
    try:
        settings = environment(ROOT / "var", ports_from_environment())
    except StackError as error:
        sys.exit(str(error))
    account = {
        "TWILIO_ACCOUNT_SID": settings["FRONTDESK_TWILIO_ACCOUNT_SID"],
        "TWILIO_AUTH_TOKEN": settings["FRONTDESK_TWILIO_AUTH_TOKENS"].split(",")[0],
    }
    options = {
        "--webhook": f"{settings['FRONTDESK_DESK_URL']}/sms/twilio/inbound",
        "--public-url": settings["FRONTDESK_PUBLIC_URL"],
        "--port": str(urlsplit(settings["FRONTDESK_TWILIO_API_URL"]).port),
    }
    python = str(ROOT / "desk" / ".venv" / "bin" / "python")
    given = [word for option in options.items() for word in option]
    os.chdir(ROOT / "simulators")
    os.execve(python, [python, "-m", "twilio_simulator", *given, *sys.argv[1:]], {**settings, **account})


if __name__ == "__main__":
    main()
