"""How much one sender may ask for.

Counts stand in Django's cache, which all processes of the desk share when REDIS_URL is set. A cache
that is down lets requests pass: a patient who cannot reach the clinic is worse than one too many.
"""

from __future__ import annotations

import hashlib
import logging
import time

from django.conf import settings
from django.core.cache import cache

from frontdesk.problems import ProblemError

logger = logging.getLogger(__name__)


def take(rate: str, sender: str) -> None:
    """Count one request of `sender` against CHAT_RATES[`rate`].

    Raises ProblemError 429, with Retry-After, when this window's requests are used up.
    """
    allowed, seconds = settings.CHAT_RATES[rate]
    now = time.time()
    window = int(now // seconds)
    digest = hashlib.sha256(sender.encode()).hexdigest()[:24]
    key = f"rate:{rate}:{digest}:{window}"
    try:
        cache.add(key, 0, timeout=seconds + 1)
        used = cache.incr(key)
    except ValueError:  # the window ended between the two calls
        return
    except Exception as error:  # whichever client library the cache uses
        logger.warning("The cache of the rate limits does not answer", exc_info=error)
        return
    if used > allowed:
        wait = max(1, round((window + 1) * seconds - now))
        raise ProblemError(
            429, f"Too many requests. Try again in {wait} s.", {"Retry-After": str(wait)}
        )
