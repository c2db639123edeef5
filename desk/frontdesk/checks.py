"""Mistakes of an installation, told when it starts instead of when a patient writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from chat.wording import knowledge
from knowledge import KnowledgeError


@register()
def knowledge_is_valid(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        knowledge()
    except KnowledgeError as error:
        return [Error(problem, id="frontdesk.E001") for problem in error.problems]
    return []


@register(Tags.security, deploy=True)
def production_is_declared(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.PRODUCTION:
        return []
    hint = "Set FRONTDESK_ENV=production."
    return [Warning("The desk runs as a demonstration.", hint=hint, id="frontdesk.W001")]


@register(Tags.security, deploy=True)
def secrets_differ(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    secrets = {settings.SECRET_KEY, settings.ENGINE_SECRET, settings.DESK_SECRET}
    if len(secrets) == 3:
        return []
    hint = "Give each of FRONTDESK_SECRET_KEY, _ENGINE_SECRET and _DESK_SECRET its own value."
    return [Error("One secret is used for two purposes.", hint=hint, id="frontdesk.E002")]


@register(Tags.security, deploy=True)
def chat_origins_are_https(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    plain = [origin for origin in settings.CHAT_ORIGINS if not origin.startswith("https://")]
    return [
        Error(f"{origin} is not https.", hint="Change FRONTDESK_ORIGINS.", id="frontdesk.E003")
        for origin in plain
    ]


@register(Tags.security, deploy=True)
def texts_come_over_https(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.SMS_PROVIDER or settings.PUBLIC_URL.startswith("https://"):
        return []
    hint = "Set FRONTDESK_PUBLIC_URL to the https address that the SMS provider calls."
    return [Error("Texts would be reported in the open.", hint=hint, id="frontdesk.E004")]
