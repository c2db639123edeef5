"""Probes: whether the process runs, and whether it can serve."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from chat.turns import desk
from frontdesk.databases import in_database


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
async def readyz(request: HttpRequest) -> JsonResponse:
    """503 without a database. An engine that is away is only told: patients are still served."""
    try:
        await in_database(_ask_database)
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "away"}, status=503)
    engine = "ok" if await desk().engine.is_healthy() else "away"
    return JsonResponse({"status": "ok", "database": "ok", "engine": engine})


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
