"""The intent model as a Rasa intent classifier."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

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

from engine.intent_model import IntentModel, Prediction, fingerprint
from engine.sentence_featurizer import PART_VECTORS, PARTS, sentence_vectors
from knowledge import TOPICS, load_knowledge
from knowledge.topics import TALK_TOPICS

RANKING_LENGTH = 5
NEAREST = "nearest"
# How far to trust the first intent (engine.intent_model.Prediction).
CERTAINTY = "certainty"
# A message attribute: a `Prediction` for each of its parts.
PART_PREDICTIONS = "part_predictions"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent, RasaIntentClassifier):
    """Ranks the intents of a message and names the training examples nearest to it."""

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, model: IntentModel | None = None
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
        return fingerprint()

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
            return cls(model_storage, resource, IntentModel.load(folder))

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
        self._model = IntentModel.fit(
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
                (prediction,) = self._model.predict([message.get(TEXT)], sentence_vectors([message]))
                _annotate(message, prediction)
                if parts := message.get(PARTS):
                    message.set(PART_PREDICTIONS, self._model.predict(parts, message.get(PART_VECTORS)))
            else:
                message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
        return messages


def _annotate(message: Message, prediction: Prediction) -> None:
    ranking = [
        {"name": name, "confidence": confidence} for name, confidence in prediction.ranking[:RANKING_LENGTH]
    ]
    message.set(INTENT, ranking[0], add_to_output=True)
    message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
    message.set(CERTAINTY, prediction.certainty, add_to_output=True)
    message.set(NEAREST, [asdict(near) for near in prediction.nearest], add_to_output=True)
