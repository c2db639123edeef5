"""The sentence encoder as a Rasa dense featurizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine.encoders import SentenceEncoder, Vectors, default_encoder, fingerprint
from engine.parts import parts_of
from engine.spelling import text_of
from engine.training_vectors import training_vectors

# Attributes of a message for the components that follow: its parts and their vectors, shape (parts, d).
PARTS = "parts"
PART_VECTORS = "part_vectors"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds one dense sentence vector to every message that has a text, and to each of its parts."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """No options beyond those of every dense featurizer."""
        return {**DenseFeaturizer.get_default_config()}

    def __init__(self, config: dict[str, Any], encoder: SentenceEncoder) -> None:
        super().__init__(config["__name__"], config)
        self._encoder = encoder

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceFeaturizer:
        """Build the component; the encoder is loaded once in a process."""
        return cls({"__name__": execution_context.node_name, **config}, default_encoder())

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Other encoders make other vectors, although Rasa does not know their files."""
        return fingerprint()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add vectors to the training examples."""
        _add_vectors(training_data.training_examples, training_vectors, self._alias)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add vectors to messages and their parts."""
        _add_vectors(messages, self._encoder.encode, self._alias)
        for message in messages:
            if not message.get(TEXT):
                continue
            parts = _parts(text_of(message))
            message.set(PARTS, parts)
            message.set(PART_VECTORS, self._encoder.encode(parts) if parts else None)
        return messages

    @property
    def _alias(self) -> str:
        return str(self._config.get(FEATURIZER_CLASS_ALIAS, type(self).__name__))

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing to check: there are no options."""


def read_ahead(text: str) -> None:
    """Encode a message before the pipeline does, in another thread: encoding leaves the event loop free."""
    default_encoder().encode([text, *_parts(text)])


def _parts(text: str) -> list[str]:
    parts = parts_of(text)
    return parts if len(parts) > 1 else []


def _add_vectors(messages: list[Message], encode: Callable[[list[str]], Vectors], origin: str) -> None:
    with_text = [message for message in messages if message.get(TEXT)]
    if not with_text:
        return
    vectors = encode([text_of(message) for message in with_text])
    for message, vector in zip(with_text, vectors, strict=True):
        message.add_features(Features(vector[None, :], FEATURE_TYPE_SENTENCE, TEXT, origin))


def sentence_vectors(messages: list[Message]) -> Vectors:
    """The featurizer's vectors of messages, shape (n, d)."""
    rows = []
    for message in messages:
        _, sentence = message.get_dense_features(TEXT)
        rows.append(sentence.features[0])
    return np.vstack(rows)
