"""When a text that staff start may go out; answers to a patient's own text go out at once.

47 CFR 64.1200(c)(1) allows 8 a.m. to 9 p.m. at the called party's; Florida, Oklahoma and Maryland
end at 8 p.m., Texas begins at noon on Sundays. The strictest of these hold everywhere.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers.timezone import time_zones_for_number

from chat.wording import knowledge

BEGINS, BEGINS_ON_SUNDAYS, ENDS = time(8), time(12), time(20)
SUNDAY = 6
STEP = timedelta(minutes=5)
LONGEST_WAIT = timedelta(days=2)


def allowed_from(now: datetime, number: str) -> datetime:
    """`now`, or the next time that is no quiet hour where the number may be, nor at the clinic."""
    clinic = ZoneInfo(knowledge().clinic.timezone)
    zones = [*_zones(number), clinic]
    at = now
    while at - now < LONGEST_WAIT:
        if all(_is_awake(at.astimezone(zone)) for zone in zones):
            return at
        at += STEP
    # Zones that share no waking hour, as a number without a place has: the clinic's alone.
    return now if number == "" else allowed_from(now, "")


def _zones(number: str) -> list[ZoneInfo]:
    if not number:
        return []
    names = time_zones_for_number(phonenumbers.parse(number, None))
    return [ZoneInfo(name) for name in names if name != "Etc/Unknown"]


def _is_awake(local: datetime) -> bool:
    begins = BEGINS_ON_SUNDAYS if local.weekday() == SUNDAY else BEGINS
    return begins <= local.time() < ENDS
