"""Signatures beside the official helper's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from twilio_simulator import signing

WORDS = st.text(st.characters(codec="utf-8"))
FORMS = st.dictionaries(WORDS.filter(bool), WORDS, max_size=8)
URL = "https://clinic.example/sms?ref=1&x=%20y"


@given(FORMS)
def test_a_token_signs_as_twilio_s_does(form: dict[str, str]) -> None:
    headers = signing.headers(URL, form, "token")
    assert RequestValidator("token").validate(URL, form, headers[signing.SIGNATURE])


@given(FORMS)
def test_a_shared_key_signs_as_twilio_s_does(form: dict[str, str]) -> None:
    headers = signing.headers(URL, form, "token", "key")
    genuine = RequestValidator("key").validate(URL, form, headers[signing.SIGNATURE], "HMAC_SHA256")
    assert genuine


@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
def test_the_token_proves_nothing_once_there_is_a_shared_key(algorithm: str) -> None:
    signature = signing.headers(URL, {"a": "b"}, "token", "key")[signing.SIGNATURE]
    assert not RequestValidator("token").validate(URL, {"a": "b"}, signature, algorithm)


def test_the_example_of_the_documentation() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    signed = signing.headers("https://mycompany.com/myapp.php?foo=1&bar=2", form, "12345")
    assert signed == {signing.SIGNATURE: "0/KCTR6DLpKmkAf8muzZqo1nDgQ="}
