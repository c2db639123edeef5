"""Serve the actions on loopback, to the engine only.

rasa_sdk's own server listens on all addresses, asks for no secret, and answers an exception with the whole
request, which is the patient's conversation; its application is used here without those.
"""

from __future__ import annotations

import hmac
import logging
import os
import sys

from rasa_sdk.endpoint import create_app
from sanic import Sanic
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json

from actions.base import approved

logger = logging.getLogger("actions")


def application(secret: str) -> Sanic:
    """The action server's application.

    Args:
        secret: what the engine must send as a bearer token.
    """
    app = create_app("actions", cors_origins=None)
    authorization = f"Bearer {secret}".encode()

    @app.on_request
    async def authenticate(request: Request) -> HTTPResponse | None:
        sent = request.headers.get("Authorization", "").encode()
        if request.path != "/health" and not hmac.compare_digest(sent, authorization):
            return json({"error": "unauthorized"}, status=401)
        if "Content-Encoding" in request.headers:
            return json({"error": "compressed bodies are not accepted"}, status=415)
        return None

    @app.exception(Exception)
    async def refuse(request: Request, error: Exception) -> HTTPResponse:
        status = error.status_code if isinstance(error, SanicException) else 500
        logger.error("An action call failed: %s.", type(error).__name__)
        return json({"error": type(error).__name__}, status=status)

    return app


def main() -> None:
    """Serve on 127.0.0.1, port FRONTDESK_ACTIONS_PORT."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    secret = os.environ.get("FRONTDESK_ACTIONS_SECRET")
    if not secret:
        sys.exit("FRONTDESK_ACTIONS_SECRET is not set; `make run` makes one in var/secrets.env.")
    approved()
    application(secret).run(
        "127.0.0.1", int(os.environ.get("FRONTDESK_ACTIONS_PORT", "5055")), access_log=False
    )


if __name__ == "__main__":
    main()
