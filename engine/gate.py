"""The gate between understanding and answering: safety first, then sure, unsure or unknown.

`decide` is a pure function of what was understood; `Gate` is its Rasa component. Rules and stories see the
outcome as the message's intent: the topic itself when sure, `unclear` when one of a few topics may be meant,
`out_of_scope` when none is, `red_flag` when the red-flag reader found something.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message

from engine.intent_classifier import NEAREST, IntentClassifier
from engine.red_flag_reader import RED_FLAGS
from knowledge.topics import ASKABLE_TOPICS, GUARDED_TOPICS

UNCLEAR = "unclear"
OUT_OF_SCOPE = "out_of_scope"
RED_FLAG = "red_flag"
CANDIDATES = "candidates"
OFFERED = 3
NEIGHBOURS_WEIGHT = 0.3


@dataclass(frozen=True)
class Thresholds:
    """When the gate trusts the classifier; chosen on validation messages (docs/decisions/0006).

    Attributes:
        sure: certainty from which the first intent is taken as meant.
        unsure: certainty from which the most probable topics are offered; below it, nothing is.
        offered: least probability of a topic that is offered.
    """

    sure: float = 0.38
    unsure: float = 0.1
    offered: float = 0.05


@dataclass(frozen=True)
class Verdict:
    """The outcome for one message: the intent that rules see, and the topics offered if unclear."""

    intent: str
    certainty: float
    candidates: list[str]


def certainty(intent: str, probability: float, nearest: list[tuple[str, float]]) -> float:
    """How far to trust an intent, from 0 to 1.

    Args:
        intent: the classifier's first choice.
        probability: its calibrated probability.
        nearest: (intent, cosine) of the nearest training examples, closest first. A message that is unlike
            all examples, or whose neighbours have other intents, is trusted less.
    """
    agreeing = sum(neighbour == intent for neighbour, _ in nearest) / len(nearest)
    familiarity = nearest[0][1] + NEIGHBOURS_WEIGHT * (agreeing - 0.5)
    return probability * min(1.0, max(0.0, familiarity))


def decide(
    ranking: list[tuple[str, float]],
    nearest: list[tuple[str, float]],
    thresholds: Thresholds = Thresholds(),
) -> Verdict:
    """Decide between answering, asking and declining.

    Args:
        ranking: (intent, probability), most probable first.
        nearest: (intent, cosine) of the nearest training examples, closest first.
        thresholds: when to trust the ranking.
    """
    first, probability = ranking[0]
    trust = certainty(first, probability, nearest)
    if first == OUT_OF_SCOPE or trust >= thresholds.sure:
        return Verdict(first, trust, [])
    refused = sum(p for intent, p in ranking if intent in GUARDED_TOPICS)
    candidates = [intent for intent, p in ranking if intent in ASKABLE_TOPICS and p >= thresholds.offered][
        :OFFERED
    ]
    if trust < thresholds.unsure or refused > probability or not candidates:
        return Verdict(OUT_OF_SCOPE, trust, [])
    return Verdict(UNCLEAR, trust, candidates)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Gate(GraphComponent, RasaIntentClassifier):
    """Sets the intent that rules and stories act on; the classifier's ranking stays as it was."""

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds

    @classmethod
    def required_components(cls) -> list[type]:
        """The classifier must stand before this component."""
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The thresholds, by name."""
        return asdict(Thresholds())

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Gate:
        """Build the component from config.yml."""
        return cls(Thresholds(**{name: config[name] for name in cls.get_default_config()}))

    def process(self, messages: list[Message]) -> list[Message]:
        """Replace the intent of each message by the gate's verdict."""
        for message in messages:
            verdict = self._verdict(message)
            message.set(INTENT, {"name": verdict.intent, "confidence": verdict.certainty}, add_to_output=True)
            message.set(CANDIDATES, verdict.candidates, add_to_output=True)
        return messages

    def _verdict(self, message: Message) -> Verdict:
        if message.get(RED_FLAGS)["tier"] != "none":
            return Verdict(RED_FLAG, 1.0, [])
        ranking = [(row["name"], row["confidence"]) for row in message.get(INTENT_RANKING_KEY) or []]
        if not ranking:
            return Verdict(OUT_OF_SCOPE, 0.0, [])
        nearest = [(near["intent"], near["similarity"]) for near in message.get(NEAREST)]
        return decide(ranking, nearest, self._thresholds)
