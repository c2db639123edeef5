"""Reading a patient's answers to the booking form: pure functions on plain data.

An answer fills the slot that was asked, corrects another one, stops the booking, or is no answer at all but
a question of its own, which the dialogue answers before it goes on with the form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import phonenumbers

NAME = "patient_name"
NUMBER = "callback_number"
STATUS = "patient_status"
REASON = "visit_reason"
TIMES = "preferred_times"
CONSENT = "consent"
CONFIRMED = "booking_confirmed"
CHANGE = "booking_change"

ASKED = (NAME, NUMBER, STATUS, REASON, TIMES, CONSENT)
FREE_TEXT = (REASON, TIMES)
HOME_REGION = "US"

MAX_NAME = 80
MAX_FREE_TEXT = 500

QUESTION_START = re.compile(
    r"(what|whats|how|why|when|where|who|which|do|does|did|can|could|is|are|will|would|should|am)\b", re.I
)
STOP = re.compile(
    r"\W*(please\s+)?(stop|cancel|quit|exit|never\s?mind|nvm|forget (it|about it)|"
    r"(i )?changed my mind|(cancel|stop) (it|this|that|(the|my|this) (booking|request|form))|"
    r"(i )?(don'?t|do not) want (to|an appointment|it|this)( book| anymore| any more)?)"
    r"(\s+(please|thanks|thank you|anymore))?\W*",
    re.I,
)
CORRECTION = re.compile(
    r"\b(actually|wait|sorry|correction|i meant|change|edit|wrong|incorrect|mistake|fix|update|instead|"
    r"should (be|say)|not right|typo)\b",
    re.I,
)
FIELD_WORDS = {
    NAME: re.compile(r"\b(name|spelling|spelled)\b", re.I),
    NUMBER: re.compile(r"\b(number|phone|cell|mobile|callback|digits?)\b", re.I),
    STATUS: re.compile(r"\b(new patient|existing patient|status|been (here|there|seen))\b", re.I),
    REASON: re.compile(r"\b(reason|complaint|problem|visit is for)\b", re.I),
    TIMES: re.compile(r"\b(times?|days?|dates?|availability|when|schedule)\b", re.I),
}
YES = re.compile(
    r"\W*(yes|yeah|yep|yup|ya|sure|ok|okay|k|correct|right|confirm(ed)?|send( it)?|agree|i agree|i do|"
    r"that'?s (right|correct|fine)|looks (good|right|fine)|all good|go ahead|submit|perfect|si|sí)"
    r"([\s,]+(please|thanks|thank you|send( it)?|it is|that'?s (right|correct|fine)|looks (good|right)|"
    r"go ahead|i agree|correct|ok|okay|sure|yes))*\W*",
    re.I,
)
NO = re.compile(
    r"\W*(no|nope|nah|not? (really|yet|right|correct)|i (do not|don'?t)( agree)?)\b.*", re.I | re.S
)
NEW = re.compile(r"\b(new|first (time|visit)|never been|haven'?t been|not been|no,? (i'?m )?new)\b", re.I)
EXISTING = re.compile(
    r"\b(existing|returning|established|current|old) ?(patient)?\b|\b(been|seen|came|went|visited|treated)\b",
    re.I,
)
NAME_LEAD = re.compile(
    r"^\W*(hi|hello|hey|sure|ok(ay)?|yes|actually|wait|sorry|no)?[\s,.!]*((it'?s|its|"
    r"i am|i'?m|im|this is|name'?s|"
    r"(my|the|her|his|patient|full)\s+(full\s+)?name(\s+is|'s|:)?|name(\s+is|:)|call me|should be|to)\s+)*",
    re.I,
)
NAME_SHAPE = re.compile(r"[^\W\d_]([^\W\d_]|[\s'’.,-])*")


@dataclass(frozen=True)
class Answer:
    """What a message means to the form.

    Attributes:
        slots: slots to set; None asks for a slot again.
        problem: the response that explains why an answer was not accepted.
        interrupts: the message is no answer; the dialogue should deal with it first.
        stops: the patient does not want to book any more.
    """

    slots: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None
    interrupts: bool = False
    stops: bool = False


@dataclass(frozen=True)
class Message:
    """A patient's message as the form sees it.

    Attributes:
        entities: values that a pressed button carries.
        is_topic: the gate is sure that this asks about a topic, or is small talk or a warning sign.
    """

    text: str
    intent: str
    entities: Mapping[str, str]
    is_topic: bool


def understand(asked: str | None, message: Message, filled: Mapping[str, Any]) -> Answer:
    """Read a message as the answer to the slot that was asked.

    Args:
        asked: the slot the patient was asked for; None when the form has just begun.
        message: the latest message.
        filled: the form's slots that have a value.
    """
    if asked is None:
        return Answer()
    if message.intent == "stop_booking" or STOP.fullmatch(message.text):
        return Answer(stops=True)
    if message.intent == "red_flag":
        return Answer(interrupts=True)
    if (correction := _correction(asked, message, filled)) is not None:
        return correction
    if _is_question(message) or (message.is_topic and asked not in FREE_TEXT and not _fits(asked, message)):
        return Answer(interrupts=True)
    return READERS[asked](message)


def read_name(text: str) -> str | None:
    """A person's name without its lead-in ("my name is"), or None."""
    name = " ".join(NAME_LEAD.sub("", text, count=1).split()).strip(" .,-'’")
    if not NAME_SHAPE.fullmatch(name) or not 2 <= len(name) <= MAX_NAME or len(name.split()) > 6:
        return None
    return name.title() if name.islower() or name.isupper() else name


def read_number(text: str) -> str | None:
    """The first valid telephone number in a text as E.164, or None."""
    for match in phonenumbers.PhoneNumberMatcher(text, HOME_REGION):
        return str(phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164))
    return None


def read_status(text: str) -> str | None:
    """`new` or `existing`, or None."""
    if NEW.search(text):
        return "new"
    if EXISTING.search(text) or YES.fullmatch(text):
        return "existing"
    if NO.fullmatch(text):
        return "new"
    return None


def display_number(number: str) -> str:
    """An E.164 number as people of its country write it."""
    parsed = phonenumbers.parse(number)
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL))


def _is_question(message: Message) -> bool:
    asks = "?" in message.text or bool(QUESTION_START.match(message.text.strip()))
    return asks and message.is_topic


def _fits(asked: str, message: Message) -> bool:
    """Whether a message has the shape of an answer, however much it sounds like a topic."""
    if asked in message.entities or asked == CHANGE:
        return True
    answer = READERS[asked](message)
    return answer.problem is None and not (asked == NAME and message.intent in ("greet", "thanks"))


def _correction(asked: str, message: Message, filled: Mapping[str, Any]) -> Answer | None:
    """A change to another slot than the one asked ("wait, my number is …"), if the message is one."""
    if asked in (CONFIRMED, CHANGE) and (named := message.entities.get("edit")) in ASKED:
        return Answer(slots={str(named): None, CONFIRMED: None})
    number = read_number(message.text)
    if asked not in (NUMBER, *FREE_TEXT) and number and filled.get(NUMBER) and asked != NAME:
        return Answer(slots={NUMBER: number})
    if not CORRECTION.search(message.text) and asked not in (CHANGE,):
        return None
    for slot, words in FIELD_WORDS.items():
        if slot == asked or not filled.get(slot) or not words.search(message.text):
            continue
        if slot == NUMBER and number:
            return Answer(slots={NUMBER: number})
        if slot == NAME and (name := _corrected_name(message.text)):
            return Answer(slots={NAME: name})
        return Answer(slots={slot: None})
    return None


def _corrected_name(text: str) -> str | None:
    """The name in "actually my name is Ann Lee" or "name should be Ann Lee"; None if none is given."""
    match = re.search(r"\bname\b.*?\b(?:is|to|be|say)\b\s+(?P<name>.+)", text, re.I | re.S)
    if not match or re.search(r"\b(wrong|incorrect|misspelled|mistake|not right)\b", match["name"], re.I):
        return None
    return read_name(match["name"])


def _name(message: Message) -> Answer:
    name = read_name(message.text)
    return Answer(slots={NAME: name}) if name else Answer(problem="utter_invalid_patient_name")


def _number(message: Message) -> Answer:
    number = read_number(message.text)
    return Answer(slots={NUMBER: number}) if number else Answer(problem="utter_invalid_callback_number")


def _status(message: Message) -> Answer:
    status = message.entities.get(STATUS) or read_status(message.text)
    if status in ("new", "existing"):
        return Answer(slots={STATUS: status})
    return Answer(problem="utter_invalid_patient_status")


def _free_text(slot: str) -> Callable[[Message], Answer]:
    def read(message: Message) -> Answer:
        text = " ".join(message.text.split())
        if not re.search(r"\w", text):
            return Answer(problem=f"utter_invalid_{slot}")
        return Answer(slots={slot: text[:MAX_FREE_TEXT]})

    return read


def _consent(message: Message) -> Answer:
    if message.intent == "affirm" or YES.fullmatch(message.text):
        return Answer(slots={CONSENT: True})
    if message.intent == "deny" or NO.fullmatch(message.text):
        return Answer(stops=True, problem="utter_consent_refused")
    return Answer(problem="utter_invalid_consent")


def _confirmation(message: Message) -> Answer:
    if message.intent == "affirm" or YES.fullmatch(message.text):
        return Answer(slots={CONFIRMED: True})
    return Answer(slots={"requested_slot": CHANGE})


def _change(message: Message) -> Answer:
    if message.intent == "affirm" or YES.fullmatch(message.text):
        return Answer(slots={CONFIRMED: None})
    return Answer(problem="utter_invalid_booking_change", slots={"requested_slot": CHANGE})


READERS: dict[str, Callable[[Message], Answer]] = {
    NAME: _name,
    NUMBER: _number,
    STATUS: _status,
    REASON: _free_text(REASON),
    TIMES: _free_text(TIMES),
    CONSENT: _consent,
    CONFIRMED: _confirmation,
    CHANGE: _change,
}
