"""What every page of the console asks of its visitor, and what every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, cast
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from chat.wording import knowledge


class HtmxHttpRequest(HttpRequest):
    """A request of a signed-in, active staff user, as `console` hands it to a view."""

    user: User
    htmx: bool
    """The request came from htmx and wants a fragment."""


type View[**P] = Callable[Concatenate[HtmxHttpRequest, P], HttpResponseBase]


def console[**P](
    *permissions: str, background: bool = False
) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """Lets staff users with all of `permissions` through to a view; others sign in or get a 403.

    `background` marks what a page asks for by itself: it does not put off the idle time-out.
    Times are the clinic's, nothing is cached, and a missing object is a page of the console.
    """

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def gate(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            staff = cast("HtmxHttpRequest", request)
            staff.htmx = request.headers.get("HX-Request") == "true"
            with timezone.override(ZoneInfo(knowledge().clinic.timezone)):
                if not (request.user.is_authenticated and staff.user.is_staff):
                    response = _sign_in(staff)
                elif not staff.user.has_perms(permissions):
                    response = render(request, "staff/forbidden.html", status=403)
                else:
                    try:
                        response = view(staff, *args, **kwargs)
                    except Http404:
                        response = render(request, "staff/missing.html", status=404)
            if background:
                # The middleware prolongs whatever session it finds on the request.
                del request.session
            response["Cache-Control"] = "no-store"
            return response

        return gate

    return decorate


def _sign_in(request: HtmxHttpRequest) -> HttpResponseBase:
    """The way to the sign-in page, and from there back to the page that was open."""
    if request.htmx:
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = f"{shown.path}?{shown.query}" if shown.query else shown.path
        to = f"{settings.LOGIN_URL}?{urlencode({'next': back})}"
        return HttpResponse(headers={"HX-Redirect": to})
    if request.method == "GET":
        return redirect_to_login(request.get_full_path())
    return redirect_to_login(settings.LOGIN_REDIRECT_URL)
