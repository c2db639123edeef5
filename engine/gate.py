"""The gate between understanding and answering: safety first, then sure, unsure or unknown.

`decide` is a pure function of what was understood; `Gate` is its Rasa component. Rules and stories see the
outcome as the message's intent: the topic itself when sure, `unclear` when one of a few topics may be meant,
`follow_up` for a question about the last answer, `out_of_scope` when nothing fits, `red_flag` when the
red-flag reader found something. What a message asks beside that stands in `topics` of the parsed message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message

from engine.context import context_of
from engine.follow_ups import FOLLOW_UP_READ, FollowUpClassifier
from engine.intent_classifier import CERTAINTY, PART_PREDICTIONS, IntentClassifier
from engine.red_flag_reader import RED_FLAGS
from engine.sentence_featurizer import PARTS
from knowledge.topics import ASKABLE_TOPICS, CLINIC_TOPICS

UNCLEAR = "unclear"
OUT_OF_SCOPE = "out_of_scope"
PERSONAL = "personal_medical_advice"
FOLLOW_UP = "follow_up"
RED_FLAG = "red_flag"
CANDIDATES = "candidates"
TOPICS_ASKED = "topics"
DETAIL = "detail"
OFFERED = 3

# A part of a longer message asks something when it is a question or a wish, not when it tells a story.
_LEADS = (
    "hi|hello|hey|so|ok|okay|also|and|n|then|well|oh|please|pls|anyway|basically|just|first|second|secondly|"
    "my question is|question|i was wondering|wondering|curious|do you know"
)
_REQUESTS = (
    "what|whats|where|wheres|when|who|whos|how|hows|why|which|do|does|did|is|are|r|was|can|could|will|would|"
    "should|may|any|i(?: just| also| really)? (?:want|need|wanna|would like|'d like|wonder|wish|am looking|"
    "am trying)|i'd like|id like|im looking|i'm looking|looking for|need|want|book|schedule|cancel|"
    "reschedule|move|tell me|explain|send|give me|let me|interested|wondering|if you|whether"
)
_ASKS = re.compile(rf"\?|^\W*(?:{_LEADS})?[\s,:]*(?:{_REQUESTS})\b", re.I)
FEW_WORDS = 4


@dataclass(frozen=True)
class Thresholds:
    """When the gate trusts the classifier; chosen on validation messages (docs/decisions/0006).

    Attributes:
        sure: certainty from which the first intent is taken as meant.
        sure_refusal: the same for a message out of scope or for personal advice; below it, topics are offered
            all the same, because a question that is turned away costs more than one that is asked back.
        unsure: certainty from which the most probable topics are offered; below it, nothing is.
        offered: least probability of a topic that is offered.
        sure_part: certainty from which a part of a longer message is taken as a question of its own.
        follow_up: probability from which a message is about the last answer, whatever else it may be.
        maybe_follow_up: the same for a message that is not surely anything else.
    """

    sure: float = 0.32
    sure_refusal: float = 0.4
    unsure: float = 0.02
    offered: float = 0.02
    sure_part: float = 0.4
    follow_up: float = 0.9
    maybe_follow_up: float = 0.4


@dataclass(frozen=True)
class Understood:
    """A text with what the classifier made of it.

    Attributes:
        ranking: (intent, probability), most probable first.
        certainty: how far to trust the first of them, from 0 to 1.
    """

    text: str
    ranking: list[tuple[str, float]]
    certainty: float


@dataclass(frozen=True)
class Verdict:
    """The outcome for one message.

    Attributes:
        intent: what rules and stories see.
        certainty: from 0 to 1.
        candidates: topics to offer when the intent is `unclear`.
        topics: everything that is asked, in the order of the message; empty if nothing that has a topic.
        detail: key of the follow-up question when the intent is `follow_up`.
    """

    intent: str
    certainty: float
    candidates: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    detail: str | None = None


def decide(
    message: Understood,
    parts: Sequence[Understood] = (),
    last_topic: str | None = None,
    follow_up: tuple[str, float] | None = None,
    thresholds: Thresholds = Thresholds(),
) -> Verdict:
    """Decide between answering, asking and declining.

    Args:
        message: the whole message.
        parts: its parts, if it has several.
        last_topic: the topic of the conversation's last answer.
        follow_up: the kind of question about it that the message may be, and how probably it is one.
        thresholds: when to trust the ranking.
    """
    whole = _decide_alone(message, thresholds)
    if last_topic and follow_up:
        detail, probability = follow_up
        alone = whole.intent not in (UNCLEAR, OUT_OF_SCOPE)
        if probability >= (thresholds.follow_up if alone else thresholds.maybe_follow_up):
            return Verdict(FOLLOW_UP, probability, topics=[last_topic], detail=detail)
    asked = _asked_by_parts(parts, thresholds)
    if whole.intent == PERSONAL or (
        whole.intent not in ASKABLE_TOPICS and _asks_for_advice(parts, thresholds)
    ):
        # What the clinic can do is still answered: "should I stop my pills? and can I come Thursday?"
        return Verdict(
            PERSONAL, whole.certainty, topics=[PERSONAL, *(t for t in asked if t in CLINIC_TOPICS)]
        )
    if whole.intent in ASKABLE_TOPICS and whole.intent not in asked:
        asked = [whole.intent, *asked] if _first_of(parts, whole.intent) else [*asked, whole.intent]
        if len(asked) > 1 and not _told_by_a_part(parts, whole.intent, thresholds):
            asked = [whole.intent]
    if len(asked) > 1 or (whole.intent == UNCLEAR and asked):
        return Verdict(asked[0], max(whole.certainty, thresholds.sure), topics=asked)
    return _with_topics(whole, [whole.intent] if whole.intent in ASKABLE_TOPICS else [])


def _with_topics(verdict: Verdict, topics: list[str]) -> Verdict:
    return Verdict(verdict.intent, verdict.certainty, verdict.candidates, topics)


def _decide_alone(message: Understood, thresholds: Thresholds) -> Verdict:
    first, _ = message.ranking[0]
    trust = message.certainty
    refused = first in (OUT_OF_SCOPE, PERSONAL)
    if trust >= (thresholds.sure_refusal if refused else thresholds.sure):
        return Verdict(first, trust)
    candidates = [
        intent for intent, p in message.ranking if intent in ASKABLE_TOPICS and p >= thresholds.offered
    ]
    if trust < thresholds.unsure or not candidates:
        return Verdict(PERSONAL if first == PERSONAL else OUT_OF_SCOPE, trust)
    return Verdict(UNCLEAR, trust, candidates[:OFFERED])


def _asked_by_parts(parts: Sequence[Understood], thresholds: Thresholds) -> list[str]:
    """The topics that parts of the message ask about beyond doubt, each once."""
    asked = [
        part.ranking[0][0]
        for part in parts
        if part.ranking[0][0] in ASKABLE_TOPICS and part.certainty >= thresholds.sure_part and _asks(part)
    ]
    return list(dict.fromkeys(asked))


def _asks(part: Understood) -> bool:
    """Whether a part wants something: "I have to move my 2pm" does, "my migraines began in 2019" does not."""
    business = part.ranking[0][0] in CLINIC_TOPICS
    return business or len(part.text.split()) <= FEW_WORDS or bool(_ASKS.search(part.text))


def _asks_for_advice(parts: Sequence[Understood], thresholds: Thresholds) -> bool:
    return any(
        part.ranking[0][0] == PERSONAL and part.certainty >= thresholds.sure_part and _asks(part)
        for part in parts
    )


def _told_by_a_part(parts: Sequence[Understood], topic: str, thresholds: Thresholds) -> bool:
    return any(part.ranking[0][0] == topic and part.certainty >= thresholds.unsure for part in parts)


def _first_of(parts: Sequence[Understood], topic: str) -> bool:
    return bool(parts) and parts[0].ranking[0][0] == topic


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Gate(GraphComponent, RasaIntentClassifier):
    """Sets the intent that rules and stories act on; the classifier's ranking stays as it was."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Both classifiers must stand before this component."""
        return [IntentClassifier, FollowUpClassifier]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Gate:
        """Build the component; it has no options."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Replace the intent of each message by the gate's verdict."""
        for message in messages:
            verdict = self._verdict(message)
            message.set(INTENT, {"name": verdict.intent, "confidence": verdict.certainty}, add_to_output=True)
            message.set(CANDIDATES, verdict.candidates, add_to_output=True)
            message.set(TOPICS_ASKED, verdict.topics, add_to_output=True)
            message.set(DETAIL, verdict.detail, add_to_output=True)
        return messages

    def _verdict(self, message: Message) -> Verdict:
        if message.get(RED_FLAGS)["tier"] != "none":
            return Verdict(RED_FLAG, 1.0)
        ranking = [(row["name"], row["confidence"]) for row in message.get(INTENT_RANKING_KEY) or []]
        if not ranking:
            return Verdict(OUT_OF_SCOPE, 0.0)
        parts = [
            Understood(text, *part)
            for text, part in zip(message.get(PARTS) or [], message.get(PART_PREDICTIONS) or [], strict=True)
        ]
        topic = context_of(message.get(METADATA)).topic
        understood = Understood(message.get(TEXT), ranking, message.get(CERTAINTY))
        return decide(understood, parts, topic, message.get(FOLLOW_UP_READ))
