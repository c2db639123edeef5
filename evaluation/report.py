"""The report on the labelled messages: numbers from one run, nothing tuned on it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Any

from evaluation.runner import LabelledMessage
from knowledge.topics import ASKABLE_TOPICS, TALK_TOPICS

OUT_OF_SCOPE = "out_of_scope"
PERSONAL = "personal_medical_advice"
CONFUSIONS = 15


def wilson(successes: int, total: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a proportion."""
    if not total:
        return 0.0, 1.0
    z = 1.959964
    p = successes / total
    middle = p + z * z / (2 * total)
    spread = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return (middle - spread) / scale, (middle + spread) / scale


def is_answered(line: dict[str, Any], topic: str) -> bool:
    """Whether the topic was answered or acted on (not only offered)."""
    return topic in line["topics"] and line["decision"] in ("answer", "form", "handoff")


def is_offered(line: dict[str, Any], topic: str) -> bool:
    """Whether the topic was answered, or offered as one of those meant."""
    return topic in line["topics"] and line["decision"] != "decline"


def gets_an_answer(line: dict[str, Any]) -> bool:
    """Whether a topic's answer was given."""
    return line["decision"] in ("answer", "form", "handoff")


def report(title: str, messages: list[LabelledMessage], lines: list[dict[str, Any]]) -> str:
    """A Markdown section with accuracy by topic, confusions and what out-of-scope messages got."""
    expected = {message.id: message.labels["topic"] for message in messages}
    by_topic: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        by_topic[expected[line["id"]]].append(line)
    asked = [(expected[x["id"]], x) for x in lines if expected[x["id"]] in ASKABLE_TOPICS]
    out = by_topic[OUT_OF_SCOPE]
    personal = by_topic[PERSONAL]
    talk = [(expected[x["id"]], x) for x in lines if expected[x["id"]] in TALK_TOPICS]
    rows = [
        ("topic questions: right topic answered", sum(is_answered(x, t) for t, x in asked), len(asked)),
        (
            "topic questions: right topic answered or offered",
            sum(is_offered(x, t) for t, x in asked),
            len(asked),
        ),
        (
            "topic questions: another topic answered",
            sum(gets_an_answer(x) and t not in x["topics"] for t, x in asked),
            len(asked),
        ),
        ("out-of-scope messages that got a topic's answer", sum(map(gets_an_answer, out)), len(out)),
        (
            "personal medical questions that got a topic's answer",
            sum(map(gets_an_answer, personal)),
            len(personal),
        ),
        (
            "small talk understood",
            sum(x["decision"] == "smalltalk" and x["intent"] == t for t, x in talk),
            len(talk),
        ),
        (
            "messages read as emergency or crisis (the set has none)",
            sum(x["tier"] in ("emergency", "crisis") for x in lines),
            len(lines),
        ),
    ]
    parts = [f"## {title}", "", "| what | messages | share | 95 % interval |", "| --- | --- | --- | --- |"]
    for what, count, total in rows:
        low, high = wilson(count, total)
        share = count / total if total else 0.0
        parts.append(f"| {what} | {count} of {total} | {share:.1%} | {low:.1%} to {high:.1%} |")
    parts += ["", "### By topic", "", "| topic | messages | answered | answered or offered |"]
    parts.append("| --- | --- | --- | --- |")
    for topic in ASKABLE_TOPICS:
        got = by_topic[topic]
        if got:
            answered = sum(is_answered(x, topic) for x in got) / len(got)
            offered = sum(is_offered(x, topic) for x in got) / len(got)
            parts.append(f"| `{topic}` | {len(got)} | {answered:.0%} | {offered:.0%} |")
    confusions = Counter(
        (expected[x["id"]], x["topics"][0] if x["topics"] else x["decision"])
        for x in lines
        if gets_an_answer(x) and expected[x["id"]] not in x["topics"]
    )
    parts += ["", "### Most frequent wrong answers", "", "| expected | answered | messages |"]
    parts.append("| --- | --- | --- |")
    for (wanted, got_), count in confusions.most_common(CONFUSIONS):
        parts.append(f"| `{wanted}` | `{got_}` | {count} |")
    decisions = Counter(x["decision"] for x in out)
    parts += ["", "### What out-of-scope messages got", "", "| decision | messages |", "| --- | --- |"]
    parts += [f"| {decision} | {count} |" for decision, count in decisions.most_common()]
    return "\n".join(parts) + "\n"
