"""The last look at a text: beyond the approved answers it carries no clinical detail.

Replies are approved sentences and fixed ones of the dialogue; what else can be in them is what the
patient wrote, such as the reason for a visit in a summary. A text is not private, and a family may
share a phone, so that such words stay out: after a label they become "as you wrote", elsewhere
their sentence is left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from chat.wording import knowledge
from sms import segments

TERMS = Path(__file__).with_name("clinical_terms.yml")
AS_WRITTEN = "as you wrote"
LEFT_OUT = "(Details are left out of texts.)"
# Nine digits as in a social security number, and dates of birth; telephone numbers have ten.
IDENTIFIERS = re.compile(
    r"(?<![\d-])\d{3}-?\d{2}-?\d{4}(?![\d-])|\b\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d{2}\b"
)
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
LABEL = re.compile(r"\s*(?:- )?[^\W\d][\w ]{0,20}: ")


def without_details(text: str) -> str:
    """`text` without clinical details that are in no approved answer."""
    result = ""
    for piece, separator in _sentences(text):
        if _is_approved(piece) or not _is_detail(piece):
            result += piece + separator
        elif label := LABEL.match(piece):
            result += f"{label[0]}{AS_WRITTEN}{_mark(piece)}{separator}"
        elif not result.rstrip().endswith((LEFT_OUT, f"{AS_WRITTEN}.", AS_WRITTEN)):
            result += LEFT_OUT + separator
    return result.strip()


def _sentences(text: str) -> Iterator[tuple[str, str]]:
    start = 0
    for separator in SENTENCE.finditer(text):
        yield text[start : separator.start()], separator[0]
        start = separator.end()
    yield text[start:], ""


def _mark(sentence: str) -> str:
    return sentence[-1] if sentence[-1:] in ".!?" else ""


def _is_detail(sentence: str) -> bool:
    plain = _plain(sentence)
    for phrase in _phrases():
        plain = plain.replace(phrase, "")
    return bool(_terms().search(plain) or IDENTIFIERS.search(sentence))


def _is_approved(sentence: str) -> bool:
    return _plain(sentence) in _approved()


def _plain(text: str) -> str:
    """`text` in lower case, without accents, markup and repeated spaces."""
    text = unicodedata.normalize("NFKD", segments.simplify(text).lower())
    text = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join(text.replace("**", "").lstrip("- ").split())


@cache
def _terms() -> re.Pattern[str]:
    groups = yaml.safe_load(TERMS.read_text(encoding="utf-8"))
    words = [_plain(word) for group in groups.values() for word in group]
    parts = [re.escape(word).replace(r"\*", r"\w*") for word in words]
    return re.compile(rf"\b(?:{'|'.join(sorted(parts, key=len, reverse=True))})\b")


@cache
def _phrases() -> tuple[str, ...]:
    """What fixed replies name within a sentence of theirs: topics, and what was not published."""
    known = knowledge()
    labels = [entry.label for entry in known.entries.values()]
    return tuple(_plain(phrase) for phrase in [d.asked for d in known.details.values()] + labels)


@cache
def _approved() -> frozenset[str]:
    known = knowledge()
    texts = [known.clinic.emergency, known.clinic.notice, known.clinic.greeting]
    for entry in known.entries.values():
        texts += [entry.label, entry.question, entry.web, entry.sms]
        texts += [text for detail in entry.details.values() for text in (detail.web, detail.sms)]
    safety = known.safety
    by_locale = [
        *safety.tiers.values(),
        *(flag.wording for flag in safety.flags.values()),
        *safety.reminders.values(),
        safety.information,
    ]
    for said in (wording for wordings in by_locale for wording in wordings.values()):
        texts += [said.web, said.sms]
    return frozenset(_plain(sentence) for text in texts for sentence, _ in _sentences(text))
