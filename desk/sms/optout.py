# ruff: noqa: RUF001
"""Whether an inbound text asks for no more texts, for texts again, or for help.

The words and patterns are data (`optout.yml`); how they are read is decided here. A network that
reads meaning (`optout_model.py`) stands beside them for words that nobody foresaw
(docs/decisions/0013). Sources:
47 CFR 64.1200(a)(10) (revocation by any reasonable means), CTIA Messaging Principles (HELP).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from red_flags import RedFlagReader
from red_flags.notation import Match, Notation, Pattern, matches
from red_flags.reader import locale_of
from red_flags.text import WordReader, Words
from sms.optout_model import model

Decision = Literal["stop", "start", "help", "none"]
Probability = Callable[[str], float]

RULES = Path(__file__).with_name("optout.yml")
# An inbound text has at most 1,600 characters; what is longer was not typed on a phone.
LONGEST = 2000
QUOTED = re.compile('[“"«][^”"»]*[”"»]?')
SOMEBODY = "somebodysname"
CONJUNCTIONS = frozenset(
    [
        "and",
        "or",
        "but",
        "because",
        "if",
        "then",
        "when",
        "so",
        "y",
        "o",
        "pero",
        "porque",
        "si",
        "cuando",
    ]
)
LEET = str.maketrans("0135$@", "oiessa")
# Chosen on writers whom the network did not know (docs/decisions/0013): from `SURE` on the network
# alone is a stop, from `CERTAIN` on even where the rules know an exception (in English, which it
# reads better); from `DOUBT` on the answer says how to end the texts; below `HARDLY` a find of the
# rules is in doubt.
CERTAIN, SURE, DOUBT, HARDLY = 0.99, 0.98, 0.3, 0.02


def decide(text: str) -> Decision:
    """What `text`, a message in a patient's own words (English or Spanish), asks for.

    A keyword counts as the whole message only, as the carriers read it. "stop" wins over the
    others.
    """
    return read(text).decision


@dataclass(frozen=True, slots=True)
class Reading:
    """A decision; `doubt` when the message may ask for no more texts and is answered as usual."""

    decision: Decision
    doubt: bool = False


def read(text: str, probability: Probability | None = None) -> Reading:
    """`decide`, and whether the answer has to say how to end the texts.

    Args:
        text: the message.
        probability: what to ask in place of the network.
    """
    return _reader().read(text[:LONGEST], probability or model().probability)


def by_rules(text: str) -> Decision:
    """What the rules alone make of `text`."""
    return _reader().by_rules(text[:LONGEST])[0]


def is_spanish(text: str) -> bool:
    """Whether a message is in Spanish rather than English."""
    return locale_of(text) == "es"


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: Pattern
    opens: bool
    closes: bool


class _OptOutReader:
    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._signs: dict[str, str] = rules["signs"]
        self._tapbacks = tuple(rules["tapbacks"])
        self._names = re.compile(rf"\b(?:{'|'.join(rules['names'])})\b", re.IGNORECASE)
        self._courtesy = {_letters(phrase) for phrase in rules["courtesy"]}
        self._keywords: dict[str, Decision] = {
            _letters(phrase): decision
            for decision, phrases in rules["keywords"].items()
            for phrase in phrases
        }
        self._words = WordReader()
        lists = {**rules["words"], "left_alone": rules["left_alone"]}
        self._notation = Notation(self._words, lists, rules["mistyped"])
        self._around = [
            p for phrase in rules["courtesy"] for p in self._notation.compile(f"({phrase})")
        ]
        self._stop = self._compile(rules["stop"])
        self._start = self._compile(rules["start"])
        self._unless = [p for text in rules["unless"] for p in self._compile([text])]
        self._notation.close()

    def _compile(self, patterns: Iterable[str]) -> list[_Rule]:
        return [
            _Rule(pattern, text.startswith("^"), text.endswith("$"))
            for text in patterns
            for pattern in self._notation.compile(text.removeprefix("^").removesuffix("$").strip())
        ]

    def read(self, text: str, probability: Probability) -> Reading:
        decision, settled = self.by_rules(text)
        if settled and decision != "none":
            return Reading(decision)
        own = self._without_quotations(self._spelt_out(text))
        likely = probability(own)
        if decision == "stop":
            return Reading("stop") if likely >= HARDLY else Reading("none", doubt=True)
        if decision != "none" or likely < DOUBT:
            return Reading(decision)
        # A single word that counts is among the keywords.
        sure = likely >= CERTAIN and not is_spanish(text) if settled else likely >= SURE
        if sure and len(_plain(own).split()) > 1 and not _alarming(text):
            return Reading("stop")
        return Reading("none", doubt=True)

    def by_rules(self, text: str) -> tuple[Decision, bool]:
        """The rules' decision; true with it for a keyword, or an exception among the words."""
        text = self._spelt_out(text)
        if keyword := self._keyword(text):
            return keyword, True
        decision, excepted = self._own_words(self._without_quotations(text))
        return decision, excepted and decision == "none"

    def _spelt_out(self, text: str) -> str:
        for sign, word in self._signs.items():
            text = text.replace(sign, f" {word} ")
        return text

    def _keyword(self, text: str) -> Decision | None:
        words = _plain(text).split()
        if found := self._keywords.get("".join(words)):
            return found
        while words and (length := self._courteous(words)):
            words = words[length:]
        while words and (length := self._courteous(words[::-1], reverse=True)):
            words = words[:-length]
        found = self._keywords.get("".join(words))
        if not found and words and len({self._keywords.get(word) for word in words}) == 1:
            found = self._keywords.get(words[0])
        return found

    def _courteous(self, words: list[str], *, reverse: bool = False) -> int:
        """How many of the first `words` are one expression of courtesy."""
        for length in range(min(6, len(words)), 0, -1):
            phrase = words[:length][::-1] if reverse else words[:length]
            if "".join(phrase) in self._courtesy and (len(words) > length):
                return length
        return 0

    def _without_quotations(self, text: str) -> str:
        folded = text.strip().casefold()
        if folded.startswith(self._tapbacks) and QUOTED.search(text):
            return ""
        outside = QUOTED.sub(" ", text)
        return outside if _plain(outside).strip() else text

    def _own_words(self, text: str) -> tuple[Decision, bool]:
        """What the rules read, and whether one of their exceptions is among the words."""
        words = self._words.read(self._names.sub(SOMEBODY, text))
        hits = self._notation.find(words)
        joints = {at for at, reading in enumerate(words.readings) if reading[0] in CONJUNCTIONS}
        polite = {
            at
            for pattern in self._around
            for match in matches(pattern, hits, words)
            for start, end in match
            for at in range(start, end)
        }

        def found(rules: list[_Rule]) -> list[Match]:
            return [
                match
                for rule in rules
                for match in matches(rule.pattern, hits, words, joints)
                if _placed(rule, match, words, polite)
            ]

        exempt = {
            at for match in found(self._unless) for start, end in match for at in range(start, end)
        }
        decisions: tuple[tuple[Decision, list[_Rule]], ...] = (
            ("stop", self._stop),
            ("start", self._start),
        )
        for decision, rules in decisions:
            for match in found(rules):
                if not any(at in exempt for start, end in match for at in range(start, end)):
                    return decision, bool(exempt)
        return "none", bool(exempt)


def _placed(rule: _Rule, match: Match, words: Words, polite: set[int]) -> bool:
    """Whether `match` stands where the anchors of `rule` want it."""
    first, last = min(start for start, _ in match), max(end for _, end in match) - 1
    sentence = words.sentence[first]
    if rule.opens and rule.closes and sentence in words.question:
        return False
    before = range(first) if rule.opens else ()
    behind = range(last + 1, len(words)) if rule.closes else ()
    return all(at in polite or words.sentence[at] != sentence for at in (*before, *behind))


def _plain(text: str) -> str:
    """Return `text` as lower-case letters and spaces, with digits read as the letters they stand
    for."""
    text = unicodedata.normalize("NFKD", text).casefold()
    text = "".join(
        c for c in text if not unicodedata.combining(c) and unicodedata.category(c) != "Cf"
    )
    text = re.sub(r"[’'`´]", "", text)
    text = re.sub(r"(?<=[a-z])[013$@5]+(?=[a-z])", lambda m: m[0].translate(LEET), text)
    text = re.sub(r"([a-z])\1{2,}", r"\1", text)
    return re.sub(r"[^a-z0-9]+", " ", text)


def _letters(phrase: str) -> str:
    return _plain(phrase).replace(" ", "")


def _alarming(text: str) -> bool:
    """Whether the red-flag rules find a grave one: who despairs is answered, not signed off."""
    return _red_flags().read(text).tier in {"emergency", "crisis"}


@cache
def _red_flags() -> RedFlagReader:
    return RedFlagReader.load()


@cache
def _reader() -> _OptOutReader:
    # The base loader reads "yes" and "no" as words.
    return _OptOutReader(yaml.load(RULES.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))  # noqa: S506
