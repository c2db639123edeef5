"""Talk to the assistant in the terminal, through the same connector as the desk (`make shell`)."""

from __future__ import annotations

import json
import sys
import tempfile
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from scripts.stack import Stack, StackError, free_ports

TURN_SECONDS = 60


def send(stack: Stack, conversation: str, content: dict[str, str]) -> dict[str, Any]:
    """One turn; `content` has either text or payload."""
    request = urllib.request.Request(
        f"{stack.environment['FRONTDESK_ENGINE_URL']}/webhooks/desk/webhook",
        data=json.dumps(
            {
                "conversation": conversation,
                "message_id": uuid.uuid4().hex,
                "channel": "web",
                "locale": "en",
                **content,
            }
        ).encode(),
        headers={
            "Authorization": f"Bearer {stack.environment['FRONTDESK_ENGINE_SECRET']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=TURN_SECONDS) as response:
        turn: dict[str, Any] = json.load(response)
        return turn


def show(turn: dict[str, Any]) -> list[dict[str, str]]:
    """Print the replies and what was understood; returns the buttons offered, in their printed order."""
    buttons: list[dict[str, str]] = []
    for reply in turn["replies"]:
        print(f"\n{reply['text']}")
        if reply["source"]:
            print(f"  source: {reply['source']['title']}, {reply['source']['url']}")
        for button in reply["buttons"]:
            buttons.append(button)
            print(f"  [{len(buttons)}] {button['title']}")
    print(f"\n  {turn['decision']} · {turn['intent']} {turn['confidence']:.2f} · tier {turn['tier']}")
    return buttons


def converse(stack: Stack) -> None:
    """Read and answer until end of input."""
    conversation = str(uuid.uuid4())
    buttons: list[dict[str, str]] = []
    while True:
        try:
            text = input("\n> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if text.isdigit() and 0 < int(text) <= len(buttons):
            payload = buttons[int(text) - 1]["payload"]
            buttons = show(send(stack, conversation, {"payload": payload}))
        elif text:
            buttons = show(send(stack, conversation, {"text": text}))


def main() -> int:
    """Start the engine and the actions, and converse."""
    print("-- starting the engine and the actions")
    with (
        tempfile.TemporaryDirectory(prefix="frontdesk-shell-") as folder,
        Stack(Path(folder), free_ports()) as stack,
    ):
        try:
            stack.start("engine", "actions")
            stack.wait_ready(("actions", "engine"))
        except StackError as error:
            print(error, file=sys.stderr)
            return 1
        print("Write a message, or the number of a button. Ctrl-D ends the conversation.")
        converse(stack)
    return 0


if __name__ == "__main__":
    sys.exit(main())
