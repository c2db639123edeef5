"""The webhooks of the SMS providers.

They answer at once: a text is stored and its turn goes on behind; a turn never holds the webhook.
A request
that the provider did not sign leaves no trace.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from chat.models import Channel, Locale
from chat.safety import warning_in
from chat.turns import desk
from chat.wording import not_stored_message
from frontdesk.databases import in_database
from sms import outbox
from sms.inbound import InboundText, receive
from sms.optout import decide
from sms.providers import Provider, provider

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
async def inbound(request: HttpRequest, name: str) -> HttpResponse:
    """A patient's text."""
    ours = _provider(request, name)
    if ours is None:
        return HttpResponseForbidden()
    try:
        text = ours.inbound(request)
    except ValueError:
        return HttpResponse(status=400)
    if text is None:
        return HttpResponse(status=204)
    try:
        message = await in_database(receive, text)
    except DatabaseError as error:
        logger.error("A text could not be stored: %s", type(error).__name__)
        return _not_stored(ours, text)
    if message is not None:
        here = desk()
        here.hub.wake(message.conversation_id)
        here.in_background(here.replies(message))
    return ours.reply(None) or HttpResponse(status=204)


@csrf_exempt
@require_POST
async def status(request: HttpRequest, name: str) -> HttpResponse:
    """What became of a text."""
    ours = _provider(request, name)
    if ours is None:
        return HttpResponseForbidden()
    try:
        report = ours.status(request)
        if report is not None:
            await in_database(
                outbox.report, report.ref, report.provider_id, report.state, report.code
            )
    except ValueError:
        return HttpResponse(status=400)
    return HttpResponse(status=204)


def _provider(request: HttpRequest, name: str) -> Provider | None:
    """The provider named in the address, if it signed this request."""
    ours = provider()
    if ours is None or name != settings.SMS_PROVIDER:
        raise Http404
    return ours if ours.is_genuine(request) else None


def _not_stored(ours: Provider, text: InboundText) -> HttpResponse:
    """The database is away: a warning, or the word to try again, goes back in the webhook itself
    where the
    provider can send it; otherwise, and for STOP, the provider is asked to report the text
    again."""
    answer = None
    if decide(text.text) == "none":
        warning = warning_in(text.text, Channel.SMS)
        answer = ours.reply(warning.text if warning else not_stored_message(Locale.ENGLISH))
    return answer or HttpResponse(status=503, headers={"Retry-After": "5"})
