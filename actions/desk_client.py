"""The desk's internal API, as seen from the actions."""

from __future__ import annotations

import os
from typing import Any

import aiohttp

TIMEOUT_SECONDS = 4


class DeskUnavailable(RuntimeError):
    """The desk did not take the request; the same turn may be tried again."""


async def request_booking(idempotency_key: str, booking: dict[str, Any]) -> str:
    """Hand a booking request to the desk and return its reference code.

    The same key with the same booking returns the same reference.

    Raises:
        DeskUnavailable: no connection, a time-out, or an answer other than success.
    """
    url = f"{os.environ['FRONTDESK_DESK_URL']}/internal/bookings"
    headers = {
        "Authorization": f"Bearer {os.environ['FRONTDESK_DESK_SECRET']}",
        "Idempotency-Key": idempotency_key,
    }
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)) as session,
            session.post(url, json=booking, headers=headers) as response,
        ):
            if response.status not in (200, 201):
                raise DeskUnavailable(f"The desk answered {response.status}.")
            return str((await response.json())["reference"])
    except (aiohttp.ClientError, TimeoutError) as error:
        raise DeskUnavailable("The desk cannot be reached.") from error
