"""Errors of the APIs as problem details (RFC 9457)."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

CONTENT_TYPE = "application/problem+json"

logger = logging.getLogger(__name__)


class Problem(Schema):
    """The body of every error. `type` is always about:blank: `status` says what kind it is."""

    type: str
    title: str
    status: int
    detail: str


class ProblemError(Exception):
    """Ends a request with this problem."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


def problem_response(
    status: int, detail: str, headers: dict[str, str] | None = None
) -> HttpResponse:
    body = Problem(
        type="about:blank", title=HTTPStatus(status).phrase, status=status, detail=detail
    )
    return HttpResponse(
        body.model_dump_json(),
        status=status,
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


class StrictParser(Parser):
    """Reads JSON as its standard has it, without NaN and Infinity."""

    def parse_body(self, request: HttpRequest) -> Any:
        return json.loads(request.body, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def answer_with_problems(api: NinjaAPI) -> None:
    """Make every error of `api` a problem."""

    @api.exception_handler(ProblemError)
    def own(request: HttpRequest, error: ProblemError) -> HttpResponse:
        return problem_response(error.status, error.detail, error.headers)

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return problem_response(422, _what_is_wrong(error.errors))

    @api.exception_handler(AuthenticationError)
    def unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return unauthorized()

    @api.exception_handler(HttpError)
    def other(request: HttpRequest, error: HttpError) -> HttpResponse:
        if error.status_code == HTTPStatus.BAD_REQUEST:  # what the parser raised
            return problem_response(422, "The body is not valid JSON in UTF-8.")
        return problem_response(error.status_code, HTTPStatus(error.status_code).description)

    @api.exception_handler(Exception)
    def unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
        logger.error("Unexpected error at %s", request.path, exc_info=error)
        return problem_response(500, "Something went wrong on our side.")


def unauthorized() -> HttpResponse:
    return problem_response(
        401, "A valid bearer token is needed.", {"WWW-Authenticate": 'Bearer realm="frontdesk"'}
    )


def _what_is_wrong(errors: list[dict[str, Any]]) -> str:
    """Names the fields and rules of a validation error, and nothing of what was sent."""
    parts = []
    for error in errors[:10]:
        # The first two places are where the value came from, such as ("body", "data").
        field = ".".join(str(place) for place in error.get("loc", ())[2:])
        message = str(error.get("msg", "is invalid")).removeprefix("Value error, ")
        parts.append(f"{field}: {message}" if field else message)
    return "; ".join(parts) or "The request is invalid."
