"""What goes wrong, how often, and the same each time for the same seed."""

from __future__ import annotations

import random
from collections.abc import Mapping

KINDS: dict[str, str] = {
    "too_many_requests": "The API answers 429 with code 20429 and takes nothing.",
    "server_error": "The API answers 500 and takes nothing.",
    "lost_answer": "The API takes the message, and the connection breaks before the answer.",
    "filtered": "The carrier filters the message: undelivered, 30007.",
    "unreachable": "The phone cannot be reached: undelivered, 30003.",
    "lost": "The carrier loses the message: undelivered, 30008.",
    "webhook_twice": "An inbound text is posted again two seconds later.",
    "webhook_late": "An inbound text is posted up to a minute late.",
    "callback_twice": "A status callback is posted again two seconds later.",
    "callback_late": "A status callback is posted up to a minute late.",
    "callback_reordered": "The callback of `sent` comes after that of how the message ended.",
    "callback_lost": "A status callback is never posted.",
}
LATEST_SECONDS = 60.0


class Faults:
    """A plan: the share of events, from 0 to 1, that each kind of fault strikes.

    Whether one is struck depends on the seed, the kind and the event's own name alone, so that
    neither timing nor the other faults change it.
    """

    def __init__(self, rates: Mapping[str, float] | None = None, seed: str = "") -> None:
        """Raises ValueError for an unknown kind or a rate outside 0 to 1."""
        self._seed = seed
        self.rates: dict[str, float] = {}
        self.set(rates or {})

    def set(self, rates: Mapping[str, float]) -> None:
        """Change some rates; the others stay. Raises ValueError, and then changes none."""
        for kind, rate in rates.items():
            if kind not in KINDS:
                raise ValueError(f"unknown fault: {kind}")
            if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
                raise ValueError(f"the rate of {kind} must be from 0 to 1")
        self.rates.update(rates)

    def strikes(self, kind: str, event: str) -> bool:
        """Whether `kind` strikes `event`."""
        return self._draw(f"{kind}/{event}") < self.rates.get(kind, 0)

    def delay(self, event: str) -> float:
        """How many seconds something late is late, from 1 to `LATEST_SECONDS`."""
        return 1 + self._draw(f"delay/{event}") * (LATEST_SECONDS - 1)

    def _draw(self, name: str) -> float:
        return random.Random(f"{self._seed}/{name}").random()  # noqa: S311 - not for secrets
