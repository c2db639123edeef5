"""The page of the demo clinic, which carries the widget as a clinic's own site would."""

from __future__ import annotations

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat.wording import knowledge


@require_safe
# Nothing on this page turns text into markup, the widget included; the browser holds it to that.
@csp_update({"require-trusted-types-for": ["'script'"]})
def clinic(request: HttpRequest) -> HttpResponse:
    known = knowledge()
    questions = [known.entries[topic].question for topic in known.clinic.suggestions]
    return render(request, "pages/clinic.html", {"clinic": known.clinic, "questions": questions})
