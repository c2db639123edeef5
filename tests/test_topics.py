"""Topics, intents, examples, answers, rules and actions name the same things."""

from collections import Counter
from pathlib import Path

import pytest
import yaml
from rasa_sdk.executor import ActionExecutor

from knowledge import TOPICS, load_knowledge
from knowledge.topics import ARTICLE_TOPICS, RELATED_TOPICS, TALK_TOPICS

ROOT = Path(__file__).resolve().parents[1]
TRAINED = {*TOPICS, *TALK_TOPICS}
NEVER_TRAINED = {"red_flag", "unclear", "inform", "stop_booking", "follow_up"}
LEAST_EXAMPLES = 20
LEAST_OUT_OF_SCOPE = 150


def read(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def examples():
    return {
        block["intent"]: [line[2:] for line in block["examples"].splitlines()]
        for block in read("data/nlu.yml")["nlu"]
    }


@pytest.fixture(scope="module")
def domain():
    return read("domain.yml")


def steps(path, key):
    for rule in read(path)[key]:
        for step in rule["steps"]:
            yield from step.get("or", [step])


def test_every_topic_and_small_talk_has_examples(examples):
    assert set(examples) == TRAINED


def test_every_intent_has_enough_varied_examples(examples):
    counts = {intent: len({text.casefold() for text in texts}) for intent, texts in examples.items()}
    assert {intent: n for intent, n in counts.items() if n < LEAST_EXAMPLES} == {}
    assert counts["out_of_scope"] >= LEAST_OUT_OF_SCOPE


def test_no_example_stands_under_two_intents(examples):
    seen = Counter(" ".join(text.casefold().split()) for texts in examples.values() for text in texts)
    assert [text for text, count in seen.items() if count > 1] == []


def test_the_domain_lists_the_trained_and_the_internal_intents(domain):
    assert set(domain["intents"]) == TRAINED | NEVER_TRAINED


def test_every_intent_of_a_patients_message_leads_somewhere():
    led = {step["intent"] for step in steps("data/rules.yml", "rules") if "intent" in step}
    led |= {step["intent"] for step in steps("data/stories.yml", "stories") if "intent" in step}
    assert led == (TRAINED | NEVER_TRAINED) - {"inform", "stop_booking"}


def test_every_topic_has_an_answer():
    assert set(load_knowledge().entries) == set(TOPICS)


def test_every_article_topic_is_answered_by_the_answer_rule():
    (rule,) = [r for r in read("data/rules.yml")["rules"] if r["rule"].startswith("Answer what")]
    assert {*ARTICLE_TOPICS, *RELATED_TOPICS} <= {step["intent"] for step in rule["steps"][0]["or"]}


def test_the_domain_lists_exactly_the_actions_that_exist(domain):
    executor = ActionExecutor()
    executor.register_package("actions")
    shipped = {
        name for name, run in executor.actions.items() if run.__self__.__module__.startswith("actions.")
    }
    assert set(domain["actions"]) == shipped


@pytest.mark.parametrize("intent", TALK_TOPICS)
def test_small_talk_has_its_response(domain, intent):
    assert f"utter_{intent}" in domain["responses"]


def test_every_slot_of_the_form_can_be_asked(domain):
    asked = {name.removeprefix("utter_ask_") for name in domain["responses"]} | {
        name.removeprefix("action_ask_") for name in domain["actions"]
    }
    assert set(domain["forms"]["booking_form"]["required_slots"]) <= asked
