from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from chat.models import Conversation
from chat.search import search_conversations
from staff import keyset
from staff.audit import record
from staff.conversations import (
    StaleError,
    as_rows,
    is_reviewed,
    news,
    review,
    transcript,
    version,
)
from staff.forms import ConversationFilter, ReviewForm, SearchForm
from staff.gate import HtmxHttpRequest, console
from staff.models import Action, Outcome
from staff.phones import phone_of

VIEW = "chat.view_conversation"
CHANGE = "chat.change_conversation"


@require_GET
@console(VIEW)
def index(request: HtmxHttpRequest) -> HttpResponse:
    return _list(request, Conversation.objects.all(), SearchForm(), request.GET.get("before", ""))


@require_POST
@console(VIEW)
def search(request: HtmxHttpRequest) -> HttpResponse:
    """Search among what the filters in the address leave. The words come in the body only: an
    address ends up in histories and logs."""
    form = SearchForm(request.POST)
    if not form.is_valid():
        return _list(request, Conversation.objects.none(), form)
    record(request, Action.SEARCHED)
    rows = search_conversations(form.cleaned_data["words"])
    return _list(request, rows, form, request.POST.get("before", ""))


def _list(
    request: HtmxHttpRequest, rows: QuerySet[Conversation], form: SearchForm, before: str = ""
) -> HttpResponse:
    filters = ConversationFilter(request.GET)
    valid = filters.is_valid()
    rows = filters.narrow(rows) if valid else rows.none()
    page = keyset.page(rows, "last_activity", before)
    context = {
        "filters": filters,
        "filtered": not valid or filters.active(),
        "search": form,
        "rows": as_rows(page.items),
        "older": page.older,
        "later_page": bool(before),
    }
    template = "conversations_found.html" if request.htmx else "conversations.html"
    return render(request, f"staff/{template}", context)


@require_GET
@console(VIEW)
def show(request: HtmxHttpRequest, key: uuid.UUID) -> HttpResponse:
    conversation = _get(key)
    form = ReviewForm(initial={"seen": version(conversation)})
    return _page(request, conversation, form)


@require_GET
@console(VIEW, background=True)
def newer(request: HtmxHttpRequest, key: uuid.UUID) -> HttpResponse:
    """What came since the page was made, for a page that stays open."""
    conversation = _get(key)
    after = _number(request.GET.get("after", ""))
    waiting = [_number(text) for text in request.GET.get("waiting", "").split(",") if text][:100]
    found = news(conversation, after, waiting)
    if not (found.messages or found.settled) and request.GET.get("seen") == version(conversation):
        return HttpResponse(status=204)
    if found.messages:
        last = found.messages[-1].number
        record(
            request,
            Action.TRANSCRIPT_VIEWED,
            conversation,
            detail=f"messages {found.messages[0].number} to {last}, while the page was open",
        )
        after = last
    context = {"news": found, "after": after, "waiting": found.waiting}
    return render(request, "staff/conversation_news.html", context | _standing(conversation))


@require_POST
@console(VIEW, CHANGE)
def mark(request: HtmxHttpRequest, key: uuid.UUID) -> HttpResponse:
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _page(request, _get(key), form, status=422)
    try:
        with transaction.atomic():
            outcome = Outcome(form.cleaned_data["outcome"])
            conversation = review(
                key,
                outcome,
                by=request.user,
                note=form.cleaned_data["note"],
                seen=form.cleaned_data["seen"],
            )
            done = Action.REVIEWED if outcome == Outcome.REVIEWED else Action.ATTENTION_ASKED
            record(request, done, conversation)
    except Conversation.DoesNotExist:
        raise Http404 from None
    except StaleError:
        conversation = _get(key)
        again = ReviewForm(
            initial={"seen": version(conversation), "note": form.cleaned_data["note"]}
        )
        return _page(request, conversation, again, status=409, stale=True)
    return redirect(reverse("staff:conversation", args=[key]) + "#standing")


def _get(key: uuid.UUID) -> Conversation:
    return get_object_or_404(Conversation.objects.select_related("reviewed_by"), pk=key)


def _standing(conversation: Conversation) -> dict[str, Any]:
    return {
        "conversation": conversation,
        "reviewed": is_reviewed(conversation),
        "seen": version(conversation),
    }


def _page(
    request: HtmxHttpRequest,
    conversation: Conversation,
    form: ReviewForm,
    *,
    status: int = 200,
    stale: bool = False,
) -> HttpResponse:
    before = _number(request.GET.get("before", "0"))
    record(request, Action.TRANSCRIPT_VIEWED, conversation)
    shown = transcript(conversation, before)
    bookings = (
        list(conversation.bookings.order_by("-created_at"))
        if request.user.has_perm("bookings.view_bookingrequest")
        else []
    )
    context = {
        "transcript": shown,
        "live": not before,
        "before": before,
        "after": shown.messages[-1].number if shown.messages else conversation.last_number,
        "waiting": shown.waiting,
        "form": form,
        "stale": stale,
        "reviews": list(conversation.reviews.select_related("by")),
        "bookings": bookings,
        "phone": phone_of(conversation, request.user),
    }
    return render(
        request, "staff/conversation.html", context | _standing(conversation), status=status
    )


def _number(text: str) -> int:
    """A message number from an address. Raises Http404 for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Http404
    return int(text)
