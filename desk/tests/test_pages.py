"""The demo clinic's page, the probes, and what every answer carries."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from chat.wording import knowledge
from frontdesk.logs import AccessFilter, JsonFormatter, PlainFormatter
from tests.engine import FakeEngine


class TestClinicPage:
    def test_it_says_that_it_is_a_demonstration(self) -> None:
        assert "Demonstration" in Client().get("/").content.decode()

    def test_it_carries_the_widget(self) -> None:
        page = Client().get("/").content.decode()
        assert '<script type="module" src="/widget.js">' in page
        assert "<clinic-chat>" in page

    def test_it_says_what_to_do_in_an_emergency(self) -> None:
        assert knowledge().clinic.emergency in Client().get("/").content.decode()

    def test_it_loads_nothing_from_elsewhere(self) -> None:
        page = Client().get("/").content.decode()
        assert "http://" not in page
        assert "https://" not in page

    @pytest.mark.parametrize("path", ["/widget.js", "/widget-panel.js"])
    def test_the_widget_is_served(self, path: str) -> None:
        with closing(Client().get(path)) as response:
            assert response.status_code == 200
            assert "javascript" in response["Content-Type"]
            # Pages of other origins load it as a module.
            assert response["Access-Control-Allow-Origin"] == "*"

    def test_its_styles_are_served(self) -> None:
        with closing(Client().get("/static/pages/clinic.css")) as response:
            assert response.status_code == 200


class TestHeaders:
    def test_nothing_may_be_loaded_that_is_not_named(self) -> None:
        policy = Client().get("/")["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ],
    )
    def test_every_page_has_them(self, name: str, value: str) -> None:
        assert Client().get("/")[name] == value

    def test_the_api_sets_no_cookie(self) -> None:
        assert not Client().get("/api/chat/config").cookies


class TestProbes:
    def test_the_process_is_up(self) -> None:
        assert Client().get("/healthz").json() == {"status": "ok"}

    def test_it_is_ready_and_sees_the_engine(
        self, transactional_db: None, engine: FakeEngine
    ) -> None:
        ready = Client().get("/readyz").json()
        assert ready == {"status": "ok", "database": "ok", "engine": "ok"}

    def test_an_absent_engine_does_not_make_it_unready(self, transactional_db: None) -> None:
        response = Client().get("/readyz")
        assert (response.status_code, response.json()["engine"]) == (200, "away")


@pytest.mark.django_db
class TestDemoAccount:
    @pytest.fixture(autouse=True)
    def _var(self, settings: Any, tmp_path: Any) -> None:
        settings.VAR = tmp_path

    def test_its_password_opens_the_console(self, settings: Any) -> None:
        call_command("demo_account")
        [_, line] = (settings.VAR / "demo-account.txt").read_text().splitlines()
        assert User.objects.get(username="demo").check_password(line.removeprefix("password: "))

    def test_the_file_is_for_its_owner_only(self, settings: Any) -> None:
        call_command("demo_account")
        assert (settings.VAR / "demo-account.txt").stat().st_mode & 0o777 == 0o600

    def test_a_second_run_changes_nothing(self, settings: Any) -> None:
        call_command("demo_account")
        before = (settings.VAR / "demo-account.txt").read_text()
        call_command("demo_account")
        assert (settings.VAR / "demo-account.txt").read_text() == before

    def test_a_lost_file_is_written_again(self, settings: Any) -> None:
        call_command("demo_account")
        (settings.VAR / "demo-account.txt").unlink()
        call_command("demo_account")
        [_, line] = (settings.VAR / "demo-account.txt").read_text().splitlines()
        assert User.objects.get(username="demo").check_password(line.removeprefix("password: "))

    def test_there_is_none_in_production(self, settings: Any) -> None:
        settings.PRODUCTION = True
        with pytest.raises(CommandError):
            call_command("demo_account")


class TestLogs:
    @staticmethod
    def failure() -> logging.LogRecord:
        try:
            raise ValueError("my head hurts, call +13105550199")
        except ValueError as error:
            return logging.LogRecord(
                "chat", logging.ERROR, __file__, 1, "It broke\nmy head hurts", (),
                (type(error), error, error.__traceback__),
            )  # fmt: skip

    @pytest.mark.parametrize("formatter", [PlainFormatter(), JsonFormatter()])
    def test_a_failure_is_told_without_its_text(self, formatter: logging.Formatter) -> None:
        line = formatter.format(self.failure())
        assert "ValueError" in line
        assert "head" not in line
        assert "555" not in line

    def test_an_access_line_has_neither_address_nor_query(self) -> None:
        args = ("203.0.113.9:1", "GET", "/staff/?q=alice", "1.1", 200)
        record = logging.LogRecord("x", logging.INFO, "", 1, '%s - "%s %s HTTP/%s" %d', args, None)
        AccessFilter().filter(record)
        assert record.getMessage() == '- - "GET /staff/ HTTP/1.1" 200'


def test_passwords_are_hashed_with_argon2() -> None:
    user = User(username="alice")
    user.set_password("a password that is long")
    assert user.password.startswith("argon2$argon2id$")


def test_the_session_of_staff_ends_when_idle() -> None:
    assert django_settings.SESSION_COOKIE_AGE <= 30 * 60
    assert django_settings.SESSION_SAVE_EVERY_REQUEST
