"""What the public API accepts, and what it says to everything else."""

from __future__ import annotations

import json
import socket
import string
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chat import tokens
from chat.models import Conversation, Message, Turn
from chat.texts import check_text
from frontdesk import addresses
from tests.conftest import Patient
from tests.engine import FakeEngine
from tests.problems import assert_problem


class TestConfig:
    def test_it_says_what_the_widget_shows_first(self) -> None:
        config = Client().get("/api/chat/config").json()
        assert set(config) == {"clinic", "notice", "emergency", "greeting", "suggestions"}
        assert set(config["clinic"]) == {"name", "phone_display", "phone_tel"}
        assert set(config["suggestions"][0]) == {"title", "text"}

    def test_it_needs_no_database(self) -> None:
        # This test has no access to one.
        assert Client().get("/api/chat/config").status_code == 200


class TestOpenApi:
    def test_it_describes_every_operation(self) -> None:
        paths = Client().get("/api/openapi.json").json()["paths"]
        assert {(path, verb) for path, verbs in paths.items() for verb in verbs} == {
            ("/api/chat/config", "get"),
            ("/api/chat/sessions", "post"),
            ("/api/chat/sessions", "delete"),
            ("/api/chat/messages", "post"),
            ("/api/chat/messages", "get"),
            ("/api/chat/events", "get"),
        }

    def test_there_is_no_page_that_loads_from_elsewhere(self) -> None:
        assert_problem(Client().get("/api/docs"), 404)


class TestTokens:
    @pytest.mark.parametrize("path", ["/api/chat/messages", "/api/chat/events"])
    def test_one_is_needed(self, patient: Patient, path: str) -> None:
        response = patient.client.get(path)
        assert_problem(response, 401)
        assert response["WWW-Authenticate"].startswith("Bearer")

    def test_an_expired_one_is_refused(self, patient: Patient, settings: Any) -> None:
        settings.CHAT_SESSION_AGE = timedelta(seconds=-1)
        patient.token, _ = tokens.issue(patient.conversation)
        assert_problem(patient.client.get("/api/chat/messages", headers=patient.bearer), 401)

    def test_one_signed_for_another_purpose_is_refused(self, patient: Patient) -> None:
        later = int(timezone.now().timestamp()) + 1000
        patient.token = signing.dumps([str(patient.conversation), later], salt="other")
        assert_problem(patient.client.get("/api/chat/messages", headers=patient.bearer), 401)

    def test_one_of_an_erased_conversation_is_refused(self, patient: Patient) -> None:
        patient.erase()
        assert_problem(patient.post("Hello"), 401)

    def test_it_opens_only_its_own_conversation(
        self, patient: Patient, stranger: Patient, engine: FakeEngine
    ) -> None:
        patient.say("Mine")
        assert stranger.history() == []

    @given(st.integers(min_value=0), st.sampled_from(string.ascii_letters + string.digits))
    def test_one_with_a_changed_character_is_refused(self, place: int, char: str) -> None:
        conversation = Conversation()
        token, session = tokens.issue(conversation.pk)
        place %= len(token)
        forged = token[:place] + char + token[place + 1 :]
        # Base64 has spare bits at its end: another spelling of the same signature may pass, but
        # never says anything else.
        assert tokens.read(forged) in (None, session)

    @given(st.text(max_size=200))
    def test_any_other_text_is_refused(self, token: str) -> None:
        assert tokens.read(token) is None

    @given(st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=4))
    def test_a_signed_one_of_another_shape_is_refused(self, content: Any) -> None:
        assert tokens.read(signing.dumps(content, salt=tokens.SALT)) is None


class TestErase:
    def test_every_word_is_gone(self, patient: Patient, engine: FakeEngine) -> None:
        patient.say("Hello")
        assert patient.erase().status_code == 204
        assert not Message.objects.exists()
        assert not Turn.objects.exists()

    def test_the_trace_says_when_and_how_many(self, patient: Patient, engine: FakeEngine) -> None:
        patient.say("Hello")
        patient.erase()
        trace = Conversation.objects.get(pk=patient.conversation)
        assert trace.erased_at is not None
        assert trace.erased_messages == 2

    def test_other_conversations_stay(
        self, patient: Patient, stranger: Patient, engine: FakeEngine
    ) -> None:
        stranger.say("Hello")
        patient.erase()
        assert len(stranger.history()) == 2


class TestTexts:
    @pytest.mark.parametrize(
        "text",
        [
            "/intent{}",
            "😀" * 2000,
            "👩🏽‍⚕️",
            "\u202eabc",
            "مرحبا",
            "tab\tand\nline",
            "bell \x07",
            "<script>alert(1)</script>",
            "'; DROP TABLE chat_message; --",
            "\ufeffHello",
            "\U0010ffff",
            "  spaces around  ",
        ],
    )
    def test_what_can_be_stored_is_stored_as_it_was_sent(
        self, patient: Patient, engine: FakeEngine, text: str
    ) -> None:
        patient.say(text)
        assert patient.texts()[0] == text
        assert engine.texts() == [text]

    @pytest.mark.parametrize(
        "text",
        ["", " ", "\n\t ", "\u200b\u200d", "\u3000", "\0", "a\0b", "\ud800", "x" * 2001, "\x07"],
    )
    def test_what_cannot_is_refused(self, patient: Patient, text: str) -> None:
        assert_problem(patient.post(text), 422)
        assert not Message.objects.exists()

    @given(st.text(st.characters(codec=None), max_size=2100))
    def test_what_passes_can_be_stored(self, text: str) -> None:
        try:
            passed = check_text(text)
        except ValueError:
            return
        assert passed == text
        assert len(passed) <= 2000
        assert "\0" not in passed.encode().decode()
        assert passed.strip()


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b'"text"',
            b"\xff\xfe",
            b'{"client_id": "a"}',
            b'{"client_id": "a", "text": "x", "button": "1-0"}',
            b'{"client_id": "a", "text": 5}',
            b'{"client_id": "a", "text": ["x"]}',
            b'{"client_id": "a b", "text": "x"}',
            b'{"client_id": "", "text": "x"}',
            b'{"client_id": "a\\n", "text": "x"}',
            b'{"client_id": "' + b"a" * 65 + b'", "text": "x"}',
            b'{"client_id": "a", "text": "x", "more": 1}',
            b'{"client_id": "a", "text": NaN}',
            b"[" * 9000,
            b'{"client_id": "a", "text": ' + b"1" * 9000 + b"}",
        ],
    )
    def test_a_wrong_one_is_refused(self, patient: Patient, body: bytes) -> None:
        response = patient.client.post(
            "/api/chat/messages", body, content_type="application/json", headers=patient.bearer
        )
        assert_problem(response, 422)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=10,
        )
        | st.fixed_dictionaries({"client_id": st.text(), "text": st.text()})
    )
    @hypothesis_settings(
        max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
    )
    def test_no_json_is_an_error_of_ours(
        self, patient: Patient, engine: FakeEngine, body: Any
    ) -> None:
        response = patient.client.post(
            "/api/chat/messages",
            json.dumps(body),
            content_type="application/json",
            headers=patient.bearer,
        )
        assert response.status_code in (200, 409, 422)

    def test_an_error_does_not_repeat_what_was_sent(self, patient: Patient) -> None:
        response = patient.post("my secret " * 300)
        assert "secret" not in response.content.decode()

    def test_a_large_one_is_refused(self, visitor: Patient) -> None:
        assert_problem(visitor.post("x" * 17_000), 413)

    def test_an_endless_one_in_chunks_is_cut_off(self, visitor: Patient) -> None:
        # Nobody reads past the limit: the answer comes although the body never ends.
        parts = urlsplit(visitor.base)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
            connection.sendall(
                b"POST /api/chat/messages HTTP/1.1\r\nHost: localhost\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n"
            )
            for _ in range(20):
                connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
            assert b" 413 " in connection.recv(200)


class TestProblems:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("get", "/api/nothing", 404),
            ("get", "/api/chat/nothing", 404),
            ("get", "/internal/nothing", 404),
            ("put", "/api/chat/messages", 405),
            ("get", "/internal/bookings", 405),
            ("post", "/internal/bookings", 401),
            ("get", "/api/chat/messages", 401),
            ("delete", "/api/chat/sessions", 401),
        ],
    )
    @pytest.mark.django_db
    def test_every_error_is_one(self, method: str, path: str, status: int) -> None:
        assert_problem(getattr(Client(), method)(path), status)

    @pytest.mark.django_db
    def test_an_unknown_host_is_one(self) -> None:
        assert_problem(Client().get("/api/chat/config", headers={"Host": "evil.example"}), 400)

    def test_a_failure_of_ours_is_one(
        self, patient: Patient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(*args: Any, **kwargs: Any) -> None:
            raise RuntimeError("the text of a patient")

        monkeypatch.setattr("chat.store.receive_and_claim", broken)
        response = patient.post("the text of a patient")
        assert_problem(response, 500)

    @pytest.mark.parametrize("after", ["-1", "x", "99999999999999999999"])
    def test_a_wrong_query_is_one(self, patient: Patient, after: str) -> None:
        response = patient.client.get(f"/api/chat/messages?after={after}", headers=patient.bearer)
        assert_problem(response, 422)


@pytest.mark.django_db(transaction=True)
class TestOrigins:
    @staticmethod
    def begin(origin: str) -> Any:
        return Client().post(
            "/api/chat/sessions", {}, content_type="application/json", headers={"Origin": origin}
        )

    def test_the_desks_own_pages_may_chat(self) -> None:
        assert self.begin("http://testserver").status_code == 201

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", "null", "https://testserver.evil.example", "testserver", ""],
    )
    def test_other_pages_may_not(self, origin: str) -> None:
        assert_problem(self.begin(origin), 403)

    def test_a_page_on_the_list_may_chat(self, settings: Any) -> None:
        settings.CHAT_ORIGINS = settings.CORS_ALLOWED_ORIGINS = ["https://clinic.example"]
        response = self.begin("https://clinic.example")
        assert response.status_code == 201
        assert response["Access-Control-Allow-Origin"] == "https://clinic.example"

    def test_its_preflight_is_answered(self, settings: Any) -> None:
        settings.CHAT_ORIGINS = settings.CORS_ALLOWED_ORIGINS = ["https://clinic.example"]
        response = Client().options(
            "/api/chat/messages",
            headers={
                "Origin": "https://clinic.example",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization, content-type",
            },
        )
        assert response["Access-Control-Allow-Origin"] == "https://clinic.example"
        assert "authorization" in response["Access-Control-Allow-Headers"]

    def test_another_page_reads_nothing(self) -> None:
        response = Client().get("/api/chat/config", headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in response


class TestRates:
    def test_a_session_is_limited(
        self, patient: Patient, engine: FakeEngine, settings: Any
    ) -> None:
        settings.CHAT_RATES = {**settings.CHAT_RATES, "session_messages": (2, 3600)}
        patient.say("one")
        patient.say("two")
        response = patient.post("three")
        assert_problem(response, 429)
        assert 1 <= int(response["Retry-After"]) <= 3600

    def test_one_session_does_not_limit_another(
        self, patient: Patient, stranger: Patient, engine: FakeEngine, settings: Any
    ) -> None:
        settings.CHAT_RATES = {**settings.CHAT_RATES, "session_messages": (1, 3600)}
        patient.say("one")
        assert stranger.post("one").status_code == 200

    def test_an_address_is_limited(
        self, patient: Patient, stranger: Patient, engine: FakeEngine, settings: Any
    ) -> None:
        settings.CHAT_RATES = {**settings.CHAT_RATES, "address_messages": (1, 3600)}
        patient.say("one")
        assert_problem(stranger.post("one"), 429)

    def test_new_sessions_of_an_address_are_limited(self, patient: Patient, settings: Any) -> None:
        settings.CHAT_RATES = {**settings.CHAT_RATES, "address_sessions": (1, 3600)}
        Patient(Client()).begin()
        response = Client().post("/api/chat/sessions", {}, content_type="application/json")
        assert_problem(response, 429)

    def test_guessing_tokens_is_limited(self, patient: Patient, settings: Any) -> None:
        settings.CHAT_RATES = {**settings.CHAT_RATES, "address_reads": (1, 3600)}
        patient.token = "guess"
        codes = [patient.post("Hello").status_code for _ in range(2)]
        assert codes == [401, 429]


class TestAddresses:
    @pytest.mark.parametrize(
        ("proxies", "peer", "forwarded", "address"),
        [
            (0, "203.0.113.9", "198.51.100.1", "203.0.113.9"),
            (1, "10.0.0.1", "198.51.100.1", "198.51.100.1"),
            (1, "10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
            (2, "10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            (2, "10.0.0.1", "198.51.100.1", "10.0.0.1"),
            (1, "10.0.0.1", "nonsense", "unknown"),
            (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
            (0, "::ffff:203.0.113.9", "", "203.0.113.9"),
        ],
    )
    def test_only_trusted_proxies_are_believed(
        self, rf: Any, settings: Any, proxies: int, peer: str, forwarded: str, address: str
    ) -> None:
        settings.TRUSTED_PROXIES = proxies
        request = rf.get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})
        assert addresses.client_address(request) == address


def test_the_token_is_never_in_an_address(visitor: Patient) -> None:
    response = httpx.get(f"{visitor.base}/api/chat/messages?token={visitor.token}")
    assert_problem(response, 401)
