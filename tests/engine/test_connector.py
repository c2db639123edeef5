"""The connector's gate: what it accepts, and what it does to text and payloads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.connector import ButtonSigner, InvalidRequest, as_text, parse_request

SIGNER = ButtonSigner("a-secret-of-the-tests")
BODY = {
    "conversation": "7f0c6a2e-8a55-4b0c-9a53-1d2f3a4b5c6d",
    "message_id": "m1",
    "channel": "web",
    "locale": "en",
    "text": "hello",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(list(BODY)), inner),
    max_leaves=8,
)


def without(name):
    return {key: value for key, value in BODY.items() if key != name}


@pytest.mark.parametrize(
    "text", ["/restart", " /restart", "\x0c/restart", "//restart", '/inform{"edit": "x"}', "/"]
)
def test_a_text_is_never_a_command(text):
    assert not as_text(text).strip().startswith("/")


@given(st.text(min_size=1))
def test_no_text_whatever_is_a_command(text):
    assert as_text(text).strip()[:1] != "/"


@pytest.mark.parametrize("name", list(BODY))
def test_it_names_the_field_that_is_missing(name):
    with pytest.raises(InvalidRequest, match=name):
        parse_request(without(name), SIGNER)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", "x" * 2001),
        ("text", "   "),
        ("text", "\ud800"),
        ("text", 5),
        ("message_id", "x" * 65),
        ("conversation", "../../etc"),
        ("channel", "twilio"),
        ("locale", "xx"),
    ],
)
def test_it_refuses_a_bad_value_without_repeating_it(name, value):
    with pytest.raises(InvalidRequest, match=name) as refusal:
        parse_request({**BODY, name: value}, SIGNER)
    assert str(value) not in str(refusal.value)


def test_a_payload_that_was_signed_for_the_conversation_comes_back_as_a_command():
    signed = SIGNER.sign(BODY["conversation"], "/nmt_method")
    message = parse_request({**without("text"), "payload": signed}, SIGNER)
    assert message.text == "/nmt_method"


@pytest.mark.parametrize(
    "payload",
    ["/restart", "0" * 64 + "./restart", SIGNER.sign("another-conversation", "/nmt_method"), "."],
)
def test_a_payload_that_was_not_signed_for_the_conversation_is_refused(payload):
    with pytest.raises(InvalidRequest):
        parse_request({**without("text"), "payload": payload}, SIGNER)


def test_text_and_payload_together_are_refused():
    with pytest.raises(InvalidRequest):
        parse_request({**BODY, "payload": "x"}, SIGNER)


@given(JSON)
def test_any_json_is_either_a_message_or_refused(body):
    try:
        message = parse_request(body, SIGNER)
    except InvalidRequest:
        return
    assert message.text


@given(st.text(), st.text())
def test_a_signature_verifies_only_what_was_signed(payload, other):
    signed = SIGNER.sign("c", payload)
    assert SIGNER.verify("c", signed) == payload
    if other != payload:
        with pytest.raises(InvalidRequest):
            SIGNER.verify("c", signed.partition(".")[0] + "." + other)
