import os
from typing import cast

from django.core.asgi import get_asgi_application

from frontdesk.asgi_body import Application, bounded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.settings")

application = bounded(cast(Application, get_asgi_application()))

from chat.wording import knowledge  # noqa: E402
from sms.optout import decide  # noqa: E402

# A desk that could not even say the safe message must not start.
knowledge()

# Loads rules and network, so that no first text waits for them, and a damaged file is noticed now.
decide("Hello")
