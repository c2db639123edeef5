"""The intent model as a Rasa intent classifier."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine import neighbours
from engine.encoders import Vectors
from engine.intent_model import IntentModel, Prediction, fingerprint
from engine.neighbours import Neighbour, Neighbourhood
from engine.sentence_featurizer import PART_VECTORS, PARTS, sentence_vectors
from engine.spelling import text_of
from knowledge import TOPICS, load_knowledge
from knowledge.topics import TALK_TOPICS

RANKING_LENGTH = 5
NEAREST = "nearest"
# How far to trust the first intent.
CERTAINTY = "certainty"
# A message attribute: ranking and certainty of each of its parts.
PART_PREDICTIONS = "part_predictions"


class Understanding:
    """The intent model and the neighbourhood of the same examples."""

    def __init__(self, model: IntentModel, neighbourhood: Neighbourhood) -> None:
        self.model = model
        self.neighbourhood = neighbourhood

    @classmethod
    def fit(cls, texts: Sequence[str], intents: Sequence[str], vectors: Vectors) -> Understanding:
        """Train on texts with their intents and sentence vectors of shape (n, d). Raises ValueError."""
        return cls(IntentModel.fit(texts, intents, vectors), Neighbourhood.of(texts, intents, vectors))

    def of(self, texts: Sequence[str], vectors: Vectors) -> list[tuple[Prediction, list[Neighbour], float]]:
        """For each text: how intents rank, the nearest examples, and the certainty of the first intent.

        Certainty, from 0 to 1, is the first intent's probability before calibration times the cosine of the
        nearest example. Calibrated probabilities crowd at 1, where strangers hide among the familiar; and a
        message unlike all examples is trusted less, however sure the model.
        """
        predictions, nearest = self.model.predict(texts, vectors), self.neighbourhood.find(vectors)
        return [
            (prediction, near, prediction.untempered * float(np.clip(near[0].similarity, 0, 1)))
            for prediction, near in zip(predictions, nearest, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write both into an existing folder."""
        self.model.save(folder)
        self.neighbourhood.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Understanding:
        """Read what `save` wrote. Raises OSError, ValueError."""
        return cls(IntentModel.load(folder), Neighbourhood.load(folder))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent, RasaIntentClassifier):
    """Ranks the intents of a message and names the training examples nearest to it."""

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, model: Understanding | None = None
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
        """Train again when the way of training changes."""
        code = Path(neighbours.__file__).read_bytes()
        return hashlib.sha256(fingerprint().encode() + code).hexdigest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentClassifier:
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
    ) -> IntentClassifier:
        """A trained component from a model archive."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, Understanding.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model, once the approved knowledge has been found valid and complete.

        Raises:
            KnowledgeError: the knowledge is invalid.
            RasaException: a topic of the design has no training examples.
        """
        load_knowledge()
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        intents = [example.get(INTENT) for example in examples]
        if missing := sorted({*TOPICS, *TALK_TOPICS} - set(intents)):
            raise RasaException(f"data/nlu.yml has no examples of: {', '.join(missing)}.")
        self._model = Understanding.fit(
            [example.get(TEXT) for example in examples], intents, sentence_vectors(examples)
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent, ranking and nearest examples; a message without text has no intent."""
        if self._model is None:
            raise RasaException("The intent classifier has not been trained.")
        for message in messages:
            if message.features:
                (understood,) = self._model.of([text_of(message)], sentence_vectors([message]))
                _annotate(message, *understood)
                if parts := message.get(PARTS):
                    of_parts = self._model.of(parts, message.get(PART_VECTORS))
                    message.set(PART_PREDICTIONS, [(p.ranking, certainty) for p, _, certainty in of_parts])
            else:
                message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
        return messages


def _annotate(message: Message, prediction: Prediction, nearest: list[Neighbour], certainty: float) -> None:
    ranking = [
        {"name": name, "confidence": confidence} for name, confidence in prediction.ranking[:RANKING_LENGTH]
    ]
    message.set(INTENT, ranking[0], add_to_output=True)
    message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
    message.set(CERTAINTY, certainty, add_to_output=True)
    message.set(NEAREST, [asdict(near) for near in nearest], add_to_output=True)
