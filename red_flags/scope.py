"""What a stretch of a message is: denied, long past, asked as information, a figure of speech, the usual.

The cues are data (`rules/scope.yml`); how far each reaches is decided here. Stock negation tools lose half of
the red flags that patients affirm, so the reach of a negation is kept short: doubt escalates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from red_flags.notation import Hits, Match, Pattern, Span, matches
from red_flags.text import Words

NEGATION_REACH = 4
LIST_ITEM = 4
# "Fever? No. Aura: none. Weakness no.": what is denied so is a few words long.
DENIED_ITEM = 4


@dataclass(slots=True)
class Scope:
    """For each scope name, whether it covers word i; `negations` are the places of negating words."""

    covers: dict[str, list[bool]]
    negations: frozenset[int]

    def cancels(self, match: Match, by: frozenset[str]) -> str | None:
        """Return the scope that takes `match` out of account, or None."""
        for name in sorted(by):
            covered = self.covers[name]
            if name == "figurative":
                if any(any(covered[start:end]) for start, end in match):
                    return name
            elif any(covered[start] for start, _ in match):
                return name
        return None


def read_scope(words: Words, hits: Hits, cues: Mapping[str, tuple[Pattern, ...]]) -> Scope:
    """Return the scopes in a message, from the cues of `rules/scope.yml`."""
    found = {
        name: sorted({span for p in patterns for match in matches(p, hits, words) for span in match})
        for name, patterns in cues.items()
    }
    negated, negations = _negated(words, found)
    return Scope(
        {
            "negated": negated,
            "past": _past(words, found),
            "informational": _informational(words, found),
            "figurative": _mark(len(words), found["figurative"]),
            "usual": _usual(words, found),
        },
        negations,
    )


def _mark(size: int, spans: list[Span]) -> list[bool]:
    covered = [False] * size
    for start, end in spans:
        covered[start:end] = [True] * (end - start)
    return covered


def _negated(words: Words, found: Mapping[str, list[Span]]) -> tuple[list[bool], frozenset[int]]:
    size = len(words)
    covered = [False] * size
    void = {start for start, _ in found["negation_void"]}
    ability = {end for _, end in found["ability"]}
    breaks = {start for start, _ in found["clause_start"]}
    joins = _mark(size, found["list_join"])
    # "No, I have a fever" answers a question; it denies nothing that follows.
    answers = {at - 1 for at in range(1, size) if words.pause[at]}
    triggers = [(s, e) for s, e in found["negation"] if s not in void | ability | answers]
    for _, end in triggers:
        reach = end
        while reach < min(end + NEGATION_REACH, size) and not _ends_clause(words, reach, breaks, end):
            reach += 1
        reach = _with_list(words, reach, breaks, joins)
        covered[end:reach] = [True] * (reach - end)
    for start, _ in found["denied_before"]:
        for at in range(start - 1, -1, -1):
            if words.sentence[at] != words.sentence[start]:
                break
            covered[at] = True
    for start, end in _denied_after(words, found["denies_before"], triggers):
        covered[start:end] = [True] * (end - start)
    return covered, frozenset(start for start, _ in found["negation"])


def _denied_after(words: Words, denials: list[Span], negations: list[Span]) -> list[Span]:
    """The few words that a denial at the end of their clause, or alone after their question, denies."""
    denied = []
    size = len(words)
    for at, end in denials:
        ends = end == size or words.pause[end] or words.sentence[end] != words.sentence[at]
        first = at
        while first > 0 and words.sentence[first - 1] == words.sentence[at] and not words.pause[first]:
            first -= 1
        alone = first == at
        if alone:
            asked = words.sentence[at - 1] if at else None
            if asked is None or asked == words.sentence[at] or asked not in words.question:
                continue
            while first > 0 and words.sentence[first - 1] == asked:
                first -= 1
        negated = any(first <= start < at for start, _ in negations)
        if ends and not negated and at - first <= DENIED_ITEM:
            denied.append((first, at))
    return denied


def _ends_clause(words: Words, at: int, breaks: set[int], start: int) -> bool:
    return (
        words.sentence[at] != words.sentence[start - 1]
        or (words.pause[at] and at > start)
        or (at in breaks and at > start)
    )


def _with_list(words: Words, reach: int, breaks: set[int], joins: list[bool]) -> int:
    """Stretch "no A" over ", B or C": short items, closed by one that is joined with or/nor/and."""
    at, furthest = reach, reach
    while at < len(words) and words.sentence[at] == words.sentence[reach - 1]:
        if not (words.pause[at] or joins[at]) or (at in breaks and not joins[at]):
            break
        joined = joins[at]
        end = at + 1
        while (
            end < len(words)
            and end - at <= LIST_ITEM
            and words.sentence[end] == words.sentence[at]
            and not (words.pause[end] or joins[end] or end in breaks)
        ):
            end += 1
        if end - at > LIST_ITEM or (
            end < len(words) and end in breaks and not joins[end] and not words.pause[end]
        ):
            break
        joined = joined or joins[min(at, len(words) - 1)]
        if joined:
            furthest = end
        at = end
    return furthest


def _past(words: Words, found: Mapping[str, list[Span]]) -> list[bool]:
    size = len(words)
    covered = [False] * size
    now = {start for start, _ in found["now"]}
    cues = found["past"]
    segments: list[Span] = []
    start = 0
    for at in range(1, size + 1):
        if at == size or at in now or words.sentence[at] != words.sentence[at - 1]:
            segments.append((start, at))
            start = at
    refers = {start for start, _ in found["refers_back"]}
    for index, (start, end) in enumerate(segments):
        if start in now and not any(start < s for s, e in cues if start <= s and e <= end):
            continue
        if any(start <= s and e <= end for s, e in cues):
            covered[start:end] = [True] * (end - start)
            back = index - 1
            if any(at in refers for at in range(start, min(start + 2, end))) and back >= 0:
                first, last = segments[back]
                covered[first:last] = [True] * (last - first)
    return covered


def _informational(words: Words, found: Mapping[str, list[Span]]) -> list[bool]:
    size = len(words)
    covered = [False] * size
    generic = _mark(size, found["conditional"])
    personal = [start for start, _ in found["personal"] if not generic[start]]
    for start, end in found["informational"]:
        stop = next((p for p in personal if p > start), size)
        last = words.sentence[end - 1]
        at = start
        while at < stop and (words.sentence[at] == last or words.sentence[at] in words.question):
            covered[at] = True
            at += 1
    for start, _ in found["informational_after"]:
        sentence = words.sentence[start]
        if not any(words.sentence[p] == sentence for p in personal):
            for at in range(start - 1, -1, -1):
                if words.sentence[at] != sentence:
                    break
                covered[at] = True
    return covered


def _usual(words: Words, found: Mapping[str, list[Span]]) -> list[bool]:
    now = {words.sentence[start] for start, _ in found["unlike"]}
    usual = {words.sentence[start] for start, _ in found["usual"]} - now
    return [sentence in usual for sentence in words.sentence]
