"""Strict readers of environment variables: a value that makes no sense stops the start."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

MINIMUM_SECRET_LENGTH = 32


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def choice(name: str, allowed: Sequence[str], default: str) -> str:
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}.")
    return value


def number(name: str, default: int, *, at_most: int) -> int:
    """A whole number from 0 to `at_most`."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit()) or int(value) > at_most:
        raise ImproperlyConfigured(f"{name} must be a whole number from 0 to {at_most}.")
    return int(value)


def words(name: str) -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def url(name: str, default: str) -> str:
    """An http or https address without a trailing slash."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must be an http or https address.")
    return value


def origins(name: str) -> list[str]:
    """Comma-separated origins such as https://clinic.example: scheme, host, perhaps a port."""
    values = words(name)
    for value in values:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or value != f"{parts.scheme}://{parts.netloc}":
            raise ImproperlyConfigured(
                f"{name} must list origins such as https://clinic.example, separated by commas."
            )
    return values


def secret(name: str) -> str:
    """A secret of at least 32 characters, from `name` or from the file that `name`_FILE names."""
    path = text(f"{name}_FILE")
    if path:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"The file that {name}_FILE names is unreadable.") from error
    else:
        value = text(name)
    if len(value) < MINIMUM_SECRET_LENGTH:
        raise ImproperlyConfigured(
            f"{name} must be set to a random secret of at least {MINIMUM_SECRET_LENGTH} characters "
            f"(or {name}_FILE to a file that holds it)."
        )
    return value


def rate(name: str, default: str) -> tuple[int, int]:
    """A rate written as count/seconds, such as 30/60."""
    count, slash, seconds = text(name, default).partition("/")
    if not (slash and count.isascii() and count.isdigit() and seconds.isascii()):
        raise ImproperlyConfigured(f"{name} must be written as count/seconds, such as 30/60.")
    if not seconds.isdigit() or not 1 <= int(seconds) <= 86_400 or int(count) < 1:
        raise ImproperlyConfigured(f"{name} must be written as count/seconds, such as 30/60.")
    return int(count), int(seconds)
