"""Run the simulator: `python -m twilio_simulator --webhook URL`."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import sys
from urllib.parse import urlsplit

from twilio_simulator.agenda import RealAgenda
from twilio_simulator.carrier import PhoneState, is_number
from twilio_simulator.faults import KINDS, Faults
from twilio_simulator.server import HOST, Server
from twilio_simulator.simulator import Account, Simulator, signed_wire

SID = "AC" + "5" * 32
TOKEN = "the-simulator-s-token"  # noqa: S105 - it opens nothing but a simulator
NUMBER = "+13105550142"
PHONES = ("+13105550123", "+13105550124", "+13105550125")


def main() -> int:
    """Run until Ctrl-C; the exit code."""
    parser = _parser()
    given = parser.parse_args()
    try:
        faults = Faults(dict(given.fault), given.seed)
    except ValueError as error:
        parser.error(str(error))
    account = Account(
        sid=given.account_sid,
        token=given.auth_token,
        numbers=tuple(given.number or [NUMBER]),
        webhook=given.webhook,
        public_url=given.public_url or "",
        shared_key=given.shared_key,
        fallback=given.fallback or "",
        advanced_opt_out=given.advanced_opt_out,
    )
    return asyncio.run(_serve(account, faults, given))


async def _serve(account: Account, faults: Faults, given: argparse.Namespace) -> int:
    simulator = Simulator(account, RealAgenda(), signed_wire(account), faults, given.seed)
    for phone in given.phone or PHONES:
        simulator.set_phone(phone, PhoneState.ON)
    ended = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    server = Server(simulator)
    try:
        await server.start(given.port)
    except OSError:
        await server.stop()
        print(f"Port {given.port} is in use: choose another with --port.", file=sys.stderr)
        return 1
    print(
        f"\n  The Twilio simulator is running; nothing is sent anywhere but to the webhook.\n"
        f"    phones        http://{HOST}:{server.port}/\n"
        f"    REST API      http://{HOST}:{server.port}\n"
        f"    account       {account.sid}\n"
        f"    numbers       {', '.join(account.numbers)}\n"
        f"    webhook       {account.inbound_url}\n"
        f"  Ctrl-C ends it, and forgets everything.\n",
        flush=True,
    )
    await ended.wait()
    await server.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="twilio_simulator", description=__doc__)
    parser.add_argument(
        "--webhook", type=_url, default="http://127.0.0.1:8000/sms/twilio/inbound",
        help="where the application takes inbound texts; #rc=2&rp=all at its end sets retries",
    )  # fmt: skip
    parser.add_argument(
        "--public-url", type=_origin,
        help="scheme and host that the application believes to have (default: the webhook's)",
    )  # fmt: skip
    parser.add_argument("--fallback", type=_url, help="posted to when --webhook fails")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument(
        "--account-sid", type=_sid, default=os.environ.get("TWILIO_ACCOUNT_SID") or SID
    )
    parser.add_argument(
        "--auth-token", default=os.environ.get("TWILIO_AUTH_TOKEN") or TOKEN,
        help=f"default: TWILIO_AUTH_TOKEN in the environment, or {TOKEN}",
    )  # fmt: skip
    parser.add_argument("--shared-key", default="", help="sign webhooks with SHA-256 and this key")
    parser.add_argument(
        "--number", type=_number, action="append", help=f"a number of the account ({NUMBER})"
    )
    parser.add_argument("--phone", type=_number, action="append", help="a phone on the page")
    parser.add_argument(
        "--advanced-opt-out", action="store_true", help="webhooks carry OptOutType for STOP etc."
    )
    parser.add_argument("--seed", default="", help="the same ids and the same faults each time")
    parser.add_argument(
        "--fault", type=_fault, action="append", default=[], metavar="KIND=RATE",
        help="a share of events, from 0 to 1, that go wrong: " + ", ".join(KINDS),
    )  # fmt: skip
    return parser


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is not an http address")
    return text


def _origin(text: str) -> str:
    parts = urlsplit(_url(text))
    if text.rstrip("/") != f"{parts.scheme}://{parts.netloc}":
        raise argparse.ArgumentTypeError(f"{text!r} is more than scheme and host")
    return text


def _number(text: str) -> str:
    if not is_number(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number like {NUMBER}")
    return text


def _sid(text: str) -> str:
    if not re.fullmatch(r"AC[0-9a-fA-F]{32}", text):
        raise argparse.ArgumentTypeError("an account SID is AC and 32 hexadecimal digits")
    return text


def _fault(text: str) -> tuple[str, float]:
    kind, _, rate = text.partition("=")
    try:
        return kind, float(rate)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not like callback_twice=0.1") from None


if __name__ == "__main__":
    sys.exit(main())
