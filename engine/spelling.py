"""Mends typing errors before a message is understood: "migrane" is read as "migraine".

Only words that are neither in the training examples nor in a list of 82,000 English words are touched, by one
letter, towards a likely word. What is stored, shown, filled into forms and read by the rules, which allow for
typing errors themselves, is always what the patient wrote.
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
SHORTEST = 4
# A word of no dictionary that stands in the examples is an error itself when a word next to it is so many
# times as frequent.
TIMES_AS_FREQUENT = 50
# How many times as likely some slips are as a letter that is wrong, missing or too much anywhere.
SWAPPED_OR_DOUBLED, FIRST_LETTER_RIGHT = 20, 4
# Frequent English words are candidates beside the words of the examples, and count this share of their mass.
FREQUENT = 15_000
SHARE = 0.3
# With more unknown words than that, a message is in another language, or is no language.
MOST_UNKNOWN = 0.34
VOCABULARY = "words.json"


class Speller:
    """Knows words and mends those that are one letter away from a likely word.

    Words of `vocabulary` (word: count in the examples) are likely, and so are frequent English words.
    """

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self.vocabulary = dict(vocabulary)
        english = _english()
        self._english = english.keys()
        scale = SHARE * sum(vocabulary.values()) / sum(english.values())
        likely = Counter(vocabulary)
        likely.update({word: round(count * scale) for word, count in english.most_common(FREQUENT)})
        self._targets = SymSpell(max_dictionary_edit_distance=1)
        for word, count in likely.items():
            self._targets.create_dictionary_entry(word, count + 1)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Speller:
        """A speller with the words of training examples."""
        return cls(Counter(word.lower() for text in texts for word in WORD.findall(text)))

    def mended(self, text: str) -> str:
        """`text` with its typing errors mended, as far as they are known."""
        words = WORD.findall(text)
        unknown = [w for w in words if w.lower() not in self._english and w.lower() not in self.vocabulary]
        if len(unknown) > 1 and len(unknown) > MOST_UNKNOWN * len(words):
            return text
        return WORD.sub(lambda match: self._word(match[0]), text)

    def _word(self, written: str) -> str:
        word = written.lower()
        # Capitals inside a word are an abbreviation ("CGRPs").
        if len(word) < SHORTEST or word in self._english or written[1:] not in {word[1:], word[1:].upper()}:
            return written
        found = self._targets.lookup(word, Verbosity.ALL, max_edit_distance=1)
        best = max(found, key=lambda near: near.count * _likeliness(word, near.term), default=None)
        if best is None or best.count < TIMES_AS_FREQUENT * self.vocabulary.get(word, 0):
            return written
        return str(best.term)


def text_of(message: Message) -> str:
    """The text that is understood: mended where it had errors."""
    return str(message.get(MENDED) or message.get(TEXT))


def _likeliness(written: str, meant: str) -> int:
    if sorted(written) == sorted(meant) or DOUBLED.sub(r"\1", written) == meant:
        return SWAPPED_OR_DOUBLED
    return FIRST_LETTER_RIGHT if written[0] == meant[0] else 1


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
            words = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        return cls(model_storage, resource, Speller(words))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words of the training examples."""
        texts = [example.get(TEXT) for example in training_data.intent_examples if example.get(TEXT)]
        self._speller = Speller.of([*texts, *(example.text for example in load_examples())])
        with self._model_storage.write_to(self._resource) as folder:
            words = json.dumps(self._speller.vocabulary)
            (folder / VOCABULARY).write_text(words, encoding="utf-8")
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
