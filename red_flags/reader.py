"""Reading a message: which red flags it asserts, and which facts later messages should know."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from red_flags.notation import Hits, Match, Pattern, matches
from red_flags.rules import RULES, TIERS, Criterion, Fact, Rules, load_rules
from red_flags.scope import Scope, read_scope
from red_flags.text import Words, plain

SPANISH = frozenset(
    [
        "el",
        "la",
        "los",
        "las",
        "un",
        "una",
        "unos",
        "de",
        "del",
        "que",
        "y",
        "en",
        "mi",
        "mis",
        "me",
        "te",
        "se",
        "su",
        "sus",
        "es",
        "esta",
        "estoy",
        "esto",
        "tengo",
        "tiene",
        "tenia",
        "por",
        "para",
        "con",
        "sin",
        "muy",
        "pero",
        "como",
        "cuando",
        "donde",
        "desde",
        "hace",
        "hoy",
        "ayer",
        "ahora",
        "no",
        "yo",
        "ella",
        "hijo",
        "hija",
        "bebe",
        "esposo",
        "esposa",
        "duele",
        "dolor",
        "cabeza",
        "puedo",
        "puede",
        "quiero",
        "siento",
        "creo",
        "fiebre",
        "ayuda",
        "mal",
        "mas",
        "anos",
        "semanas",
        "dias",
        "todo",
        "nada",
        "vida",
        "morir",
        "matarme",
        "brazo",
        "cara",
        "lado",
        "ojo",
        "cuello",
        "golpe",
        "embarazada",
        "mama",
        "papa",
    ]
)
ENGLISH = frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "of",
        "to",
        "in",
        "my",
        "i",
        "is",
        "am",
        "are",
        "was",
        "it",
        "this",
        "that",
        "have",
        "has",
        "had",
        "with",
        "for",
        "but",
        "not",
        "so",
        "he",
        "she",
        "his",
        "her",
        "you",
        "your",
        "do",
        "does",
        "did",
        "can",
        "what",
        "when",
        "where",
        "how",
        "me",
        "no",
        "on",
        "at",
        "since",
        "from",
        "they",
        "we",
        "out",
        "up",
        "just",
        "now",
    ]
)


COMMON_FACTS = frozenset({"headache"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A red flag that a message asserts, with the words that told it (patient text: never log it)."""

    flag: str
    tier: str
    words: str
    source: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rules read in one message.

    Attributes:
        tier: the strictest tier found: none, urgent, emergency or crisis.
        flags: flag ids, strictest first; with tier none they are mentions only (`crisis_mentioned`,
            `medication_overuse`).
        findings: one for each flag.
        facts: facts of this and the earlier messages, to be passed on to the next reading.
        locale: "en" or "es".
        informational: asks about red flags in general and asserts none.
    """

    tier: str
    flags: tuple[str, ...]
    findings: tuple[Finding, ...]
    facts: frozenset[str]
    locale: str
    informational: bool


class RedFlagReader:
    """Reads red flags in messages. Stateless after loading, safe to share between threads."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    @classmethod
    def load(cls, folder: Path = RULES) -> RedFlagReader:
        """Load the rules in `folder`.

        Raises:
            RuleError: the rules are wrong; the message lists every problem.
        """
        return cls(load_rules(folder))

    def read(self, text: str, known_facts: frozenset[str] = frozenset()) -> Reading:
        """Return what `text` tells; never raises, for any string.

        Args:
            text: the whole raw message.
            known_facts: `Reading.facts` of the conversation's previous message.
        """
        words = self.rules.reader.read(text)
        hits = self.rules.notation.find(words)
        # Doubt escalates: an uncertain spelling may raise a flag but not take one back.
        certain = self.rules.notation.find(words, readings=1)
        message = _Message(words, hits, certain, read_scope(words, certain, self.rules.scope))
        told = {fact.name for fact in self.rules.facts if message.tells(fact)}
        findings: dict[str, Finding] = {}
        for criterion in self.rules.criteria:
            for finding in message.findings(criterion, told, known_facts):
                findings.setdefault(finding.flag, finding)
        ordered = sorted(findings.values(), key=lambda f: -TIERS.index(f.tier))
        tier = ordered[0].tier if ordered else "none"
        carried = {fact.name for fact in self.rules.facts if fact.carried}
        asked = message.informational or message.any_of(self.rules.scope["asks_about_danger"])
        return Reading(
            tier=tier,
            flags=tuple(finding.flag for finding in ordered),
            findings=tuple(ordered),
            facts=frozenset(known_facts | (told & carried)),
            locale=locale_of(text),
            informational=tier == "none" and asked,
        )


class _Message:
    """One message with everything found in it."""

    def __init__(self, words: Words, hits: Hits, certain: Hits, scope: Scope) -> None:
        self.words = words
        self.hits = hits
        self.certain = certain
        self.scope = scope
        self.informational = False

    def any_of(self, patterns: Iterable[Pattern]) -> bool:
        return any(matches(pattern, self.hits, self.words) for pattern in patterns)

    def tells(self, fact: Fact) -> bool:
        counted, _ = self._counted(fact)
        return counted is not None

    def findings(self, criterion: Criterion, told: set[str], known: frozenset[str]) -> list[Finding]:
        match, mentioned = self._counted(criterion)
        source = criterion.source[0]
        if match is not None:
            return [Finding(criterion.flag, criterion.tier, self._quote(match), source)]
        for facts in criterion.facts:
            # What earlier messages told was answered then: this one must tell a fact that is new, or
            # repeat one (each message of a headache clinic says "headache").
            if facts <= told | known and facts & told - (known & COMMON_FACTS):
                return [Finding(criterion.flag, criterion.tier, " + ".join(sorted(facts)), source)]
        if mentioned and criterion.mention:
            return [Finding(criterion.mention, "none", "", source)]
        return []

    def _counted(self, rule: Criterion | Fact) -> tuple[Match | None, bool]:
        """Return the first match that counts, and whether there were matches that do not."""
        mentioned = False
        excepted: list[tuple[int, int]] | None = None
        for pattern in rule.patterns:
            for match in matches(pattern, self.hits, self.words, self.scope.negations):
                mentioned = True
                cancelled = self.scope.cancels(match, rule.cancelled_by)
                if cancelled is None:
                    if excepted is None:
                        excepted = [
                            span
                            for unless in rule.unless
                            for other in matches(unless, self.certain, self.words)
                            for span in other
                        ]
                    if not any(s < end and start < e for start, end in match for s, e in excepted):
                        return match, True
                elif cancelled == "informational":
                    self.informational = True
        return None, mentioned

    def _quote(self, match: Match) -> str:
        return " … ".join(" ".join(r[0] for r in self.words.readings[start:end]) for start, end in match)


def locale_of(text: str) -> str:
    """Return "es" when more of the common words are Spanish than English, else "en"."""
    count: dict[str, int] = defaultdict(int)
    for word in re.findall(r"[a-z]+", plain(text)):
        count["es"] += word in SPANISH
        count["en"] += word in ENGLISH
    return "es" if count["es"] > count["en"] else "en"
