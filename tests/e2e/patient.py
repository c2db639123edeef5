"""A patient who uses the desk's public API, as the widget does."""

from __future__ import annotations

import time
import uuid
from typing import Any

import httpx

# A desk that restarts refuses connections for some seconds.
PATIENCE_SECONDS = 120
POLL_SECONDS = 0.2


class Patient:
    """One conversation on the web."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30)
        session = self._http.post("/api/chat/sessions", json={"locale": "en"})
        session.raise_for_status()
        self.conversation: str = session.json()["conversation"]
        self._http.headers["Authorization"] = f"Bearer {session.json()['token']}"

    def say(self, text: str, client_id: str | None = None) -> list[dict[str, Any]]:
        """Send a text and return the replies."""
        return self._post({"text": text}, client_id)

    def press(self, replies: list[dict[str, Any]], title: str) -> list[dict[str, Any]]:
        """Press the button with this title on one of the replies."""
        buttons = [button for reply in replies for button in reply["buttons"]]
        (button,) = [button["id"] for button in buttons if button["title"] == title]
        return self._post({"button": button})

    def insist(self, text: str, client_id: str) -> None:
        """Send a text until the desk has taken it, as the widget does when the line is bad."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.say(text, client_id)
                return
            except (httpx.TransportError, httpx.HTTPStatusError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL_SECONDS)

    def history(self) -> list[dict[str, Any]]:
        """All messages of the conversation."""
        response = self._http.get("/api/chat/messages", params={"after": 0})
        response.raise_for_status()
        messages: list[dict[str, Any]] = response.json()["messages"]
        return messages

    def wait_for_answers(self, count: int) -> list[dict[str, Any]]:
        """The history, once it has `count` replies that are not the safe message."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                history = self.history()
                if len([m for m in history if m["author"] == "assistant" and m["kind"] != "safe"]) >= count:
                    return history
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                raise AssertionError(f"fewer than {count} answers in {PATIENCE_SECONDS} s")
            time.sleep(POLL_SECONDS)

    def _post(self, content: dict[str, str], client_id: str | None = None) -> list[dict[str, Any]]:
        response = self._http.post(
            "/api/chat/messages", json={"client_id": client_id or uuid.uuid4().hex, **content}
        )
        response.raise_for_status()
        replies: list[dict[str, Any]] = response.json()["replies"]
        return replies


def text_of(replies: list[dict[str, Any]]) -> str:
    """The text of all replies."""
    return "\n\n".join(reply["text"] for reply in replies)
