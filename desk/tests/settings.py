"""The desk's own settings with short waits, on a database and an engine of the tests' own."""

import os
import socket
import tempfile

_SECRETS = {
    "FRONTDESK_SECRET_KEY": "for-tests-only-" + "k" * 40,
    "FRONTDESK_ENGINE_SECRET": "for-tests-only-" + "e" * 40,
    "FRONTDESK_DESK_SECRET": "for-tests-only-" + "d" * 40,
}
for _name, _value in _SECRETS.items():
    os.environ.setdefault(_name, _value)
if "FRONTDESK_TEST_VAR" not in os.environ:
    # Processes that the tests start share the folder through the environment.
    os.environ["FRONTDESK_TEST_VAR"] = tempfile.mkdtemp(prefix="frontdesk-tests-")
os.environ["FRONTDESK_VAR"] = os.environ["FRONTDESK_TEST_VAR"]
if "FRONTDESK_TEST_ENGINE_PORT" not in os.environ:
    with socket.create_server(("127.0.0.1", 0)) as _server:
        os.environ["FRONTDESK_TEST_ENGINE_PORT"] = str(_server.getsockname()[1])
os.environ["FRONTDESK_ENGINE_URL"] = f"http://127.0.0.1:{os.environ['FRONTDESK_TEST_ENGINE_PORT']}"

from frontdesk.settings import *  # noqa: E402, F403

CHAT_ANSWER_SECONDS = 2.0
CHAT_AWAY_SECONDS = 0.8
ENGINE_TIMEOUT_SECONDS = 2.5
TURN_LEASE_SECONDS = 3.0
TURN_FAILURES = 3
CHAT_HEARTBEAT_SECONDS = 0.5
CHAT_RATES = dict.fromkeys(CHAT_RATES, (100_000, 60))  # noqa: F405

SMS_PROVIDER = "twilio"
PUBLIC_URL = "https://clinic.example"
TWILIO_ACCOUNT_SID = "AC" + "0" * 32
TWILIO_AUTH_TOKENS = ["the-new-token", "the-old-token"]
TWILIO_SHARED_KEYS = ["a-shared-key"]
if "FRONTDESK_TEST_PROVIDER_PORT" not in os.environ:
    with socket.create_server(("127.0.0.1", 0)) as _server:
        os.environ["FRONTDESK_TEST_PROVIDER_PORT"] = str(_server.getsockname()[1])
TWILIO_API_URL = f"http://127.0.0.1:{os.environ['FRONTDESK_TEST_PROVIDER_PORT']}"
SMS_PER_SECOND = 100_000
