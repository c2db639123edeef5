"""A desk that is set up wrongly says so when it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from frontdesk import env
from frontdesk.settings import database
from tests.conftest import DESK

PRODUCTION = {
    "FRONTDESK_ENV": "production",
    "FRONTDESK_HOSTS": "desk.clinic.example",
    "FRONTDESK_ORIGINS": "https://www.clinic.example",
    "FRONTDESK_SECRET_KEY": "kV9-example-of-a-long-and-random-secret-for-tests-0aZ3bY7cX",
    "FRONTDESK_ENGINE_SECRET": "eW4-example-of-a-long-and-random-secret-for-tests",
    "FRONTDESK_DESK_SECRET": "dU2-example-of-a-long-and-random-secret-for-tests",
    "FRONTDESK_SMS_PROVIDER": "twilio",
    "FRONTDESK_PUBLIC_URL": "https://clinic.example",
    "FRONTDESK_SMS_KEY": "sX1-example-of-a-long-and-random-secret-for-tests",
    "FRONTDESK_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "FRONTDESK_TWILIO_AUTH_TOKENS": "token",
}


def check_deploy(tmp_path: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if "FRONTDESK" not in name}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=DESK,
        env={
            **kept,
            **PRODUCTION,
            "DJANGO_SETTINGS_MODULE": "frontdesk.settings",
            "FRONTDESK_VAR": str(tmp_path),
            **changes,
        },
        capture_output=True,
        text=True,
    )


def test_production_passes_every_check(tmp_path: Path) -> None:
    done = check_deploy(tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("FRONTDESK_SECRET_KEY", "", "FRONTDESK_SECRET_KEY must be set"),
        ("FRONTDESK_ENGINE_SECRET", "short", "FRONTDESK_ENGINE_SECRET must be set"),
        ("FRONTDESK_DESK_SECRET", "", "FRONTDESK_DESK_SECRET must be set"),
        ("FRONTDESK_HOSTS", "", "FRONTDESK_HOSTS must list"),
        ("FRONTDESK_HOSTS", "*", "FRONTDESK_HOSTS must name"),
        ("FRONTDESK_ENV", "staging", "FRONTDESK_ENV must be one of"),
        ("FRONTDESK_ORIGINS", "http://www.clinic.example", "frontdesk.E003"),
        ("FRONTDESK_ENGINE_SECRET", PRODUCTION["FRONTDESK_DESK_SECRET"], "frontdesk.E002"),
        ("FRONTDESK_ENV", "demo", "frontdesk.W001"),
        ("FRONTDESK_SMS_KEY", "", "FRONTDESK_SMS_KEY must be set"),
        ("FRONTDESK_TWILIO_AUTH_TOKENS", "", "FRONTDESK_TWILIO_AUTH_TOKENS"),
        ("FRONTDESK_SMS_PROVIDER", "telnyx", "FRONTDESK_TELNYX_API_KEY"),
        ("FRONTDESK_SMS_PROVIDER", "pigeon", "FRONTDESK_SMS_PROVIDER must be one of"),
        ("FRONTDESK_PUBLIC_URL", "http://clinic.example", "frontdesk.E004"),
    ],
)
def test_production_is_refused_when_something_is_wrong(
    tmp_path: Path, name: str, value: str, complaint: str
) -> None:
    done = check_deploy(tmp_path, **{name: value})
    assert done.returncode != 0
    assert complaint in done.stderr


class TestReaders:
    @pytest.mark.parametrize("value", ["-1", "9", "1.5", "one", "٣", "0x1"])
    def test_a_number_must_be_one_in_range(
        self, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        monkeypatch.setenv("FRONTDESK_X", value)
        with pytest.raises(ImproperlyConfigured, match="FRONTDESK_X"):
            env.number("FRONTDESK_X", 0, at_most=8)

    @pytest.mark.parametrize("value", ["5", "5/", "/5", "0/5", "5/0", "5/x", "5/100000", "-1/5"])
    def test_a_rate_must_be_count_and_seconds(
        self, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        monkeypatch.setenv("FRONTDESK_X", value)
        with pytest.raises(ImproperlyConfigured, match="FRONTDESK_X"):
            env.rate("FRONTDESK_X", "1/1")

    @pytest.mark.parametrize(
        "value", ["clinic.example", "https://clinic.example/", "ftp://clinic.example", "*", "null"]
    )
    def test_an_origin_must_be_one(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        monkeypatch.setenv("FRONTDESK_X", value)
        with pytest.raises(ImproperlyConfigured, match="FRONTDESK_X"):
            env.origins("FRONTDESK_X")

    @pytest.mark.parametrize("value", ["127.0.0.1:5005", "ftp://x", "http://"])
    def test_an_address_must_be_one(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        monkeypatch.setenv("FRONTDESK_X", value)
        with pytest.raises(ImproperlyConfigured, match="FRONTDESK_X"):
            env.url("FRONTDESK_X", "http://x")

    def test_a_secret_may_stand_in_a_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "secret").write_text("s" * 40 + "\n")
        monkeypatch.setenv("FRONTDESK_X_FILE", str(tmp_path / "secret"))
        assert env.secret("FRONTDESK_X") == "s" * 40

    def test_a_missing_file_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FRONTDESK_X_FILE", str(tmp_path / "none"))
        with pytest.raises(ImproperlyConfigured, match="FRONTDESK_X_FILE"):
            env.secret("FRONTDESK_X")


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "http://x"])
def test_a_database_must_be_sqlite_or_postgresql(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        database(url)
