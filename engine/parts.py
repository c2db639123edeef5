"""Reading a message in parts: its sentences, and the questions that an "and" joins."""

from __future__ import annotations

import re

MOST_PARTS = 12
SHORT_MESSAGE_WORDS = 9

_SENTENCE_END = re.compile(r"(?<=[.!?;…])[\s\"')\]]+|\s*\n+\s*|\s+[-\u2013\u2014]\s+|(?<=\?)(?=\w)")
_ABBREVIATION = re.compile(
    r"\b(dr|mr|mrs|ms|st|ave|blvd|apt|no|vs|etc|e\.g|i\.e|a\.m|p\.m|approx|\w)\.$", re.I
)
_QUESTION = (
    r"(?:what|whats|what's|where|wheres|where's|when|who|whos|who's|how|hows|how's|why|which|do|does|did|is|"
    r"are|was|can|could|will|would|should|may|i want|i need|i'd|id like|i would|i wanna|book|schedule|please|"
    r"pls|tell me|let me|any chance|if (?:you|u|i|we) (?:can|could|do|take|have)|whether)\b"
)
_AND = r"\b(?:and|n|also|plus|oh and|and also|but|then|y)\b"
_JOINED = re.compile(
    rf"\s*(?:,|;|\+|&|/)?\s*{_AND}[\s,]+(?=(?:also\s+|then\s+|so\s+)?{_QUESTION})"
    rf"|\s*[,+&/]\s*(?=(?:also\s+)?{_QUESTION})",
    re.I,
)
_PAIR = re.compile(r"\s*(?:\band\b|\balso\b|\bplus\b|&|\+|,|/)\s*", re.I)


def parts_of(text: str) -> list[str]:
    """The parts of a message that may each ask something; one alone when it has no parts.

    Sentences, questions joined by "and" or a comma, and in a very short message ("hours and parking") the
    things named. A very long message has its sentences grouped, so that no more than `MOST_PARTS` are read.
    """
    sentences = _grouped([s for sentence in _sentences(text) for s in _JOINED.split(sentence)])
    parts = [part.strip(" ,;") for part in sentences if re.search(r"\w", part)]
    if len(parts) == 1 and len(text.split()) <= SHORT_MESSAGE_WORDS:
        pair = [part.strip() for part in _PAIR.split(text.strip()) if re.search(r"\w", part)]
        if len(pair) == 2:
            return pair
    return parts or [text]


def _sentences(text: str) -> list[str]:
    sentences: list[str] = []
    for piece in _SENTENCE_END.split(text.strip()):
        if sentences and _ABBREVIATION.search(sentences[-1]):
            sentences[-1] += f" {piece}"
        else:
            sentences.append(piece)
    return sentences


def _grouped(sentences: list[str]) -> list[str]:
    if len(sentences) <= MOST_PARTS:
        return sentences
    size = -(-len(sentences) // MOST_PARTS)
    return [" ".join(sentences[i : i + size]) for i in range(0, len(sentences), size)]
