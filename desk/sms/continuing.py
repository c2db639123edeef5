"""The page behind a one-time link: it asks before it uses the link up, and then opens the chat."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chat import limits, tokens
from chat.wording import knowledge
from frontdesk.addresses import client_address
from frontdesk.problems import ProblemError
from sms import links


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def continue_on_the_web(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows a button; POST opens the chat, once."""
    context: dict[str, object] = {"clinic": knowledge().clinic}
    try:
        limits.take("address_sessions", client_address(request))
    except ProblemError:
        return _page(request, context | {"state": "busy"}, 429)
    if request.method != "POST":
        live = links.is_live(secret)
        return _page(request, context | {"state": "ask" if live else "gone"}, 200 if live else 410)
    conversation = links.use(secret)
    if conversation is None:
        return _page(request, context | {"state": "gone"}, 410)
    token, session = tokens.issue(conversation.pk)
    kept = {
        "token": token,
        "conversation": str(session.conversation_id),
        "expires_at": session.expires_at.isoformat(),
    }
    return _page(request, context | {"state": "open", "session": kept}, 200)


def _page(request: HttpRequest, context: dict[str, object], status: int) -> HttpResponse:
    response = render(request, "sms/continue.html", context, status=status)
    # The address is the secret: no other site may learn it. With no-referrer browsers would send
    # `Origin: null`, and the button's own request would be refused as another site's.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response
