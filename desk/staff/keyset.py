"""Pages of long lists, newest first, that cost the same however far back they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import Http404

SIZE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Page[M: Model]:
    items: list[M]
    older: str
    """Cursor of the page after this one, empty when there is none."""


def page[M: Model](rows: QuerySet[M], field: str, cursor: str) -> Page[M]:
    """The SIZE newest of `rows` by the time in `field`, or those after `cursor`.

    `cursor` is empty or what an earlier page gave as `older`; raises Http404 for anything else.
    """
    if cursor:
        at, key = _read(rows, cursor)
        # The first condition alone bounds the walk through the index on `field`.
        rows = rows.filter(Q(**{f"{field}__lt": at}) | Q(pk__lt=key), **{f"{field}__lte": at})
    items = list(rows.order_by(f"-{field}", "-pk")[: SIZE + 1])
    older = _write(items[SIZE - 1], field) if len(items) > SIZE else ""
    return Page(items[:SIZE], older)


def _write(row: Model, field: str) -> str:
    return f"{(getattr(row, field) - EPOCH) // MICROSECOND}.{row.pk}"


def _read[M: Model](rows: QuerySet[M], cursor: str) -> tuple[datetime, object]:
    at, _, key = cursor.partition(".")
    try:
        return EPOCH + int(at) * MICROSECOND, rows.model._meta.pk.to_python(key)
    except (ValueError, OverflowError, ValidationError) as error:
        raise Http404 from error
