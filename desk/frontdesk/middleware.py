"""What every request passes besides Django's own middleware.

Written for both kinds of views, so that a chat request does not change threads for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from inspect import iscoroutinefunction
from typing import cast
from urllib.parse import urlsplit

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin
from whitenoise.middleware import WhiteNoiseMiddleware

from frontdesk.asgi_body import TOO_LARGE, TOO_SLOW
from frontdesk.problems import CONTENT_TYPE, problem_response

type SyncView = Callable[[HttpRequest], HttpResponseBase]
type AsyncView = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

API_PATHS = ("/api/", "/internal/")


class InPlace(MiddlewareMixin):
    """A middleware whose hooks do nothing slow for an API request, and run where the request runs.

    Django takes every hook of every middleware to a thread and back when the view is asynchronous.
    """

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(API_PATHS):
            return await super().__acall__(request)
        before, after = (
            getattr(self, "process_request", None),
            getattr(self, "process_response", None),
        )
        early: HttpResponseBase | None = before(request) if before else None
        response = early or await cast(AsyncView, self.get_response)(request)
        return cast(HttpResponseBase, after(request, response)) if after else response


class ContentSecurityPolicy(InPlace, CSPMiddleware):
    """The policy of every answer."""


class Sessions(InPlace, SessionMiddleware):
    """Sessions of staff; an API request has no cookie, so that none is looked up for it."""


class Common(InPlace, CommonMiddleware):
    """Slashes and lengths."""


class Authentication(InPlace, AuthenticationMiddleware):
    """The member of staff, looked up when somebody asks who it is."""


@sync_and_async_middleware
def static_files(get_response: SyncView | AsyncView) -> SyncView | AsyncView:
    """WhiteNoise, which is written for synchronous views, and would take every chat request to a
    thread and back."""
    white_noise = WhiteNoiseMiddleware(get_response)
    if not iscoroutinefunction(get_response):
        return cast(SyncView, white_noise)
    answer = cast(AsyncView, get_response)

    async def run_async(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(API_PATHS):
            return await answer(request)
        found = white_noise.files.get(request.path_info)
        if white_noise.autorefresh:
            found = white_noise.find_file(request.path_info)
        if found is None:
            return await answer(request)
        return cast(HttpResponseBase, white_noise.serve(found, request))

    return run_async


@sync_and_async_middleware
def api_middleware(get_response: SyncView | AsyncView) -> SyncView | AsyncView:
    """Guards the APIs: bodies that were cut off, foreign origins, and errors that are no problem
    details. No page is allowed a device of its visitor."""
    if iscoroutinefunction(get_response):
        answer = cast(AsyncView, get_response)

        async def run_async(request: HttpRequest) -> HttpResponseBase:
            return _finish(request, _refusal(request) or await answer(request))

        return run_async

    def run(request: HttpRequest) -> HttpResponseBase:
        return _finish(request, _refusal(request) or cast(SyncView, get_response)(request))

    return run


def _refusal(request: HttpRequest) -> HttpResponseBase | None:
    if isinstance(request, ASGIRequest):
        if TOO_LARGE in request.scope:
            return problem_response(413, "The body of the request is too large.")
        if TOO_SLOW in request.scope:
            return problem_response(408, "The body of the request took too long.")
    if not request.path_info.startswith(API_PATHS):
        return None
    # The APIs know no cookies: the widget on a page that staff have open must not keep them signed
    # in by its requests.
    request.META.pop("HTTP_COOKIE", None)
    if _is_foreign(request):
        return problem_response(403, "Pages of this origin may not use the chat.")
    return None


def _is_foreign(request: HttpRequest) -> bool:
    """Whether a page sent this that is neither the desk's own nor one of FRONTDESK_ORIGINS."""
    origin = request.headers.get("Origin")
    if origin is None or origin in settings.CHAT_ORIGINS:
        return False
    try:
        return urlsplit(origin).netloc != request.get_host()
    except (DisallowedHost, ValueError):
        return True


def _finish(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
    if (
        response.status_code < 400
        or not request.path_info.startswith(API_PATHS)
        or response.get("Content-Type") == CONTENT_TYPE
    ):
        return response
    status = HTTPStatus(response.status_code)
    headers = {name: response[name] for name in ("Allow", "Retry-After") if name in response}
    return problem_response(status, status.description or status.phrase, headers)
