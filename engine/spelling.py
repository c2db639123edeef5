"""Mends typing errors before a message is understood: "migrane" is read as "migraine".

A noisy channel: for each word, which of the likely words one slip away would be written so and stand between
these two neighbours? What is stored, shown, filled into forms and read by the rules, which allow for typing
errors themselves, is always what the patient wrote.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from symspellpy import SymSpell, Verbosity

from engine.red_flag_model import EXAMPLES, load_examples
from red_flags.reader import locale_of

# Attribute of a message: its text with typing errors mended; absent when there are none.
MENDED = "mended"

WORD = re.compile(r"[^\W\d_]+")
DOUBLED = re.compile(r"(\w)\1")
VOWEL = re.compile(r"[aeiouy]")
SHORTEST = 3
# Stand before the first and after the last word of a message.
START, END = "<s>", "</s>"
# Words and pairs of words that the examples have less often may be errors themselves.
LEAST_OFTEN = 2
# Words that the examples have so often are candidates.
OFTEN = 3
# Frequent English words are candidates beside the words of the examples, and count this share of their mass.
FREQUENT = 15_000
SHARE = 0.3
# Chance that a word is mistyped, and that a word which stands in no list is meant as it is written.
ERROR, UNLISTED = 0.005, 0.001
# Share of the chance of a word that its neighbour decides, when the neighbour is known well.
NEIGHBOUR, WELL_KNOWN = 0.5, 5
# Chance of any word at all, and of the end of a message.
ANY_WORD, ANY_END = 1e-7, 0.05
# Chances of the slips, which are shared by the places where they may happen, and by the letters hit instead.
SWAPPED, DOUBLED_LETTER, LEFT_OUT, WRONG, TOO_MUCH = 0.25, 0.3, 0.25, 0.25 / 8, 0.1 / 26
# A slip at the first letter is so much rarer.
FIRST_LETTER = 0.3
# With more unknown words than that, a message is in another language, or is no language.
MOST_UNKNOWN = 0.34
VOCABULARY = "words.json"


class Speller:
    """Knows words and the pairs in which they stand; mends those one slip away from a likelier word.

    Args:
        words: word: count in the examples.
        pairs: two words with a space between them: count in the examples.
    """

    def __init__(self, words: Mapping[str, int], pairs: Mapping[str, int]) -> None:
        self.words, self.pairs = dict(words), dict(pairs)
        self._english = _english()
        self._masses = sum(words.values()), sum(self._english.values())
        self._followed: Counter[str] = Counter()
        for pair, count in pairs.items():
            self._followed[pair.partition(" ")[0]] += count
        # Any three letters are near to some short word of English, or to an abbreviation: "lmk" is not MLK.
        frequent = (word for word, _ in self._english.most_common(FREQUENT) if len(word) > SHORTEST)
        self._targets = SymSpell(max_dictionary_edit_distance=1)
        for word in {*frequent, *(word for word, count in words.items() if count >= OFTEN)}:
            if VOWEL.search(word):
                self._targets.create_dictionary_entry(word, 1)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Speller:
        """A speller with the words of training examples."""
        words: Counter[str] = Counter()
        pairs: Counter[str] = Counter()
        for text in texts:
            found = [word.lower() for word in WORD.findall(text)]
            words.update(found)
            pairs.update(" ".join(pair) for pair in zip([START, *found], [*found, END], strict=True))
        return cls(words, {pair: count for pair, count in pairs.items() if count >= LEAST_OFTEN})

    def mended(self, text: str) -> str:
        """`text` with its typing errors mended, as far as they are known."""
        found = list(WORD.finditer(text))
        words = [match[0].lower() for match in found]
        unknown = [word for word in words if word not in self._english and word not in self.words]
        if not words or (len(unknown) > 1 and len(unknown) > MOST_UNKNOWN * len(words)):
            return text
        parts, end, before = [], 0, START
        for match, word, after in zip(found, words, [*words[1:], END], strict=True):
            if self._may_be_mended(match, text):
                word = self._meant(before, word, after)
            before = word
            parts += [text[end : match.start()], match[0] if word == match[0].lower() else word]
            end = match.end()
        return "".join([*parts, text[end:]])

    def _may_be_mended(self, match: re.Match[str], text: str) -> bool:
        written = match[0]
        # Capitals inside a word or in one word alone are an abbreviation ("CGRPs"); "isn't" is two words.
        plain = written[1:].islower() or (written.isupper() and text.isupper())
        return len(written) >= SHORTEST and plain and text[match.end() : match.end() + 1] not in ("'", "’")

    def _meant(self, before: str, word: str, after: str) -> str:
        listed = self._listed(word)
        if listed and (f"{before} {word}" in self.pairs or f"{word} {after}" in self.pairs):
            return word

        def among_neighbours(meant: str) -> float:
            return self._chance(before, meant) * self._chance(meant, after)

        best, chance = word, (1 - ERROR if listed else UNLISTED) * among_neighbours(word)
        for near in self._targets.lookup(word, Verbosity.ALL, max_edit_distance=1):
            slipped = ERROR * _slip(word, near.term) * among_neighbours(near.term)
            if near.term != word and slipped > chance:
                best, chance = near.term, slipped
        return best

    def _listed(self, word: str) -> bool:
        return word in self._english or self.words.get(word, 0) >= LEAST_OFTEN

    def _chance(self, before: str, word: str) -> float:
        """The chance that `word` comes after `before`."""
        here, english = self._masses
        alone = (
            (1 - SHARE) * self.words.get(word, 0) / max(here, 1)
            + SHARE * self._english[word] / english
            + ANY_WORD
            if word != END
            else ANY_END
        )
        times = self._followed[before]
        if not times:
            return alone
        trust = NEIGHBOUR * times / (times + WELL_KNOWN)
        return trust * self.pairs.get(f"{before} {word}", 0) / times + (1 - trust) * alone


def text_of(message: Message) -> str:
    """The text that is understood: mended where it had errors."""
    return str(message.get(MENDED) or message.get(TEXT))


def _slip(written: str, meant: str) -> float:
    """The chance of what is written, given that one slip was made in the word that was meant."""
    if sorted(written) == sorted(meant):
        return SWAPPED / len(meant)
    if DOUBLED.sub(r"\1", written) == DOUBLED.sub(r"\1", meant):
        return DOUBLED_LETTER / len(meant)
    missing = len(meant) - len(written)
    chance = (LEFT_OUT if missing > 0 else TOO_MUCH if missing < 0 else WRONG) / len(meant)
    return chance if written[0] == meant[0] else FIRST_LETTER * chance


def _english() -> Counter[str]:
    path = files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return Counter({word: int(count) for word, count in (line.split() for line in lines)})


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class SpellingCorrector(GraphComponent):
    """Notes on every message how it reads without its typing errors."""

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, speller: Speller | None = None
    ) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._speller = speller

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """The words of the warnings count too, although Rasa does not know their file."""
        return hashlib.sha256(EXAMPLES.read_bytes() + Path(__file__).read_bytes()).hexdigest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpellingCorrector:
        """An untrained component."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SpellingCorrector:
        """A trained component from a model archive."""
        with model_storage.read_from(resource) as folder:
            known = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        return cls(model_storage, resource, Speller(**known))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words of the training examples."""
        texts = [example.get(TEXT) for example in training_data.intent_examples if example.get(TEXT)]
        self._speller = Speller.of([*texts, *(example.text for example in load_examples())])
        with self._model_storage.write_to(self._resource) as folder:
            known = {"words": self._speller.words, "pairs": self._speller.pairs}
            (folder / VOCABULARY).write_text(json.dumps(known), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training examples are read as they are written."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `mended` on each message that has typing errors."""
        if self._speller is None:
            raise RasaException("The spelling corrector has not been trained.")
        for message in messages:
            text = message.get(TEXT)
            if text and locale_of(text) == "en":
                mended = self._speller.mended(text)
                if mended != text:
                    message.set(MENDED, mended)
        return messages
