from __future__ import annotations

import re
from typing import Any

from django import template
from django.template import RequestContext
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from staff import labels
from staff.attention import Attention, attention_for

register = template.Library()
register.filter("topic_label", labels.topic_label)
register.filter("in_words", labels.in_words)
register.filter("phone", labels.phone)
register.filter("duration", labels.duration)
register.filter("decision_label", labels.decision_label)
register.filter("timing_label", labels.timing_label)

BOLD = re.compile(r"\*\*(\S(?:[^*\n]*\S)?)\*\*")


@register.filter
def reply_text(text: str) -> SafeString:
    """A reply with its **bold** parts; lines and dashes stay as they are and are shown as such."""
    return mark_safe(BOLD.sub(r"<strong>\1</strong>", conditional_escape(text)))  # noqa: S308


@register.simple_tag(takes_context=True)
def attention(context: RequestContext) -> Attention:
    return attention_for(context["user"])


@register.simple_tag(takes_context=True)
def with_query(context: RequestContext, **changes: Any) -> str:
    """The address's query with some of its values changed; an empty value leaves it out."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = str(value)
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return f"?{query.urlencode()}"
