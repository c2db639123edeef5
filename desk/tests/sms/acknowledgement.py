"""`make bench-sms`: how long the desk takes to acknowledge a text while the engine is stopped."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from twilio.request_validator import RequestValidator

from scripts.stack import Stack, free_ports

TEXTS = 500
SENDERS = 50
TOKEN = "for-this-run-only"
PUBLIC = "https://clinic.example"
PATH = "/sms/twilio/inbound"


def main() -> None:
    """Start a desk without an engine, text it one after the other, and print the times."""
    with TemporaryDirectory(prefix="frontdesk-sms-") as folder:
        extra = {
            "FRONTDESK_SMS_PROVIDER": "twilio",
            "FRONTDESK_PUBLIC_URL": PUBLIC,
            "FRONTDESK_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "FRONTDESK_TWILIO_AUTH_TOKENS": TOKEN,
            "DATABASE_URL": f"sqlite:///{folder}/desk.sqlite3",
        }
        with Stack(Path(folder), free_ports(), extra) as stack:
            desk = Path(__file__).resolve().parents[2]
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "-v0"],
                cwd=desk, env=stack.environment, check=True,
            )  # fmt: skip
            stack.start("desk")
            stack.wait_ready(("desk",))
            times = sorted(_times(f"http://127.0.0.1:{stack.ports['desk']}"))
    p99 = times[int(len(times) * 0.99)]
    print(
        f"{TEXTS} texts of {SENDERS} senders, engine stopped: acknowledged in "
        f"{statistics.median(times):.0f} ms (median), {p99:.0f} ms (99th percentile), "
        f"{times[-1]:.0f} ms (longest)."
    )


def _times(base: str) -> list[float]:
    """Milliseconds from request to acknowledgement of each text."""
    validator, times = RequestValidator(TOKEN), []
    with httpx.Client(base_url=base, timeout=30) as http:
        for place in range(TEXTS):
            form = {
                "MessageSid": f"SM{uuid.uuid4().hex}",
                "From": f"+13105550{place % SENDERS:03}",
                "To": "+13105550142",
                "Body": "do heels cause headaches, and can i come on thursday",
            }
            signature = validator.compute_signature(PUBLIC + PATH, form)
            started = time.perf_counter()
            response = http.post(PATH, data=form, headers={"X-Twilio-Signature": signature})
            times.append((time.perf_counter() - started) * 1000)
            response.raise_for_status()
    return times


if __name__ == "__main__":
    main()
