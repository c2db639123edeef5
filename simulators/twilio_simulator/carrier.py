"""What becomes of a message between Twilio and a phone, and what it costs."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from twilio_simulator.segments import TOLL_FREE

# US long code, each way; what carriers charge on top is left out.
PRICE_PER_SEGMENT = Decimal("0.0083")
LONGEST_BODY = 1600
QUEUE_SECONDS = 36_000

E164 = re.compile(r"\+[1-9]\d{6,14}")
NORTH_AMERICA = re.compile(r"\+1[2-9]\d{2}[2-9]\d{6}")

# https://www.twilio.com/docs/iam/test-credentials#test-sms-messages
MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}

# Carriers take links of public shorteners for spam.
SHORTENERS = re.compile(
    r"(?<![\w.-])(?:bit\.ly|tinyurl\.com|goo\.gl|ow\.ly|is\.gd|t\.ly)/", re.IGNORECASE
)

# Exactly these words, alone: "OPT OUT" and "stop please" are not among them.
STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START = frozenset({"START", "UNSTOP", "YES"})
HELP = frozenset({"HELP", "INFO"})
type Keyword = Literal["STOP", "START", "HELP"]

REPLIES: dict[Keyword, str] = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from "
    "this number. Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP "
    "for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}
TOLL_FREE_REPLIES: dict[Keyword, str] = {
    **REPLIES,
    "STOP": 'NETWORK MSG: You replied with the word "stop" which blocks all texts sent from this '
    'number. Text back "unstop" to receive messages again.',
    "START": 'NETWORK MSG: You have replied "unstop" and will begin receiving messages again from '
    "this number.",
}


class PhoneState(StrEnum):
    """How a phone takes messages."""

    ON = "on"
    OFF = "off"
    LANDLINE = "landline"
    BLOCKING = "blocking"
    UNKNOWN = "unknown"


UNDELIVERED: dict[PhoneState, int] = {
    PhoneState.OFF: 30003,
    PhoneState.BLOCKING: 30004,
    PhoneState.UNKNOWN: 30005,
    PhoneState.LANDLINE: 30006,
}


def is_number(text: str) -> bool:
    """Whether `text` is a telephone number that could exist, as E.164."""
    if text.startswith("+1"):
        return NORTH_AMERICA.fullmatch(text) is not None
    return E164.fullmatch(text) is not None


def keyword(body: str) -> Keyword | None:
    """Which of the words of Twilio's opt-out list `body` is, if any."""
    word = body.strip().upper()
    if word in STOP:
        return "STOP"
    if word in START:
        return "START"
    return "HELP" if word in HELP else None


def reply(to: Keyword, number: str) -> str:
    """What Twilio itself answers to a keyword that was texted to `number`."""
    return (TOLL_FREE_REPLIES if number.startswith(TOLL_FREE) else REPLIES)[to]


def price(segments: int) -> Decimal:
    """What so many segments cost in US dollars, as Twilio writes it: negative."""
    return Decimal(0) - PRICE_PER_SEGMENT * segments
