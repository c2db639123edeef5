"""The red-flag rules: reading and checking `rules/*.yml`.

`rules/README.md` describes the files for the clinician who reviews them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from red_flags.notation import Notation, NotationError, Pattern
from red_flags.text import WordReader

RULES = Path(__file__).parent / "rules"
TIERS = ("none", "urgent", "emergency", "crisis")


def stricter(one: str, other: str) -> str:
    """The graver of two tiers."""
    return max(one, other, key=TIERS.index)


# The same safe loader in C where PyYAML was built with it: it reads the rules ten times faster.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NOT_CRITERIA = {"words.yml", "facts.yml", "scope.yml"}
SCOPES = ("negated", "past", "informational", "figurative", "usual")
USUALLY_CANCELLED_BY = ["negated", "past", "informational", "figurative"]


class RuleError(ValueError):
    """The rule files are wrong; the message lists every problem found."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One red flag as its source states it.

    `patterns` tell it in one message; each set in `facts` tells it too, from one or several messages.
    `cancelled_by` names the scopes (see SCOPES) in which a match does not count; a match that touches one of
    `unless` does not count either and, when `mention` is set, reports that flag with tier none.
    """

    flag: str
    tier: str
    meaning: str
    source: tuple[str, str]
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    facts: tuple[frozenset[str], ...]
    cancelled_by: frozenset[str]
    mention: str | None
    must_match: tuple[str, ...]
    must_not_match: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a patient tells that counts together with other facts."""

    name: str
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    cancelled_by: frozenset[str]
    carried: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, compiled."""

    criteria: tuple[Criterion, ...]
    facts: tuple[Fact, ...]
    scope: dict[str, tuple[Pattern, ...]]
    notation: Notation
    reader: WordReader


def load_rules(folder: Path = RULES) -> Rules:
    """Read and compile the rules in `folder`.

    Raises:
        RuleError: a file is missing or wrong.
    """
    loader = _Loader(folder)
    rules = loader.rules()
    if loader.problems:
        raise RuleError("The red-flag rules are wrong:\n- " + "\n- ".join(loader.problems))
    rules.notation.close()
    return rules


class _Loader:
    def __init__(self, folder: Path) -> None:
        self.problems: list[str] = []
        self._folder = folder
        self._reader = WordReader()
        lists = self._read("words.yml")
        mistyped = lists.pop("mistyped", {})
        self._notation = Notation(self._reader, lists, mistyped)

    def rules(self) -> Rules:
        facts = tuple(self._fact(name, raw) for name, raw in self._read("facts.yml").items())
        names = {fact.name for fact in facts}
        criteria = tuple(
            self._criterion(path.name, raw, names)
            for path in sorted(self._folder.glob("*.yml"))
            if path.name not in NOT_CRITERIA
            for raw in self._read(path.name).get("criteria", [])
        )
        scope = {
            name: self._patterns(f"scope.yml {name}", entries)
            for name, entries in self._read("scope.yml").items()
        }
        return Rules(criteria, facts, scope, self._notation, self._reader)

    def _read(self, name: str) -> dict[str, Any]:
        try:
            raw = yaml.load((self._folder / name).read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506
        except (OSError, yaml.YAMLError) as error:
            self.problems.append(f"{name} cannot be read: {error}")
            return {}
        if isinstance(raw, dict):
            return raw
        self.problems.append(f"{name} is not a mapping")
        return {}

    def _criterion(self, file: str, raw: dict[str, Any], facts: set[str]) -> Criterion:
        flag = str(raw.get("flag"))
        where = f"{file} {flag}"
        for key in ("flag", "tier", "meaning", "source", "must_match"):
            if not raw.get(key):
                self.problems.append(f"{where}: {key} is missing")
        if raw.get("tier") not in TIERS:
            self.problems.append(f"{where}: the tier must be one of {', '.join(TIERS)}")
        combinations = tuple(frozenset(names) for names in raw.get("facts", ()))
        for name in sorted(frozenset().union(*combinations) - facts):
            self.problems.append(f"{where}: there is no fact {name}")
        source = raw.get("source") or {}
        return Criterion(
            flag=flag,
            tier=str(raw.get("tier")),
            meaning=str(raw.get("meaning")),
            source=(str(source.get("title")), str(source.get("reference"))),
            patterns=self._patterns(where, raw.get("patterns", ())),
            unless=self._patterns(where, raw.get("unless", ())),
            facts=combinations,
            cancelled_by=self._scopes(where, raw),
            mention=raw.get("mention"),
            must_match=tuple(raw.get("must_match", ())),
            must_not_match=tuple(raw.get("must_not_match", ())),
        )

    def _fact(self, name: str, raw: dict[str, Any]) -> Fact:
        where = f"facts.yml {name}"
        return Fact(
            name=name,
            patterns=self._patterns(where, raw.get("patterns", ())),
            unless=self._patterns(where, raw.get("unless", ())),
            cancelled_by=self._scopes(where, raw),
            carried=bool(raw.get("carried", True)),
        )

    def _scopes(self, where: str, raw: dict[str, Any]) -> frozenset[str]:
        scopes = frozenset(raw.get("cancelled_by", USUALLY_CANCELLED_BY))
        for name in sorted(scopes.difference(SCOPES)):
            self.problems.append(f"{where}: there is no scope {name}")
        return scopes

    def _patterns(self, where: str, texts: list[str]) -> tuple[Pattern, ...]:
        result: list[Pattern] = []
        for text in texts:
            try:
                result += self._notation.compile(str(text))
            except NotationError as error:
                self.problems.append(f"{where}: pattern {text!r}: {error}")
        return tuple(result)
