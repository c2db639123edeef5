from __future__ import annotations

import base64
import hashlib
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from sms.signatures import (
    REPLAY_SECONDS,
    TwilioSecrets,
    public_url,
    telnyx_is_genuine,
    twilio_is_genuine,
)

URL = "https://clinic.example/sms/twilio/inbound"
SHA256_SETTINGS = "key=webhooks_sharedkey_0,algorithm=HMAC_SHA256"
NOW = 1_800_000_000


def signed(secret: str, url: str = URL, algorithm: str = "HMAC_SHA1", **fields: str) -> str:
    return str(RequestValidator(secret).compute_signature(url, fields, algorithm))


def lists(**fields: str) -> dict[str, list[str]]:
    return {name: [value] for name, value in fields.items()}


def test_it_accepts_the_example_of_the_documentation() -> None:
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    signature = "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
    assert twilio_is_genuine(TwilioSecrets(("12345",)), url, lists(**fields), b"", signature)


def test_it_accepts_the_newer_form_with_a_shared_key() -> None:
    signature = signed("shared", algorithm="HMAC_SHA256", Body="hi")
    secrets = TwilioSecrets(shared_keys=("shared",))
    assert twilio_is_genuine(secrets, URL, lists(Body="hi"), b"", signature, SHA256_SETTINGS)


def test_a_shared_key_proves_nothing_with_the_weaker_hash() -> None:
    secrets = TwilioSecrets(("token",), ("shared",))
    assert not twilio_is_genuine(secrets, URL, lists(Body="hi"), b"", signed("shared", Body="hi"))


def test_an_unknown_algorithm_is_refused() -> None:
    secrets = TwilioSecrets(("token",), ("token",))
    settings = "key=k,algorithm=HMAC_MD5"
    assert not twilio_is_genuine(secrets, URL, {}, b"", signed("token"), settings)


@pytest.mark.parametrize("secret", ["old", "new"])
def test_both_secrets_count_during_rotation(secret: str) -> None:
    secrets = TwilioSecrets(("new", "old"))
    assert twilio_is_genuine(secrets, URL, lists(Body="hi"), b"", signed(secret, Body="hi"))


def test_an_empty_secret_never_counts() -> None:
    assert not twilio_is_genuine(TwilioSecrets(("",)), URL, {}, b"", signed(""))


def test_no_secret_accepts_nothing() -> None:
    assert not twilio_is_genuine(TwilioSecrets(), URL, {}, b"", signed(""))


@pytest.mark.parametrize("signature", ["", "0", "é", "\ud800", "=" * 28])
def test_a_malformed_signature_is_refused(signature: str) -> None:
    assert not twilio_is_genuine(TwilioSecrets(("token",)), URL, {}, b"", signature)


@pytest.mark.parametrize(
    "url", ["", "clinic", "ftp://clinic.example/", "https://h:x/", "http://[/"]
)
def test_an_address_that_cannot_be_ours_is_refused(url: str) -> None:
    assert not twilio_is_genuine(TwilioSecrets(("token",)), url, {}, b"", "signature")


@pytest.mark.parametrize(
    "change",
    [
        {"Body": "hj"},
        {"Body": "hi", "Extra": "1"},
        {},
    ],
)
def test_changed_fields_are_refused(change: dict[str, str]) -> None:
    secrets = TwilioSecrets(("token",))
    assert not twilio_is_genuine(secrets, URL, lists(**change), b"", signed("token", Body="hi"))


def test_the_address_is_the_public_one_behind_a_proxy() -> None:
    url = public_url("https://clinic.example/", "/sms/twilio/inbound", "a=1")
    assert twilio_is_genuine(TwilioSecrets(("token",)), url, {}, b"", signed("token", f"{URL}?a=1"))


@pytest.mark.parametrize("signer", [URL, URL.replace(".example", ".example:443")])
@pytest.mark.parametrize("called", [URL, URL.replace(".example", ".example:443")])
def test_the_default_port_may_be_written_or_not(signer: str, called: str) -> None:
    assert twilio_is_genuine(TwilioSecrets(("token",)), called, {}, b"", signed("token", signer))


def test_a_json_body_is_proved_by_its_hash() -> None:
    body = b'{"a": 1}'
    url = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    assert twilio_is_genuine(TwilioSecrets(("token",)), url, None, body, signed("token", url))


def test_a_changed_json_body_is_refused() -> None:
    url = f"{URL}?bodySHA256={hashlib.sha256(b'{}').hexdigest()}"
    assert not twilio_is_genuine(TwilioSecrets(("token",)), url, None, b"[]", signed("token", url))


def test_a_json_body_without_a_hash_is_refused() -> None:
    assert not twilio_is_genuine(TwilioSecrets(("token",)), URL, None, b"{}", signed("token"))


def test_it_agrees_with_the_published_validator() -> None:
    assert list(filter(None, (difference(seed) for seed in range(100_000)))) == []


def difference(seed: int) -> str:
    """How we and the published validator differ about one request, half of them forged; or
    nothing."""
    dice = random.Random(seed)  # noqa: S311
    host = dice.choice(
        ["clinic.example", "clinic.example:443", "clinic.example:8443", "192.0.2.1:80"]
    )
    url = f"{dice.choice(['http', 'https'])}://{host}/{dice.choice(['', 'sms/in', 'a%20b'])}"
    fields = QueryDict(mutable=True)
    for _ in range(dice.randint(0, 6)):
        name = dice.choice(["Body", "From", "To", "body", "MediaUrl0", "ñ"])
        fields.appendlist(name, "".join(dice.choices("ab +é🛑&=\n", k=dice.randint(0, 8))))
    body = dice.randbytes(5).hex()
    json = dice.random() < 0.3
    query = ["", "a=1", "a=1&b=%C3%A9"][dice.randint(0, 2)]
    if json:
        digest = hashlib.sha256(body.encode()).hexdigest()
        query = (
            f"bodySHA256={dice.choice([digest, digest[:-1] + '0', digest.upper()])}&{query}".rstrip(
                "&"
            )
        )
    url += f"?{query}" if query else ""
    algorithm = dice.choice(["HMAC_SHA1", "HMAC_SHA256", "hmac_sha256", "HMAC_SHA512"])
    settings = "" if algorithm == "HMAC_SHA1" else f"key=k, algorithm={algorithm}"
    signer = RequestValidator(dice.choice(["token", "token", "other"]))
    called = dice.choice(
        [url, url.replace("example/", "example:443/"), url.replace(":443", ""), url + "x"]
    )
    try:
        signature = signer.compute_signature(called, {} if json else fields, algorithm)
    except ValueError:
        signature = "none"
    if dice.random() < 0.2:
        signature = signature[::-1]
    published = RequestValidator("token").validate(
        url, body if json else fields, signature, algorithm
    )
    secrets = TwilioSecrets(("token",), ("token",))
    parameters = None if json else dict(fields.lists())
    ours = twilio_is_genuine(secrets, url, parameters, body.encode(), signature, settings)
    return "" if ours == published else f"{seed}: {url} {fields} {algorithm} ours {ours}"


@settings(deadline=None)
@given(
    url=st.text(), body=st.binary(), signature=st.text(), settings=st.text(),
    fields=st.one_of(st.none(), st.dictionaries(st.text(), st.lists(st.text()))),
)  # fmt: skip
def test_no_request_makes_it_raise(
    url: str, body: bytes, signature: str, settings: str, fields: dict[str, list[str]] | None
) -> None:
    secrets = TwilioSecrets(("token",), ("shared",))
    assert not twilio_is_genuine(secrets, url, fields, body, signature, settings)


BODY = b'{"data": {"id": "1"}}'


@pytest.fixture
def private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def proof(key: Ed25519PrivateKey, body: bytes = BODY, timestamp: str = str(NOW)) -> str:
    return base64.b64encode(key.sign(timestamp.encode() + b"|" + body)).decode()


def test_it_accepts_what_telnyx_signed(private_key: Ed25519PrivateKey) -> None:
    assert telnyx_is_genuine([public(private_key)], BODY, proof(private_key), str(NOW), now=NOW)


def test_both_public_keys_count_during_rotation(private_key: Ed25519PrivateKey) -> None:
    keys = [public(Ed25519PrivateKey.generate()), public(private_key)]
    assert telnyx_is_genuine(keys, BODY, proof(private_key), str(NOW), now=NOW)


def test_a_changed_body_is_refused(private_key: Ed25519PrivateKey) -> None:
    assert not telnyx_is_genuine(
        [public(private_key)], b"{}", proof(private_key), str(NOW), now=NOW
    )


def test_another_key_is_refused(private_key: Ed25519PrivateKey) -> None:
    other = Ed25519PrivateKey.generate()
    assert not telnyx_is_genuine([public(other)], BODY, proof(private_key), str(NOW), now=NOW)


@pytest.mark.parametrize("late", [REPLAY_SECONDS + 1, -REPLAY_SECONDS - 1])
def test_what_is_old_or_from_the_future_is_refused(
    private_key: Ed25519PrivateKey, late: int
) -> None:
    key = public(private_key)
    assert not telnyx_is_genuine([key], BODY, proof(private_key), str(NOW), now=NOW + late)


@pytest.mark.parametrize("late", [REPLAY_SECONDS, -REPLAY_SECONDS])
def test_the_window_includes_its_ends(private_key: Ed25519PrivateKey, late: int) -> None:
    key = public(private_key)
    assert telnyx_is_genuine([key], BODY, proof(private_key), str(NOW), now=NOW + late)


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "١٢٣", "9" * 30, "1e9", "1.0"])
def test_a_malformed_time_is_refused(private_key: Ed25519PrivateKey, timestamp: str) -> None:
    signature = proof(private_key, timestamp=timestamp)
    assert not telnyx_is_genuine([public(private_key)], BODY, signature, timestamp, now=NOW)


@settings(deadline=None)
@given(body=st.binary(), signature=st.text(), timestamp=st.text())
def test_no_event_makes_it_raise(body: bytes, signature: str, timestamp: str) -> None:
    key = public(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert not telnyx_is_genuine([key], body, signature, timestamp)
