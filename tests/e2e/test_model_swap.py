"""A new model takes the old one's place while patients write."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from scripts.stack import ROOT, Stack, free_ports


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("model") / "frontdesk.tar.gz"
    shutil.copyfile(ROOT / "models" / "frontdesk.tar.gz", copy)
    return copy


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


@pytest.fixture(scope="module")
def engine(model: Path, var: Path) -> Iterator[httpx.Client]:
    with Stack(var, free_ports(), {"FRONTDESK_MODEL": str(model)}) as stack:
        stack.start("engine", "actions")
        stack.wait_ready(("actions", "engine"))
        url, secret = (stack.environment[f"FRONTDESK_ENGINE_{name}"] for name in ("URL", "SECRET"))
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {secret}"}, timeout=30) as client:
            yield client


def model_id(engine: httpx.Client) -> str:
    return str(engine.get("/webhooks/desk/").json()["model_id"])


def say(engine: httpx.Client, conversation: str) -> httpx.Response:
    message = {
        "conversation": conversation,
        "message_id": uuid.uuid4().hex,
        "channel": "web",
        "locale": "en",
        "text": "what is neuromuscular therapy",
    }
    return engine.post("/webhooks/desk/webhook", json=message)


def put_in_place(model: Path, content: bytes) -> None:
    """As a training does: written beside it, then renamed."""
    beside = model.with_suffix(".part")
    beside.write_bytes(content)
    beside.replace(model)


def under_another_id(model: Path) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(model) as old, tarfile.open(fileobj=whole, mode="w:gz", compresslevel=1) as new:
        for member in old:
            content = old.extractfile(member)
            if content and member.name.lstrip("./") == "metadata.json":
                data = json.dumps({**json.load(content), "model_id": uuid.uuid4().hex}).encode()
                member.size, content = len(data), io.BytesIO(data)
            new.addfile(member, content)
    return whole.getvalue()


def talk_until(engine: httpx.Client, done: Callable[[], bool], seconds: float = 60) -> list[int]:
    """Status of each message of one conversation until `done`, and of one after it."""
    conversation, statuses = str(uuid.uuid4()), []
    deadline = time.monotonic() + seconds
    ended = False
    while not ended:
        assert time.monotonic() < deadline
        ended = done()
        statuses.append(say(engine, conversation).status_code)
    return statuses


def test_every_message_is_answered_while_a_new_model_is_loaded(engine: httpx.Client, model: Path):
    before = model_id(engine)
    put_in_place(model, under_another_id(model))
    statuses = talk_until(engine, lambda: model_id(engine) != before)
    assert set(statuses) == {200}


def test_a_damaged_model_changes_nothing(engine: httpx.Client, model: Path, var: Path):
    good, before = model.read_bytes(), model_id(engine)
    put_in_place(model, good[: len(good) // 2])
    log = var / "log" / "engine.log"
    statuses = talk_until(engine, lambda: "cannot be loaded" in log.read_text())
    assert set(statuses) == {200}
    assert model_id(engine) == before
