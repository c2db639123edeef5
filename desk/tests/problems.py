"""The one shape of errors."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any


def assert_problem(response: Any, status: int) -> None:
    """The response is a problem (RFC 9457) with this status."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) == {"type", "title", "status", "detail"}
    assert problem["type"] == "about:blank"
    assert problem["title"] == HTTPStatus(status).phrase
    assert problem["status"] == status
    assert problem["detail"]
