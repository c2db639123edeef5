from __future__ import annotations

import uuid

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from chat import store
from chat.models import Conversation
from sms import staff_texts
from sms.models import Contact
from sms.staff_texts import StaffText
from staff.audit import record
from staff.gate import HtmxHttpRequest, console
from staff.models import Action
from staff.views.conversations import CHANGE, VIEW


@require_POST
@console(VIEW, CHANGE)
def send(request: HtmxHttpRequest, key: uuid.UUID) -> HttpResponse:
    """Text the patient one of the approved texts; nothing happens if they want no more texts,
    which the page shows."""
    try:
        which = StaffText(request.POST.get("text", ""))
        with transaction.atomic():
            conversation = Conversation.objects.get(pk=key)
            staff_texts.send(key, which)
            record(request, Action.TEXTED, conversation, detail=which.label)
    except staff_texts.StoppedError:
        pass
    except (
        ValueError,
        Contact.DoesNotExist,
        Conversation.DoesNotExist,
        store.ErasedError,
    ) as error:
        raise Http404 from error
    return redirect(reverse("staff:conversation", args=[key]) + "#phone-title")
