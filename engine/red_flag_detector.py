"""The trained red-flag model as a Rasa component: it adds to what the rules found in a message."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from engine.encoders import general_part, tuned_encoder
from engine.red_flag_model import (
    EMERGENCY,
    NONE,
    SHORTEST_PART,
    URGENT,
    Detected,
    RedFlagModel,
    Thresholds,
    fingerprint,
)
from engine.red_flag_reader import RED_FLAGS
from engine.sentence_featurizer import PART_VECTORS, PARTS, sentence_vectors
from engine.spelling import text_of
from red_flags import stricter

# Flags that only the model raised are told from those of the rules: "like_thunderclap".
LIKE = "like_"
# Every other example of an intent: the rest would double the time of training and add nothing measurable.
HARMLESS_STEP = 2


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class RedFlagDetector(GraphComponent):
    """Raises the tier of a message when the trained model reads a warning that no rule did.

    It takes back an emergency or an urgent warning of the rules only when it is all but certain that the
    message has none, and never a crisis (docs/decisions/0008).
    """

    def __init__(
        self,
        model_storage: ModelStorage,
        resource: Resource,
        model: RedFlagModel | None = None,
    ) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def required_components(cls) -> list[type]:
        """A dense featurizer must stand before this component; so must the rules, which Rasa cannot check
        because they take no part in training."""
        return [DenseFeaturizer]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Changed training messages are trained on, although Rasa does not know their file."""
        return fingerprint()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RedFlagDetector:
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
    ) -> RedFlagDetector:
        """A trained component from a model archive."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, RedFlagModel.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model; every other example of an intent is a message without a warning."""
        harmless = [example for example in training_data.intent_examples if example.get(TEXT)][
            ::HARMLESS_STEP
        ]
        self._model = RedFlagModel.fit(
            [example.get(TEXT) for example in harmless],
            general_part(sentence_vectors(harmless)),
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add to `red_flags` of each message that has a text."""
        if self._model is None:
            raise RasaException("The red-flag detector has not been trained.")
        for message in messages:
            if message.features:
                self._read(self._model, message)
        return messages

    def _read(self, model: RedFlagModel, message: Message) -> None:
        texts = [text_of(message), *message.get(PARTS)]
        vectors = sentence_vectors([message])
        if message.get(PARTS):
            vectors = np.vstack([vectors, message.get(PART_VECTORS)])
        by_rules = message.get(RED_FLAGS)
        tuned = tuned_encoder().tiers(texts)
        found = model.read(texts, general_part(vectors), tuned, by_rules["locale"])
        believed, flags = _believed(by_rules, found, texts[0])
        tier = stricter(believed, found.tier)
        if tier != believed:
            flags.insert(0, f"{LIKE}{found.like}")
        message.set(
            RED_FLAGS,
            {
                **by_rules,
                "tier": tier,
                "flags": flags,
                "informational": by_rules["informational"] and tier == NONE,
                "by_rules": by_rules["tier"],
                "by_detector": found.tier,
                "grave": found.grave,
                "warning": found.warning,
            },
            add_to_output=True,
        )


def _believed(by_rules: dict[str, Any], found: Detected, text: str) -> tuple[str, list[str]]:
    """The rules' tier and flags, unless the model is sure that they misread a word ("the sun", "the son").

    A crisis of theirs is always believed, and so is what stands alone ("thunderclap headache").
    """
    tier = by_rules["tier"]
    if len(text.split()) < SHORTEST_PART:
        return tier, list(by_rules["flags"])
    if tier in {EMERGENCY, URGENT} and found.warning < Thresholds.nothing:
        return NONE, []
    if tier == EMERGENCY and found.grave < Thresholds.agreed:
        tier = URGENT
    return tier, list(by_rules["flags"])
