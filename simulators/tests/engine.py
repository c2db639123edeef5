"""A dialogue engine that echoes, over the connector's contract, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Engine:
    """Answers each message once; the same message again gets the same answer without a run."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        """The texts that were run, in order."""
        self.reached = threading.Semaphore(0)
        """Released once for each request."""
        self.open = threading.Event()
        """Answers wait for it."""
        self.open.set()
        self._known: set[tuple[str, str]] = set()
        engine = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send({"status": "ok", "model_id": "echo"})

            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._send(engine.answer(message))

            def _send(self, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                with contextlib.suppress(OSError):  # whoever asked was killed
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """A complete answer."""
        text = str(message.get("text", message.get("payload")))
        self.reached.release()
        self.open.wait(60)
        key = (message["conversation"], message["message_id"])
        if key not in self._known:
            self._known.add(key)
            self.asked.append(text)
        return {
            "replies": [{"text": f"You: {text}", "buttons": [], "source": None, "topic": None}],
            "intent": "clinic_hours",
            "confidence": 0.9,
            "ranking": [{"intent": "clinic_hours", "confidence": 0.9}],
            "topics": ["clinic_hours"],
            "tier": "none",
            "flags": [],
            "decision": "answer",
            "slots": {"requested_slot": None, "booking_reference": None},
            "model_id": "echo",
            "timings": {"total_ms": 1.0},
        }
