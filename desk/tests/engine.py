"""A small engine that speaks the connector's contract over real HTTP."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from django.conf import settings

type Json = dict[str, Any]


def result(text: str = "An answer.", **facts: Any) -> Json:
    """A complete answer of the engine, with `facts` in place of the usual ones."""
    usual = {
        "replies": [{"text": text, "buttons": [], "source": None, "topic": None}],
        "intent": "nmt_definition",
        "confidence": 0.9,
        "ranking": [{"intent": "nmt_definition", "confidence": 0.9}],
        "topics": ["nmt_definition"],
        "tier": "none",
        "flags": [],
        "decision": "answer",
        "slots": {"requested_slot": None, "booking_reference": None},
        "model_id": "test-model",
        "timings": {"total_ms": 1.5},
    }
    return {**usual, **facts}


class FakeEngine:
    """Echoes each message, unless `behave` is replaced; remembers what it was asked.

    Like the real one it answers a message that it has answered before without running it again.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.behave: Callable[[Json], tuple[int, Json]] = echo
        self.runs: list[Json] = []
        """Messages that were run, in order; a replayed answer is not a run."""
        self.healthy = True
        self.forgotten: list[str] = []
        """Conversations that it was asked to erase."""
        self.reached = threading.Semaphore(0)
        """Released once for each message that arrives."""
        self._answers: dict[tuple[str, str], Json] = {}
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        engine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet an answer; two would wait for each other

            def do_GET(self) -> None:
                status = 200 if engine.healthy else 503
                self._send(status, {"status": "ok", "model_id": "test-model"})

            def do_DELETE(self) -> None:
                engine.forgotten.append(self.path.rpartition("/")[2])
                self.send_response(204 if engine.healthy else 503)
                self.end_headers()

            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.headers["Authorization"] != f"Bearer {settings.ENGINE_SECRET}":
                    self._send(401, {"error": "unauthorized"})
                else:
                    self._send(*engine.turn(message))

            def _send(self, status: int, body: Json) -> None:
                data = json.dumps(body).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                    self.wfile.flush()
                except OSError:
                    self.close_connection = True  # the desk gave up or was killed

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            connections: ClassVar[set[Any]] = set()

            def process_request(self, request: Any, address: Any) -> None:
                self.connections.add(request)
                super().process_request(request, address)

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Go away like a killed process: nothing listens, connections are cut."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            for request in self._server.connections:  # type: ignore[attr-defined]
                with contextlib.suppress(OSError):  # the desk closed it
                    request.shutdown(socket.SHUT_RDWR)
            self._server = None

    def turn(self, message: Json) -> tuple[int, Json]:
        key = (message["conversation"], message["message_id"])
        with self._lock:
            known = self._answers.get(key)
        self.reached.release()
        if known is not None:
            return 200, known
        status, body = self.behave(message)
        with self._lock:
            if status == 200:
                self._answers[key] = body
            self.runs.append(message)
        return status, body

    def texts(self) -> list[str]:
        return [str(run.get("text", run.get("payload"))) for run in self.runs]


def echo(message: Json) -> tuple[int, Json]:
    return 200, result(f"You wrote: {message.get('text', message.get('payload'))}")
