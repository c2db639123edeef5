"""Sends messages, each as the first of a new conversation, through a running engine and action server."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from tqdm import tqdm

from scripts.stack import Stack, free_ports

AT_ONCE = 4
SECONDS_FOR_A_TURN = 60
MAX_TEXT = 2000

# What one message got: facts of the turn and the words of the reply, as JSON data.
Line = dict[str, Any]


class MessagesError(ValueError):
    """The file of messages cannot be read as `id,text`."""


@dataclass(frozen=True)
class LabelledMessage:
    """A message; `labels` has the file's other columns."""

    id: str
    text: str
    labels: dict[str, str]


def read_messages(path: Path) -> list[LabelledMessage]:
    """Read a CSV file with the columns id and text.

    Raises:
        MessagesError: no such file, not UTF-8, a column is missing, or an id stands twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MessagesError(f"{path} cannot be read as a CSV file: {error}") from error
    messages = []
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2):
        id_, text = row.get("id"), row.get("text")
        if id_ is None or text is None:
            raise MessagesError(f"{path}, line {line}: the columns id and text are needed.")
        if id_ in seen:
            raise MessagesError(f"{path}, line {line}: the id {id_!r} stands twice.")
        seen.add(id_)
        labels = {key: value for key, value in row.items() if key not in ("id", "text", None)}
        messages.append(LabelledMessage(id_, text, labels))
    return messages


@asynccontextmanager
async def engine() -> AsyncIterator[Stack]:
    """A real engine with its actions, on free ports and with a data folder of its own."""
    with (
        TemporaryDirectory(prefix="frontdesk-evaluation-") as folder,
        Stack(Path(folder), free_ports()) as stack,
    ):
        stack.start("actions", "engine")
        await asyncio.to_thread(stack.wait_ready, ("actions", "engine"))
        yield stack


async def run(messages: Iterable[LabelledMessage], channel: str) -> list[Line]:
    """Turn facts and replies for each message, each the first of a conversation, in the order given."""
    waiting = list(messages)
    async with engine() as stack:
        dialogues = await run_dialogues(stack, [[message.text] for message in waiting], channel)
    return [{"id": message.id, **turns[0]} for message, turns in zip(waiting, dialogues, strict=True)]


async def run_dialogues(stack: Stack, dialogues: Sequence[Sequence[str]], channel: str) -> list[list[Line]]:
    """Turn facts and replies for the messages of each conversation."""
    places = asyncio.Semaphore(AT_ONCE)
    progress = tqdm(total=sum(map(len, dialogues)), unit="message", file=sys.stderr)
    async with aiohttp.ClientSession() as session:

        async def one(texts: Sequence[str]) -> list[Line]:
            conversation, lines = str(uuid.uuid4()), []
            async with places:
                for text in texts:
                    lines.append(_line(await send(session, stack, conversation, text, channel)))
                    progress.update()
            return lines

        done = await asyncio.gather(*(one(texts) for texts in dialogues))
    progress.close()
    return list(done)


async def send(
    session: aiohttp.ClientSession, stack: Stack, conversation: str, text: str, channel: str
) -> dict[str, Any]:
    """One turn of a conversation through the engine of `stack`."""
    async with session.post(
        f"{stack.environment['FRONTDESK_ENGINE_URL']}/webhooks/desk/webhook",
        headers={"Authorization": f"Bearer {stack.environment['FRONTDESK_ENGINE_SECRET']}"},
        timeout=aiohttp.ClientTimeout(total=SECONDS_FOR_A_TURN),
        json={
            "conversation": conversation,
            "message_id": uuid.uuid4().hex,
            "channel": channel,
            "locale": "en",
            # The desk refuses longer and empty messages before they reach the engine.
            "text": text.strip()[:MAX_TEXT] or "?",
        },
    ) as response:
        response.raise_for_status()
        turn: dict[str, Any] = await response.json()
        return turn


def _line(turn: dict[str, Any]) -> Line:
    return {
        "decision": turn["decision"],
        "topic": turn["topics"][0] if turn["topics"] else None,
        "topics": turn["topics"],
        "detail": turn["detail"],
        "about": turn["about"],
        "tier": turn["tier"],
        "flags": turn["flags"],
        "intent": turn["intent"],
        "confidence": turn["confidence"],
        "ranking": turn["ranking"],
        "read_by": turn["read_by"],
        "reply": "\n\n".join(reply["text"] for reply in turn["replies"] if reply["text"]),
    }


def write_lines(path: Path, lines: list[Line]) -> None:
    """Write one JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
