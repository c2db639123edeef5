from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from staff import keyset
from staff.forms import AuditFilter
from staff.gate import HtmxHttpRequest, console
from staff.models import AuditEntry


@require_GET
@console("staff.view_auditentry")
def index(request: HtmxHttpRequest) -> HttpResponse:
    filters = AuditFilter(request.GET)
    valid = filters.is_valid()
    entries = AuditEntry.objects.select_related("actor")
    before = request.GET.get("before", "")
    page = keyset.page(filters.narrow(entries) if valid else entries.none(), "at", before)
    context = {
        "filters": filters,
        "filtered": not valid or filters.active(),
        "entries": page.items,
        "older": page.older,
        "later_page": bool(before),
    }
    return render(request, "staff/audit.html", context)
