"""A small application on real HTTP that checks every webhook with the official validator."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator, get_signature_algorithm

TOKEN = "a-token-for-tests"
PUBLIC = "https://clinic.example"
TWIML = "text/xml"


@dataclass(frozen=True)
class Post:
    """A webhook as it arrived; `genuine` is what the official validator says of it."""

    path: str
    form: dict[str, str]
    headers: dict[str, str]
    genuine: bool


class Application:
    """Keeps what is posted; `behave` decides on status, content type and body of the answer."""

    def __init__(self, secret: str = TOKEN, public: str = PUBLIC) -> None:
        self.posts: list[Post] = []
        self.behave: Callable[[Post], tuple[int, str, str]] = lambda _: (204, "", "")
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(sent, keep_blank_values=True))
                settings = self.headers.get("X-Twilio-Webhooks-Signature-Settings")
                genuine = RequestValidator(secret).validate(
                    public + self.path,
                    form,
                    self.headers["X-Twilio-Signature"],
                    get_signature_algorithm(settings),
                )
                post = Post(self.path, form, dict(self.headers), genuine)
                application.posts.append(post)
                status, kind, body = application.behave(post)
                with contextlib.suppress(OSError):  # whoever posted did not wait
                    self._send(status, kind, body.encode())

            def do_GET(self) -> None:
                self._send(204, "", b"")

            def _send(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                if kind:
                    self.send_header("Content-Type", kind)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def statuses(self) -> list[str]:
        """The statuses that were reported, in the order of their arrival."""
        return [post.form["MessageStatus"] for post in self.posts if "MessageStatus" in post.form]

    def texts(self) -> list[str]:
        """The inbound texts, in the order of their arrival."""
        return [post.form["Body"] for post in self.posts if "Body" in post.form]
