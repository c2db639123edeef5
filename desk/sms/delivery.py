"""Handing the outbox over to the provider. Any number of workers may run; leases keep them
apart."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import httpx
from django.conf import settings

from frontdesk.databases import in_database
from sms import outbox
from sms.outbox import Claimed
from sms.providers import NotTakenError, Provider, RefusedError, UnclearError, provider

IDLE_SECONDS = 0.3
TROUBLE_SECONDS = 2.0
REQUEST_SECONDS = 10.0

logger = logging.getLogger(__name__)


async def work(stop: asyncio.Event) -> None:
    """Deliver until `stop` is set; does nothing in an installation without SMS."""
    ours = provider()
    if ours is None:
        return
    async with httpx.AsyncClient(timeout=REQUEST_SECONDS, trust_env=False) as http:
        while not stop.is_set():
            try:
                delivered = await deliver_one(ours, http)
                slot = 1 / settings.SMS_PER_SECOND
                pause = min(slot, IDLE_SECONDS) if delivered else IDLE_SECONDS
            except Exception as error:  # the database may be away
                logger.error("The outbox could not be worked on: %s", type(error).__name__)
                pause = TROUBLE_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stop.wait()


async def deliver_one(ours: Provider, http: httpx.AsyncClient) -> bool:
    """Deliver the text that is due, if any; False when none is."""
    claimed = await in_database(outbox.claim)
    if claimed is None:
        return False
    try:
        found = ""
        if claimed.sent_before:
            found = await in_database(outbox.not_ours_yet, await ours.find(http, claimed))
        if not found:
            if not await in_database(outbox.may_still_be_sent, claimed):
                return True
            found = await ours.send(http, claimed)
    except RefusedError as error:
        _log(claimed, error.code)
        await in_database(outbox.refused, claimed, error.code)
    except NotTakenError as error:
        _log(claimed, error.code)
        await in_database(outbox.try_again, claimed, error.code)
    except UnclearError as error:
        _log(claimed, error.code)
        await in_database(outbox.unclear, claimed, error.code)
    else:
        await in_database(outbox.sent, claimed, found)
    return True


def _log(claimed: Claimed, code: str) -> None:
    logger.warning("The provider did not take text %s: %s", claimed.ref, code)
