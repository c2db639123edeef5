"""Recognising a question about what was just answered: "does it hurt?", "and how long does it take".

A classifier of its own tells such questions, by their kind (knowledge/details.yml), from messages that stand
for themselves. It is asked only after an answer, and the gate decides whom to believe.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine.context import context_of
from engine.encoders import Vectors, general_part
from engine.intent_model import IntentModel, Prediction, fingerprint
from engine.sentence_featurizer import sentence_vectors
from engine.spelling import text_of
from engine.training_vectors import training_vectors
from knowledge import load_knowledge

# Attribute of a message: (kind of follow-up, probability that it is a follow-up at all), if one may be meant.
FOLLOW_UP_READ = "follow_up_read"
# The class of messages that stand for themselves.
OWN = "own"
# Longer messages say what they are about.
LONGEST = 20
OWN_STEP = 3


class FollowUpModel:
    """An intent model whose intents are the kinds of follow-up questions, and `OWN`."""

    def __init__(self, model: IntentModel) -> None:
        self.model = model

    @classmethod
    def fit(cls, own: Sequence[str], vectors: Vectors) -> FollowUpModel:
        """Train on the examples in knowledge/details.yml and on messages that stand for themselves.

        Args:
            own: the latter.
            vectors: their vectors by the general encoders, shape (n, d).
        """
        examples = _examples()
        short = [place for place, text in enumerate(own) if len(text.split()) <= LONGEST]
        texts = [text for text, _ in examples]
        return cls(
            IntentModel.fit(
                [*texts, *(own[place] for place in short)],
                [*(key for _, key in examples), *(OWN for _ in short)],
                np.vstack([general_part(training_vectors(texts)), vectors[short]]),
            )
        )

    def read(self, text: str, vector: Vectors) -> tuple[str, float] | None:
        """The likeliest kind of follow-up, and the probability that the message is one; None if too long."""
        if not text.strip() or len(text.split()) > LONGEST:
            return None
        (prediction,) = self.model.predict([text], vector)
        return _likeliest(prediction)


def _likeliest(prediction: Prediction) -> tuple[str, float]:
    kind = next(intent for intent, _ in prediction.ranking if intent != OWN)
    return kind, 1 - dict(prediction.ranking)[OWN]


def _examples() -> list[tuple[str, str]]:
    return [(text, key) for key, detail in load_knowledge().details.items() for text in detail.examples]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FollowUpClassifier(GraphComponent):
    """Notes on a message, when something was answered before it, which follow-up it may be."""

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, model: FollowUpModel | None = None
    ) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def required_components(cls) -> list[type]:
        """A dense featurizer must stand before this component."""
        return [DenseFeaturizer]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Changed examples are trained on, although Rasa does not know their file."""
        return hashlib.sha256(repr((_examples(), fingerprint())).encode()).hexdigest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FollowUpClassifier:
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
    ) -> FollowUpClassifier:
        """A trained component from a model archive."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, FollowUpModel(IntentModel.load(folder)))

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model; every third example of an intent, which stands for itself, is enough beside them."""
        own = [example for example in training_data.intent_examples if example.get(TEXT)][::OWN_STEP]
        self._model = FollowUpModel.fit(
            [example.get(TEXT) for example in own], general_part(sentence_vectors(own))
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `follow_up_read` of each message that has a text and comes after an answer."""
        if self._model is None:
            raise RasaException("The follow-up classifier has not been trained.")
        for message in messages:
            if message.features and context_of(message.get(METADATA)).topic:
                vector = general_part(sentence_vectors([message]))
                message.set(FOLLOW_UP_READ, self._model.read(text_of(message), vector))
        return messages
