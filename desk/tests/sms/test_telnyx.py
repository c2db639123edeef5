"""The second provider, of another kind: JSON, Ed25519, a bearer token."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chat.models import Author, Message
from sms.models import Contact, OutboundText, TextState
from sms.providers import provider as provider_of
from tests.sms.phone import CLINIC, FakeProvider, deliver

KEY = Ed25519PrivateKey.from_private_bytes(b"a key for tests, 32 bytes long!!")


@pytest.fixture(autouse=True)
def telnyx(transactional_db: None, settings: Any) -> Iterator[None]:
    public = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
    settings.SMS_PROVIDER = "telnyx"
    settings.TELNYX_API_KEY = "KEY0123"
    settings.TELNYX_PUBLIC_KEYS = [public]
    settings.TELNYX_API_URL = settings.TWILIO_API_URL
    provider_of.cache_clear()
    yield
    provider_of.cache_clear()


def post(path: str, body: bytes, *, age: int = 0) -> Any:
    sent = str(int(time.time()) - age)
    headers = {
        "telnyx-timestamp": sent,
        "telnyx-signature-ed25519": base64.b64encode(KEY.sign(f"{sent}|".encode() + body)).decode(),
    }
    return Client().post(path, body, "application/json", headers=headers)


def event(kind: str, **payload: Any) -> bytes:
    return json.dumps({"data": {"event_type": kind, "payload": payload}}).encode()


def received(text: str, id: str = "m1") -> bytes:
    return event(
        "message.received",
        id=id,
        text=text,
        **{"from": {"phone_number": "+13105550123"}, "to": [{"phone_number": CLINIC}]},
    )


def test_a_signed_text_is_stored_once() -> None:
    for _ in range(2):
        assert post("/sms/telnyx/inbound", received("HELP")).status_code == 204
    assert Message.objects.filter(author=Author.PATIENT).count() == 1


def test_an_old_signature_is_refused() -> None:
    assert post("/sms/telnyx/inbound", received("HELP"), age=600).status_code == 403
    assert not Contact.objects.exists()


def test_another_body_under_a_signature_is_refused() -> None:
    body = received("STOP")
    sent = str(int(time.time()))
    signature = base64.b64encode(KEY.sign(f"{sent}|".encode() + body)).decode()
    headers = {"telnyx-timestamp": sent, "telnyx-signature-ed25519": signature}
    forged = body.replace(b"STOP", b"HELP")
    response = Client().post("/sms/telnyx/inbound", forged, "application/json", headers=headers)
    assert response.status_code == 403


def test_stop_is_honoured_and_confirmed(provider: FakeProvider) -> None:
    taken: list[dict[str, Any]] = []

    def take(form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        taken.append(form)
        return 200, {"data": {"id": "t1"}}

    provider.behave = take
    post("/sms/telnyx/inbound", received("STOP"))
    deliver()
    assert Contact.objects.get().stopped
    assert [text["to"] for text in taken] == ["+13105550123"]
    [text] = OutboundText.objects.filter(state=TextState.SENT)
    status = event("message.finalized", id="t1", to=[{"status": "delivered"}])
    assert post(f"/sms/telnyx/status?ref={text.ref}", status).status_code == 204
    text.refresh_from_db()
    assert text.state == TextState.DELIVERED


@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.text(max_size=5) | st.integers(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["data", "payload", "event_type", "from", "to", "id"]), inner
                )
            ),
            max_leaves=12,
        ).map(lambda data: json.dumps(data).encode()),
    )
)
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_body_is_an_error_of_ours(body: bytes) -> None:
    for path in ("/sms/telnyx/inbound", f"/sms/telnyx/status?ref={uuid.uuid4()}"):
        assert post(path, body).status_code in {204, 400}
