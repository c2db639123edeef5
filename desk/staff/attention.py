"""What waits for staff, as counted in the header of every page."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count
from django.urls import reverse

from bookings.models import BookingRequest, BookingState
from chat.models import AttentionReason, Conversation, Kind, Turn, TurnState

LABELS = {
    AttentionReason.CRISIS: "crisis",
    AttentionReason.EMERGENCY: "emergency",
    AttentionReason.URGENT: "urgent",
    AttentionReason.FAILED: "not answered",
    AttentionReason.HANDOFF: "asked for a person",
    AttentionReason.STAFF: "marked by staff",
}
GRAVE = {AttentionReason.CRISIS, AttentionReason.EMERGENCY}


@dataclass(frozen=True)
class Waiting:
    count: int
    label: str
    url: str
    weight: str
    """`grave`, `urgent` or empty."""


@dataclass(frozen=True)
class Attention:
    waiting: list[Waiting]
    """What waits, the most pressing first; nothing with a count of 0."""

    @property
    def version(self) -> str:
        """Differs when the counts differ."""
        return ", ".join(f"{item.count} {item.label}" for item in self.waiting)


def attention_for(user: User | AnonymousUser) -> Attention:
    """What waits of what `user` may see. Reads only rows that wait."""
    waiting: list[Waiting] = []
    if user.has_perm("chat.view_conversation"):
        counts = dict(
            Conversation.objects.filter(needs_attention=True)
            .values_list("attention_reason")
            .annotate(count=Count("pk"))
            .order_by()
        )
        url = reverse("staff:conversations")
        for reason, label in LABELS.items():
            if counts.get(reason):
                weight = "grave" if reason in GRAVE else ""
                weight = "urgent" if reason == AttentionReason.URGENT else weight
                query = urlencode({"attention": reason})
                waiting.append(Waiting(counts[reason], label, f"{url}?{query}", weight))
        # Messages that are being answered at this moment do not concern staff.
        overdue = Turn.objects.filter(state=TurnState.QUEUED, message__replies__kind=Kind.SAFE)
        if count := overdue.count():
            waiting.append(Waiting(count, "without an answer", f"{url}?answer=waiting", ""))
    if user.has_perm("bookings.view_bookingrequest"):
        new = BookingRequest.objects.filter(state=BookingState.NEW).count()
        if new:
            query = urlencode({"state": BookingState.NEW})
            label = "new booking" if new == 1 else "new bookings"
            url = reverse("staff:bookings")
            waiting.append(Waiting(new, label, f"{url}?{query}", ""))
    return Attention(waiting)
