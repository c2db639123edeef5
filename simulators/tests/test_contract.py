"""Every answer of the API beside Twilio's own description of it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.application import TOKEN
from tests.conftest import CLINIC, PATIENT, SID, World
from tests.openapi import EXTRACT, PREFIX, problems

OPERATIONS: dict[str, Any] = json.loads(EXTRACT.read_text(encoding="utf-8"))["operations"]


def call(world: World, operation: str, path: str, form: dict[str, str] | None = None) -> list[str]:
    """What is wrong with the answer to a request, by the description of `operation`."""
    method = operation.partition(" ")[0]
    url = f"{world.simulator.url}/2010-04-01/Accounts/{SID}/{path}"
    answer = httpx.request(method, url, data=form, auth=(SID, TOKEN))
    described = OPERATIONS[operation]
    found = [] if answer.status_code == described["status"] else [f"status {answer.status_code}"]
    if described["answer"] is None:
        return found + (["a body"] if answer.content else [])
    return found + problems(described["answer"], answer.json())


def test_create(world: World) -> None:
    form = {"To": PATIENT, "From": CLINIC, "Body": "Hello"}
    assert call(world, f"post {PREFIX}.json", "Messages.json", form) == []


def test_create_by_a_service(world: World) -> None:
    form = {"To": PATIENT, "MessagingServiceSid": f"MG{SID[2:]}", "Body": "Hello"}
    assert call(world, f"post {PREFIX}.json", "Messages.json", form) == []


@pytest.mark.parametrize("seconds", [0, 0.1, 0.3, 60])
def test_fetch(world: World, seconds: float) -> None:
    message = world.send()
    world.simulator.advance(seconds)
    assert call(world, f"get {PREFIX}/{{Sid}}.json", f"Messages/{message.sid}.json") == []


def test_fetch_what_was_not_delivered(world: World) -> None:
    message = world.send("See https://bit.ly/3abc")
    world.simulator.advance(60)
    assert call(world, f"get {PREFIX}/{{Sid}}.json", f"Messages/{message.sid}.json") == []


def test_fetch_an_inbound_text_with_a_picture(world: World) -> None:
    text = world.simulator.text(PATIENT, "", pictures=1)
    assert call(world, f"get {PREFIX}/{{Sid}}.json", f"Messages/{text.sid}.json") == []


def test_update(world: World) -> None:
    message = world.send()
    world.simulator.advance(60)
    path = f"Messages/{message.sid}.json"
    assert call(world, f"post {PREFIX}/{{Sid}}.json", path, {"Body": ""}) == []


def test_delete(world: World) -> None:
    message = world.send()
    world.simulator.advance(60)
    assert call(world, f"delete {PREFIX}/{{Sid}}.json", f"Messages/{message.sid}.json") == []


@pytest.mark.parametrize("query", ["", "?PageSize=2", "?PageSize=2&Page=1", "?Page=9"])
def test_list(world: World, query: str) -> None:
    for i in range(5):
        world.send(str(i))
    world.simulator.text(PATIENT, "Hello")
    assert call(world, f"get {PREFIX}.json", f"Messages.json{query}") == []


def test_media(world: World) -> None:
    text = world.simulator.text(PATIENT, "", pictures=1)
    listed = call(
        world, f"get {PREFIX}/{{MessageSid}}/Media.json", f"Messages/{text.sid}/Media.json"
    )
    one = call(
        world,
        f"get {PREFIX}/{{MessageSid}}/Media/{{Sid}}.json",
        f"Messages/{text.sid}/Media/{text.media_sids[0]}.json",
    )
    assert (listed, one) == ([], [])


def test_what_we_post_to_the_api_is_described() -> None:
    """The names that the simulator reads are names that Twilio has."""
    read = {
        "To", "From", "Body", "MessagingServiceSid", "StatusCallback", "MediaUrl",
        "ValidityPeriod", "ScheduleType", "SendAt",
    }  # fmt: skip
    assert read <= OPERATIONS[f"post {PREFIX}.json"]["form"].keys()
