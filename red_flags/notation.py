"""The pattern notation of the rules, and finding patterns among words in linear time.

word            that word              a|b              either word
(two words|b)   either phrase          @name            any phrase of the word list `name`
x?              x or nothing           <number>  <50-110>  a number, one in that range
..   ...        up to 3, up to 8 other words between, within one sentence and over no negation
A & B           A and B in any order with at most 12 words between
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import product

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from red_flags.text import READINGS, WordReader, Words

GAPS = {"..": 3, "...": 8}
REACH = 12
ITEM = re.compile(r"\([^()]*\)\??|\S+")
RANGE = re.compile(r"<(?:number|([\d.]+)-([\d.]+))>$")
SIGNS = re.compile(r"[<>@&()?]|\.\.")
NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
} | {
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "couple": 2, "few": 3, "several": 5,
    "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
}  # fmt: skip

Span = tuple[int, int]
Match = tuple[Span, ...]
Phrase = tuple[str, ...]
Hits = Mapping[int, Mapping[int, list[int]]]


class NotationError(ValueError):
    """A pattern of the rules cannot be read."""


@dataclass(frozen=True, slots=True)
class Element:
    """What may stand at one place: one of `phrases`, or a number within one of the ranges `numbers`."""

    phrases: frozenset[Phrase]
    numbers: frozenset[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Step:
    """An element and how many other words may stand before it."""

    element: int
    gap: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to tell something: parts in any order, each a run of steps.

    `needs` are the elements that must all occur.
    """

    parts: tuple[tuple[Step, ...], ...]
    needs: frozenset[int] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        needs = frozenset(step.element for part in self.parts for step in part)
        object.__setattr__(self, "needs", needs)


class Notation:
    """Compiles patterns; afterwards finds which elements stand where in a message."""

    def __init__(
        self, reader: WordReader, lists: Mapping[str, list[str]], mistyped: Mapping[str, list[str]]
    ) -> None:
        self._reader = reader
        self._mistyped = mistyped
        self._lists = lists
        self._ids: dict[Element, int] = {}
        self._vocab = Vocab()
        self._matcher = PhraseMatcher(self._vocab, attr="ORTH")
        self._elements_of: dict[int, list[int]] = {}

    def compile(self, text: str) -> list[Pattern]:
        """Return the patterns that `text` stands for (one for each choice of its optional words).

        Raises:
            NotationError: an unknown word list, an empty alternative or a pattern of optional words only.
        """
        ways = [self._part(part) for part in text.split("&")]
        return [Pattern(choice) for choice in product(*ways)]

    def close(self) -> None:
        """Build the phrase matcher after the last pattern was compiled."""
        owners: dict[Phrase, list[int]] = defaultdict(list)
        for element, index in self._ids.items():
            for phrase in element.phrases:
                owners[phrase].append(index)
        left_alone = {
            word for entry in self._lists.get("left_alone", ()) for word in self._reader.phrase(entry)
        }
        self._reader.learn(left_alone | {word for phrase in owners for word in phrase}, self._mistyped)
        for phrase, indexes in owners.items():
            key = " ".join(phrase)
            self._matcher.add(key, [Doc(self._vocab, words=list(phrase))])
            self._elements_of[self._vocab.strings[key]] = indexes

    def find(self, words: Words, readings: int = READINGS) -> Hits:
        """Return element -> start -> ends (exclusive), in the first `readings` spellings of each word."""
        hits: dict[int, dict[int, list[int]]] = {}
        depth = max(map(len, words.readings), default=0)
        for rank in range(min(depth, readings)):
            chosen = [r[min(rank, len(r) - 1)] for r in words.readings]
            for key, start, end in self._matcher(Doc(self._vocab, words=chosen)):
                if words.sentence[start] == words.sentence[end - 1]:
                    for index in self._elements_of[key]:
                        ends = hits.setdefault(index, {}).setdefault(start, [])
                        if end not in ends:
                            ends.append(end)
        ranges = [(owner, limits) for e, owner in self._ids.items() for limits in e.numbers]
        for at, spellings in enumerate(words.readings):
            value = number(spellings[0])
            if value is not None:
                for numbered, (low, high) in ranges:
                    if low <= value <= high:
                        places = hits.setdefault(numbered, {}).setdefault(at, [])
                        if at + 1 not in places:
                            places.append(at + 1)
        return hits

    def _part(self, text: str) -> list[tuple[Step, ...]]:
        ways: list[list[Step]] = [[]]
        gap = 0
        for item in ITEM.findall(text):
            if item in GAPS:
                gap = GAPS[item]
                continue
            element = self._id(item.removesuffix("?").removeprefix("(").removesuffix(")"))
            longer = [[*way, Step(element, gap if way else 0)] for way in ways]
            ways = [*longer, *ways] if item.endswith("?") else longer
            gap = 0
        if not all(ways):
            raise NotationError(f"{text!r} has nothing that must occur")
        return [tuple(way) for way in ways]

    def _id(self, text: str) -> int:
        phrases: set[Phrase] = set()
        numbers: set[tuple[float, float]] = set()
        for choice in text.split("|"):
            if limits := RANGE.match(choice.strip()):
                low, high = limits.groups(default="")
                numbers.add((float(low or 0), float(high or 10**6)))
            else:
                phrases |= self._phrases(choice.strip())
        phrases.discard(())
        if not phrases and not numbers:
            raise NotationError(f"{text!r} has no words")
        element = Element(frozenset(phrases), frozenset(numbers))
        return self._ids.setdefault(element, len(self._ids))

    def _phrases(self, choice: str) -> set[Phrase]:
        if choice.startswith("@"):
            if choice[1:] not in self._lists:
                raise NotationError(f"there is no word list {choice}")
            return {p for entry in self._lists[choice[1:]] for p in self._phrases(entry)}
        if SIGNS.search(choice):
            raise NotationError(f"{choice!r} mixes words and signs; put alternatives in brackets")
        return {self._reader.phrase(choice)}


def number(word: str) -> float | None:
    """Return the value of a number or number word, or None."""
    if word in NUMBER_WORDS:
        return NUMBER_WORDS[word]
    try:
        return float(word) if word[:1].isdigit() and len(word) < 9 else None
    except ValueError:
        return None


def matches(
    pattern: Pattern,
    hits: Hits,
    words: Words,
    blocked: Collection[int] = (),
) -> list[Match]:
    """Return where `pattern` occurs; gaps skip none of the `blocked` words (negations)."""
    if not hits.keys() >= pattern.needs:
        return []
    found = [_runs(part, hits, words, blocked) for part in pattern.parts]
    if not all(found):
        return []
    result: list[Match] = [(span,) for span in found[0]]
    for spans in found[1:]:
        near: dict[int, Span] = {}
        for span in spans:
            for at in range(span[0] - REACH, span[1] + REACH + 1):
                near.setdefault(at, span)
        result = [(*match, near[match[0][0]]) for match in result if match[0][0] in near]
    return result


def _runs(
    part: tuple[Step, ...],
    hits: Hits,
    words: Words,
    blocked: Collection[int],
) -> list[Span]:
    # end -> latest start: a run that ends at the same word is the same run for what follows.
    runs = {end: start for start, ends in hits[part[0].element].items() for end in ends}
    for step in part[1:]:
        at = hits[step.element]
        longer: dict[int, int] = {}
        for end, start in runs.items():
            for place in range(end, min(end + step.gap + 1, len(words))):
                if words.sentence[place] != words.sentence[end - 1]:
                    break
                for new_end in at.get(place, ()):
                    longer[new_end] = max(start, longer.get(new_end, -1))
                if place in blocked:
                    break
        runs = longer
    return [(start, end) for end, start in runs.items()]
