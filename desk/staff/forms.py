from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from bookings.models import BookingRequest, BookingState
from chat.models import AttentionReason, Channel, Conversation, Decision, Tier, Turn, TurnState
from knowledge import TOPICS
from staff.labels import topic_label
from staff.models import Action, AuditEntry, Outcome

type Choices = list[tuple[str, str]]

ANY: Choices = [("", "Any")]
# What every database and every time zone can still express.
DATES = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31)))
NOTE_CHARACTERS = 2000
TURN_FIELDS = ("topic", "decision", "below")
ANSWERS: dict[str, dict[str, Any]] = {
    "waiting": {"state": TurnState.QUEUED},
    "late": {"answered_late": True},
    "failed": {"state": TurnState.FAILED},
}


def _topics() -> Choices:
    return ANY + [(topic, topic_label(topic)) for topic in TOPICS]


class SignInForm(AuthenticationForm):
    def confirm_login_allowed(self, user: User) -> None:
        """Only staff come in; to others the form looks as if the password were wrong."""
        super().confirm_login_allowed(user)
        if not user.is_staff:
            user_login_failed.send(
                sender=__name__,
                credentials={"username": user.get_username()},
                request=self.request,
            )
            raise self.get_invalid_login_error()


class DayInput(forms.DateInput):
    input_type = "date"


class Filter(forms.Form):
    """A form whose fields are optional and come from the page's address."""

    use_required_attribute = False

    def active(self) -> bool:
        """Whether anything narrows the list."""
        return any(value not in (None, "") for value in self.cleaned_data.values())


class ConversationFilter(Filter):
    since = forms.DateField(required=False, label="Active from", widget=DayInput, validators=DATES)
    until = forms.DateField(required=False, label="Active to", widget=DayInput, validators=DATES)
    channel = forms.ChoiceField(required=False, choices=ANY + Channel.choices)
    tier = forms.ChoiceField(required=False, choices=ANY + Tier.choices)
    attention = forms.ChoiceField(
        required=False,
        choices=[
            *ANY,
            ("yes", "Needs attention"),
            ("no", "Does not need attention"),
            *AttentionReason.choices,
        ],
    )
    review = forms.ChoiceField(
        required=False,
        choices=[*ANY, ("no", "Not reviewed, or changed since"), ("yes", "Reviewed")],
    )
    answer = forms.ChoiceField(
        required=False,
        choices=[
            *ANY,
            ("waiting", "Waiting for an answer"),
            ("late", "Answered late"),
            ("failed", "Not answered"),
        ],
    )
    topic = forms.ChoiceField(required=False, choices=_topics)
    decision = forms.ChoiceField(required=False, choices=ANY + Decision.choices)
    below = forms.FloatField(
        required=False,
        label="Confidence below",
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "0.05", "inputmode": "decimal"}),
    )

    def conversation_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in TURN_FIELDS]

    def turn_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in TURN_FIELDS]

    def narrow(self, rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
        """Those of `rows` that this valid form asks for. Topic, decision and confidence ask for one
        turn that has all of them, the fate of the answer of any turn."""
        asked: dict[str, Any] = self.cleaned_data
        if asked["since"]:
            rows = rows.filter(last_activity__gte=_local(asked["since"], time.min))
        if asked["until"]:
            rows = rows.filter(last_activity__lte=_local(asked["until"], time.max))
        if asked["channel"]:
            rows = rows.filter(channel=asked["channel"])
        if asked["tier"]:
            rows = rows.filter(tier=asked["tier"])
        if asked["attention"] in ("yes", "no"):
            rows = rows.filter(needs_attention=asked["attention"] == "yes")
        elif asked["attention"]:
            rows = rows.filter(needs_attention=True, attention_reason=asked["attention"])
        if asked["review"] == "yes":
            rows = rows.filter(reviewed_at__gte=F("last_activity"))
        elif asked["review"] == "no":
            rows = rows.filter(Q(reviewed_at=None) | Q(reviewed_at__lt=F("last_activity")))
        if asked["answer"]:
            rows = rows.filter(_has_turn(**ANSWERS[asked["answer"]]))
        turn: dict[str, Any] = {}
        if asked["topic"]:
            turn["topic_index__topic"] = asked["topic"]
        if asked["decision"]:
            turn["decision"] = asked["decision"]
        if asked["below"] is not None:
            turn["confidence__lt"] = asked["below"]
        if turn:
            rows = rows.filter(_has_turn(**turn))
        return rows


def _has_turn(**conditions: Any) -> Exists:
    return Exists(Turn.objects.filter(conversation=OuterRef("pk"), **conditions))


class SearchForm(forms.Form):
    words = forms.CharField(
        max_length=200,
        label="Words in the messages",
        # What is typed here may be a patient's words; the browser is not to keep it.
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )


class ReviewForm(forms.Form):
    outcome = forms.ChoiceField(choices=Outcome.choices)
    note = forms.CharField(
        required=False,
        max_length=NOTE_CHARACTERS,
        label="Note",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class BookingFilter(Filter):
    state = forms.ChoiceField(required=False, choices=ANY + BookingState.choices)

    def narrow(self, rows: QuerySet[BookingRequest]) -> QuerySet[BookingRequest]:
        state = self.cleaned_data["state"]
        return rows.filter(state=state) if state else rows


class TransitionForm(forms.Form):
    seen = forms.ChoiceField(choices=BookingState.choices, widget=forms.HiddenInput)
    to = forms.ChoiceField(choices=BookingState.choices)
    note = forms.CharField(
        required=False,
        max_length=NOTE_CHARACTERS,
        label="Note",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )


class AuditFilter(Filter):
    since = forms.DateField(required=False, label="From", widget=DayInput, validators=DATES)
    until = forms.DateField(required=False, label="To", widget=DayInput, validators=DATES)
    actor = forms.ModelChoiceField(
        required=False,
        label="Who",
        queryset=User.objects.order_by("username"),
        to_field_name="username",
        empty_label="Any",
    )
    action = forms.ChoiceField(required=False, label="What", choices=ANY + Action.choices)
    object = forms.CharField(required=False, max_length=64, label="Conversation or booking")

    def narrow(self, rows: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        asked: dict[str, Any] = self.cleaned_data
        if asked["since"]:
            rows = rows.filter(at__gte=_local(asked["since"], time.min))
        if asked["until"]:
            rows = rows.filter(at__lte=_local(asked["until"], time.max))
        if asked["actor"]:
            rows = rows.filter(actor=asked["actor"])
        if asked["action"]:
            rows = rows.filter(action=asked["action"])
        if asked["object"]:
            rows = rows.filter(object_id=asked["object"])
        return rows


def _local(day: date, at: time) -> datetime:
    return datetime.combine(day, at, timezone.get_current_timezone())
