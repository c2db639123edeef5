"""From a patient's raw text to plain words: one spelling each, contractions opened, typos repaired."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import spacy
from spacy.language import Language

LEXICON = Path(__file__).parent.parent / "minilm" / "vocabulary.txt"
# The list is ordered by frequency; its rare short entries are mostly names and fragments ("haed", "nubm"
# would hide among them), so short words count as English only when they are common.
LEXICON_RANK_OF_SHORT_WORDS = 10_000
SHORT_WORD = 4
SHORTEST_TYPO, LONGEST_TYPO = 3, 30
LONG_WORD = 8
MIDDLING_WORD = 6
READINGS = 12
ENDINGS = ("ing", "ed", "er", "ly", "es", "s")
# Rarer English words may be typos of the rules' words as well ("abby" for baby).
LEXICON_RANK_OF_DOUBT = 6_000

SHORTHAND = {
    "u": "you", "ur": "your", "r": "are", "n": "and", "ve": "have", "ll": "will", "does": "do", "did": "do",
    "has": "have", "cuz": "because", "coz": "because", "bc": "because", "wud": "would", "cud": "could",
    "wnt": "want", "gona": "going", "wanna": "want to", "gonna": "going to", "gotta": "got to",
    "rn": "right now", "2day": "today", "2nite": "tonight", "tonite": "tonight", "b4": "before",
    "yr": "year", "yrs": "years",
    "wk": "week", "wks": "weeks", "mo": "month", "mos": "months", "hr": "hour", "hrs": "hours",
    "min": "minute", "mins": "minutes", "preg": "pregnant", "prego": "pregnant", "preggo": "pregnant",
    "meds": "medicine", "med": "medicine", "medication": "medicine", "medications": "medicine",
    "ppl": "people", "rlly": "really", "rly": "really", "bf": "boyfriend", "gf": "girlfriend",
    "yo": "year old", "w": "with", "tho": "though", "thru": "through", "outta": "out of",
    "kinda": "kind of", "dunno": "do not know", "q": "que", "xq": "porque", "pq": "porque",
}  # fmt: skip
# Words that carry no meaning for a red flag. Without them "my face is drooping" and "face drooping", "a
# stiff neck" and "stiff neck" are the same, and the rules say each thing once.
DROPPED = {
    "'s", "s", "'d", "d", "'", "a", "an", "the", "is", "am", "are", "'m", "m", "'re", "re", "ai", "so",
    "very", "really", "just", "like", "el", "la", "los", "las", "un", "una", "muy",
}  # fmt: skip
OPENED = {
    "cant": "can not", "dont": "do not", "wont": "will not", "didnt": "do not", "doesnt": "do not",
    "isnt": "not", "couldnt": "could not", "wasnt": "was not", "havent": "have not", "hasnt": "have not",
    "cannot": "can not", "arent": "not",
}  # fmt: skip
SPELT_OUT = {
    "w/o": "without ", "b/c": "because ", "h/a": "headache ", "&": " and ", "\u00bf": ".", "\u00a1": ".",
    "''": "'", "my hed": "my head", "his hed": "his head", "her hed": "her head",
}  # fmt: skip
QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u00b4": "'", "`": "'", "\u02bc": "'"})
APOSTROPHE = re.compile(r"(?<![a-z])'+|'+(?![a-z])|(?<=')'")
ELONGATED = re.compile(r"([a-z])\1{2,}")
UNIT = re.compile(r"(?<=\d)(?=[a-z])(?!(?:st|nd|rd|th|day|nite)\b)")
DECIMAL = re.compile(r"(?<=\d)[.,/](?=\d)")
DASH = re.compile(r"(?<!\w)-+(?!\w)|[\u2013\u2014]")
NOT_TEXT = re.compile(r"[^a-z0-9'.,;:!?()\n\x00\s]")
SIGN = re.compile(r"([.,;:!?()\n])")
ENDS = frozenset(".!?;\n")
BREAKS = frozenset(",:()")


@dataclass(slots=True)
class Words:
    """The words of a message without punctuation; all lists run in parallel.

    `readings[i]` holds the likely spellings of word i, best first; `sentence[i]` numbers its sentence;
    `pause[i]` tells that a comma, colon, dash or bracket stands before it; `question` holds the numbers of
    sentences that end in a question mark.
    """

    readings: list[tuple[str, ...]] = field(default_factory=list)
    sentence: list[int] = field(default_factory=list)
    pause: list[bool] = field(default_factory=list)
    question: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.readings)


def plain(text: str) -> str:
    """Return `text` in lower-case ASCII with signs set apart by spaces; decimal marks become NUL."""
    text = unicodedata.normalize("NFKD", text.replace("\x00", " ").translate(QUOTES))
    text = "".join(c for c in text if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    text = text.translate(QUOTES).lower()
    for sign, words in SPELT_OUT.items():
        text = text.replace(sign, words)
    text = ELONGATED.sub(r"\1\1", DECIMAL.sub("\x00", DASH.sub(" , ", text)))
    text = NOT_TEXT.sub(" ", APOSTROPHE.sub(" ", text))
    return SIGN.sub(r" \1 ", UNIT.sub(" ", text))


class WordReader:
    """Splits text into words with spaCy's tokeniser and reads misspelt words as the rules' words."""

    def __init__(self) -> None:
        self._nlp: Language = spacy.blank("en")
        self._english = _lexicon()
        self._parts_of: dict[str, list[str]] = {}
        self._rule_words: frozenset[str] = frozenset()
        self._mistyped: dict[str, tuple[str, ...]] = {}
        self._near: dict[str, list[str]] = {}

    def phrase(self, text: str) -> tuple[str, ...]:
        """Return the words of a phrase from the rules."""
        words: list[str] = []
        for part in text.split():
            if part not in self._parts_of:
                self._parts_of[part] = [
                    word for word in self._split(plain(part)) if word not in BREAKS and word not in ENDS
                ]
            words += self._parts_of[part]
        return tuple(words)

    def learn(self, words: Iterable[str], mistyped: Mapping[str, list[str]]) -> None:
        """Make `words` the targets of typo repair; `mistyped` adds readings to right words."""
        self._mistyped = {word: tuple(meant) for word, meant in mistyped.items()}
        self._rule_words = frozenset(word for word in words if word.isalpha())
        for word in self._rule_words | OPENED.keys() | DROPPED:
            if len(word) >= 3:
                for key in _deletions(word, 2 if len(word) >= LONG_WORD else 1):
                    self._near.setdefault(key, []).append(word)

    def read(self, text: str) -> Words:
        """Return the words of a patient's message."""
        words = Words()
        sentence, pause, started = 0, False, False
        for part in self._joined(self._split(plain(text))):
            if part in ENDS:
                if part == "?":
                    words.question.add(sentence)
                # "Worst. Headache. Ever." is one sentence.
                alone = words.sentence[-2:-1] != [sentence]
                if started and not (alone and part == "."):
                    sentence, started = sentence + 1, False
                pause = started
            elif part in BREAKS:
                pause = True
            else:
                for readings in self._readings(part):
                    words.readings.append(readings)
                    words.sentence.append(sentence)
                    words.pause.append(pause)
                    pause = False
                started = True
        return words

    def _split(self, text: str) -> list[str]:
        result: list[str] = []
        for token in self._nlp.tokenizer(text):
            if "\n" in token.text:
                result.append("\n")
            norm = token.norm_.strip().replace("\x00", ".")
            result.extend(word for word in SHORTHAND.get(norm, norm).split() if word not in DROPPED)
        return result

    def _known(self, word: str) -> bool:
        return word in self._english or word in self._rule_words or not word.isalpha()

    def _derived(self, word: str) -> bool:
        """Return whether `word` is a known word with an ending, such as "fasting"."""
        for ending in ENDINGS:
            if word.endswith(ending):
                stem = word.removesuffix(ending)
                if (
                    any(s in self._english for s in (stem, stem + "e", stem[:-1]))
                    and len(stem) >= SHORTEST_TYPO
                ):
                    return True
        return False

    def _joined(self, tokens: list[str]) -> list[str]:
        """Join two neighbours where a space fell into a word of the rules ("numb ness")."""
        result: list[str] = []
        for token in tokens:
            if result and token.isalpha() and result[-1].isalpha():
                both = result[-1] + token
                if both in self._rule_words and not (self._known(token) and self._known(result[-1])):
                    result[-1] = both
                    continue
            result.append(token)
        return result

    def _readings(self, word: str) -> list[tuple[str, ...]]:
        """Return the likely spellings of each word that `word` stands for."""
        if word in self._mistyped:
            return [(word, *self._mistyped[word])]
        if not SHORTEST_TYPO <= len(word) <= LONGEST_TYPO:
            return [(word,)]
        if "'" in word:
            near = self._nearest(word.replace("'", ""), among=OPENED.keys())
            return [(part,) for part in OPENED[near[0]].split()] if near else [(word,)]
        if self._known(word):
            doubtful = self._english.get(word, 0) > LEXICON_RANK_OF_DOUBT and word not in self._rule_words
            near = self._nearest(word) if doubtful else []
            return [(word, *(n for n in near if n in self._rule_words and _edits(word, n) == 1))]
        near = self._nearest(word)
        if self._derived(word):
            return [(*(n for n in near if n in self._rule_words and _edits(word, n) == 1), word)]
        if not near:
            return [(part,) for part in self._parts(word)]
        if near[0] in OPENED:
            return [(part,) for part in OPENED[near[0]].split()]
        meant = tuple(n for n in near if n in self._rule_words)
        return [meant] if meant else []

    def _nearest(self, word: str, among: Collection[str] = ()) -> list[str]:
        found = {
            target: edits
            for key in _deletions(word, 2 if len(word) >= MIDDLING_WORD else 1)
            for target in self._near.get(key, ())
            if (not among or target in among)
            and (edits := _edits(word, target)) <= (2 if len(target) >= LONG_WORD <= len(word) + 2 else 1)
        }
        best = min(found.values(), default=0)
        # Swapped and doubled letters keep the letters of the word; people seldom mistype the first one.
        # Three letters that are no word are most often what is left of "dont" or "isnt".
        short = len(word) == SHORTEST_TYPO
        ranked = sorted(
            (t for t, edits in found.items() if edits == best),
            key=lambda t: (
                short and t not in OPENED,
                set(t) != set(word),
                t[0] != word[0],
                t not in self._rule_words,
                t,
            ),
        )
        return ranked[:READINGS]

    def _parts(self, word: str) -> list[str]:
        for cut in range(len(word) - 2, 1, -1):
            left, right = word[:cut], word[cut:]
            if (left in self._rule_words and self._known(right)) or (
                right in self._rule_words and self._known(left)
            ):
                return [left, right]
        return [word]


def _lexicon() -> dict[str, int]:
    """Return English words with their rank by frequency."""
    return {
        word: rank
        for rank, word in enumerate(LEXICON.read_text(encoding="utf-8").split())
        if word.isalpha() and (len(word) > SHORT_WORD or rank < LEXICON_RANK_OF_SHORT_WORDS)
    }


def _deletions(word: str, count: int) -> set[str]:
    """Return `word` and all that is left of it after deleting at most `count` letters."""
    result = {word}
    for _ in range(count):
        result |= {w[:i] + w[i + 1 :] for w in result for i in range(len(w))}
    return result


def _edits(a: str, b: str) -> int:
    """Return the optimal string alignment distance (a swap of neighbours is one edit)."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
