"""The engine as others on the machine see it."""

from __future__ import annotations

import uuid

import httpx
import pytest

from scripts.stack import Stack


@pytest.fixture
def engine(stack: Stack) -> httpx.Client:
    return httpx.Client(
        base_url=stack.environment["FRONTDESK_ENGINE_URL"],
        headers={"Authorization": f"Bearer {stack.environment['FRONTDESK_ENGINE_SECRET']}"},
        timeout=30,
    )


def message(**changes: str) -> dict[str, str]:
    return {
        "conversation": str(uuid.uuid4()),
        "message_id": uuid.uuid4().hex,
        "channel": "web",
        "locale": "en",
        "text": "what is neuromuscular therapy",
        **changes,
    }


def test_without_the_secret_nothing_is_answered(engine: httpx.Client):
    refusal = engine.post("/webhooks/desk/webhook", json=message(), headers={"Authorization": "Bearer x"})
    assert refusal.status_code == 401


@pytest.mark.parametrize(
    "path", ["/webhooks/rest/webhook", "/model/parse", "/conversations/x/messages", "/socket.io/"]
)
def test_no_other_channel_and_no_api_is_open(engine: httpx.Client, path: str):
    assert engine.post(path, json=message()).status_code in (404, 405)


def test_the_same_message_id_returns_the_same_result(engine: httpx.Client):
    sent = message()
    first = engine.post("/webhooks/desk/webhook", json=sent).json()
    assert engine.post("/webhooks/desk/webhook", json=sent).json() == first


def test_a_payload_of_another_conversation_is_refused(engine: httpx.Client):
    offered = engine.post("/webhooks/desk/webhook", json=message()).json()
    payload = offered["replies"][0]["buttons"][0]["payload"]
    stolen = {k: v for k, v in message().items() if k != "text"} | {"payload": payload}
    assert engine.post("/webhooks/desk/webhook", json=stolen).status_code == 400


def test_a_short_message_gets_the_short_answer_by_sms(engine: httpx.Client):
    web = engine.post("/webhooks/desk/webhook", json=message()).json()["replies"][0]["text"]
    sms = engine.post("/webhooks/desk/webhook", json=message(channel="sms")).json()["replies"][0]["text"]
    assert len(sms) < len(web)


def test_a_body_that_is_not_json_is_a_clear_error(engine: httpx.Client):
    refusal = engine.post("/webhooks/desk/webhook", content=b"\xff{")
    assert refusal.status_code == 400
    assert "JSON" in refusal.json()["error"]


def test_without_the_action_server_the_turn_is_refused_and_can_be_repeated(
    engine: httpx.Client, stack: Stack
):
    sent = message()
    stack.kill("actions")
    try:
        assert engine.post("/webhooks/desk/webhook", json=sent).status_code == 503
    finally:
        stack.start("actions")
        stack.wait_ready(["actions"])
    assert engine.post("/webhooks/desk/webhook", json=sent).json()["decision"] == "answer"


def test_without_the_action_server_an_emergency_is_warned_of(engine: httpx.Client, stack: Stack):
    sent = message(text="my face is drooping and i can't lift my arm")
    stack.kill("actions")
    try:
        warned = engine.post("/webhooks/desk/webhook", json=sent).json()
    finally:
        stack.start("actions")
        stack.wait_ready(["actions"])
    assert (warned["decision"], warned["tier"]) == ("safety", "emergency")
    assert engine.post("/webhooks/desk/webhook", json=sent).json() == warned


def test_the_action_server_answers_only_the_engine(stack: Stack):
    url = stack.environment["FRONTDESK_ACTIONS_URL"]
    assert httpx.post(f"{url}/webhook", json={"next_action": "action_answer"}).status_code == 401
