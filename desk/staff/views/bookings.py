from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from bookings.models import BookingRequest, BookingState, TransitionError
from staff import keyset
from staff.audit import record
from staff.forms import BookingFilter, TransitionForm
from staff.gate import HtmxHttpRequest, console
from staff.models import Action

VIEW = "bookings.view_bookingrequest"
CHANGE = "bookings.change_bookingrequest"
ACTS = {
    BookingState.ACKNOWLEDGED: "Acknowledge",
    BookingState.CONFIRMED: "Confirm",
    BookingState.DECLINED: "Decline",
}


@require_GET
@console(VIEW)
def index(request: HtmxHttpRequest) -> HttpResponse:
    record(request, Action.BOOKINGS_LISTED)
    filters = BookingFilter(request.GET)
    valid = filters.is_valid()
    rows = BookingRequest.objects.all() if valid else BookingRequest.objects.none()
    before = request.GET.get("before", "")
    page = keyset.page(filters.narrow(rows) if valid else rows, "created_at", before)
    context = {
        "filters": filters,
        "states": BookingState,
        "bookings": page.items,
        "older": page.older,
        "later_page": bool(before),
    }
    return render(request, "staff/bookings.html", context)


@require_GET
@console(VIEW)
def show(request: HtmxHttpRequest, reference: str) -> HttpResponse:
    booking = _get(reference)
    return _page(request, booking, TransitionForm(initial={"seen": booking.state}))


@require_POST
@console(VIEW, CHANGE)
def change(request: HtmxHttpRequest, reference: str) -> HttpResponse:
    booking = _get(reference)
    form = TransitionForm(request.POST)
    if not form.is_valid():
        return _page(request, booking, form, status=422)
    asked: dict[str, Any] = form.cleaned_data
    # What the page showed, so that a stale page changes nothing.
    booking.state = asked["seen"]
    to = BookingState(asked["to"])
    try:
        with transaction.atomic():
            booking.transition(to, by=request.user, note=asked["note"])
            record(request, Action.BOOKING_CHANGED, booking, detail=f"{asked['seen']} to {to}")
    except TransitionError:
        booking = _get(reference)
        again = TransitionForm(initial={"seen": booking.state, "note": asked["note"]})
        return _page(request, booking, again, status=409, refused=to)
    return redirect("staff:booking", reference)


def _get(reference: str) -> BookingRequest:
    return get_object_or_404(BookingRequest, reference=reference)


def _page(
    request: HtmxHttpRequest,
    booking: BookingRequest,
    form: TransitionForm,
    *,
    status: int = 200,
    refused: BookingState | None = None,
) -> HttpResponse:
    record(request, Action.BOOKING_VIEWED, booking)
    context = {
        "booking": booking,
        "form": form,
        "acts": [(state, ACTS[state]) for state in booking.next_states()],
        "changes": list(booking.changes.select_related("by")),
        "refused": refused,
    }
    return render(request, "staff/booking.html", context, status=status)
