"""Log lines that cannot carry what a patient wrote.

The text of an exception may quote the value that caused it, and a request's address may carry what
staff searched for. So an exception is logged as its type and its place in the code, and a request
as method, path without query, and status.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any


class PlainFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = _fields(record)
        where = fields.pop("exception", None)
        line = " ".join(str(value) for value in fields.values())
        return f"{line} | {where}" if where else line


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_fields(record), ensure_ascii=False)


class AccessFilter(logging.Filter):
    """Takes the client's address and the query out of uvicorn's access lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and len(record.args) == 5:
            _client, method, path, version, status = record.args
            record.args = ("-", method, str(path).partition("?")[0], version, status)
        return True


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    # asyncio puts the text of lost exceptions on the lines after the first.
    message = record.getMessage().partition("\n")[0].replace("\r", " ")
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": message,
    }
    if record.exc_info and record.exc_info[1] is not None:
        fields["exception"] = describe(record.exc_info[1])
    return fields


def describe(error: BaseException) -> str:
    """The type of `error` and of its causes, and the code lines they passed; never their text."""
    kinds: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(kinds) < 5:
        kinds.append(type(cause).__qualname__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    places = " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    return f"{' from '.join(kinds)} at {places}"


def logging_config(style: str) -> dict[str, Any]:
    """Logging settings for `style`: plain or json."""
    formatter = JsonFormatter if style == "json" else PlainFormatter
    to_stderr = {"handlers": ["stderr"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "filters": {"access": {"()": AccessFilter}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
            "access": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["access"],
            },
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django": {**to_stderr, "level": "INFO"},
            "httpx": {**to_stderr, "level": "WARNING"},
            # Writes the names and addresses of who signs in; the database has them.
            "axes": {**to_stderr, "level": "CRITICAL"},
            "uvicorn": {**to_stderr, "level": "INFO"},
            "uvicorn.error": {**to_stderr, "level": "INFO"},
            "uvicorn.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
        },
    }
