"""The webhooks of the SMS providers.

They answer at once: a text is stored and its turn goes on behind; a turn never holds the webhook.
A request
that the provider did not sign leaves no trace.
"""

from __future__ import annotations

import asyncio
import logging

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from chat.models import Channel, Locale
from chat.safety import warning_in
from chat.texts import MAX_CHARACTERS
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
    here = desk()
    # Shielded: what takes too long is still stored, and the worker answers it.
    storing = here.in_background(in_database(receive, text))
    storing.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        async with asyncio.timeout(settings.SMS_STORE_SECONDS if _warning(text) else None):
            message = await asyncio.shield(storing)
    except (DatabaseError, TimeoutError) as error:
        logger.error("A text could not be stored: %s", type(error).__name__)
        return _not_stored(ours, text)
    if message is not None:
        here.hub.wake(message.conversation_id)
        here.in_background(here.replies(message, warn_after=settings.SMS_WARNING_SECONDS))
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


def _warning(text: InboundText) -> str:
    warning = warning_in(text.text[:MAX_CHARACTERS], Channel.SMS)
    return warning.text if warning is not None else ""


def _not_stored(ours: Provider, text: InboundText) -> HttpResponse:
    """The database is away: a warning, or the word to try again, goes back in the webhook itself
    where the
    provider can send it; otherwise, and for STOP, the provider is asked to report the text
    again."""
    answer = None
    if decide(text.text) == "none":
        answer = ours.reply(_warning(text) or not_stored_message(Locale.ENGLISH))
    return answer or HttpResponse(status=503, headers={"Retry-After": "5"})
