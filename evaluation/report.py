"""The report on the labelled sets: numbers from one run, nothing tuned on it."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from evaluation import leakage, metrics, noise, pictures, sets
from evaluation.nlu import Nlu
from evaluation.runner import Line, engine, run_dialogues
from evaluation.sets import Dialogue, Labelled
from knowledge.topics import ASKABLE_TOPICS, TALK_TOPICS
from red_flags import TIERS

HERE = Path(__file__).parent
REPORT = HERE / "README.md"
MARK = "<!-- report: written by `make evaluate` -->"
OUT_OF_SCOPE = "out_of_scope"
PERSONAL = "personal_medical_advice"
GRAVE = ("emergency", "crisis")
ANSWERS = ("answer", "form", "handoff")
CONFUSIONS = 15
TYPOS = (0, 1, 2, 3)
NOISE_MESSAGES = 600
NOISE_SEEDS = 3


@dataclass(frozen=True)
class Answered:
    """A labelled message and what it got."""

    label: Labelled
    line: Line

    @property
    def topic(self) -> str:
        """The one expected topic; empty if there is none or more than one."""
        return self.label.topics[0] if len(self.label.topics) == 1 else ""

    @property
    def gets_an_answer(self) -> bool:
        """Whether a topic's answer was given or acted on."""
        return self.line["decision"] in ANSWERS

    @property
    def is_answered(self) -> bool:
        """Whether the right topic was answered or acted on (not only offered)."""
        return self.gets_an_answer and self.topic in self.line["topics"]

    @property
    def is_offered(self) -> bool:
        """Whether the right topic was answered, or offered as one of those meant."""
        return self.line["decision"] != "decline" and self.topic in self.line["topics"]

    @property
    def first(self) -> str:
        """The classifier's first intent."""
        return str(self.line["ranking"][0]["intent"]) if self.line["ranking"] else ""

    @property
    def score(self) -> float:
        """How far the message is taken to be in scope: the certainty, negative when it is taken to be out."""
        sign = -1 if self.first == OUT_OF_SCOPE else 1
        return float(sign * self.line["confidence"])


async def write_report(split: str) -> str:
    """Run the sets of `split`; the test report goes under the mark in README.md, with its pictures."""
    names = [*sets.TOPICS[split], *sets.WARNINGS[split], *sets.HARMLESS[split], f"questions_{split}"]
    loaded = {name: sets.load(name) for name in names}
    dialogues = sets.load_dialogues(split)
    texts = [[label.text] for name in names for label in loaded[name]]
    async with engine() as stack:
        lines = await run_dialogues(stack, [*texts, *(dialogue.texts for dialogue in dialogues)], "web")
    singles = iter(lines[: len(texts)])
    got = {name: [Answered(label, next(singles)[0]) for label in loaded[name]] for name in names}
    parts = [f"# Results on the {split} sets"]
    for name in sets.TOPICS[split]:
        parts += topics_section(name, got[name])
    parts += warnings_section([x for name in sets.WARNINGS[split] for x in got[name]])
    plain = [x for name in sets.TOPICS[split] for x in got[name] if x.label.tier == "none"]
    parts += false_alarms_section([x for name in sets.HARMLESS[split] for x in got[name]], plain)
    parts += questions_section(got[f"questions_{split}"])
    parts += dialogues_section(dialogues, lines[len(texts) :])
    nlu = await Nlu.load()
    parts += await noise_section(nlu, loaded[sets.TOPICS[split][0]], loaded[sets.WARNINGS[split][0]], split)
    parts += await asyncio.to_thread(leakage.section, loaded)
    text = "\n".join(parts) + "\n"
    if split == "test":
        kept = REPORT.read_text(encoding="utf-8").split(MARK)[0]
        REPORT.write_text(f"{kept}{MARK}\n\n{text}", encoding="utf-8")
    return text


def table(*header: str) -> list[str]:
    """The first two lines of a Markdown table."""
    return ["", f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]


def share(what: str, count: int, total: int) -> str:
    """A table row: a proportion with its interval."""
    if not total:
        return f"| {what} | 0 of 0 | | |"
    low, high = metrics.wilson(count, total)
    return f"| {what} | {count} of {total} | {count / total:.1%} | {low:.1%} to {high:.1%} |"


def topics_section(name: str, got: Sequence[Answered]) -> list[str]:
    """Accuracy by topic, what out-of-scope messages got, ranking, calibration and confusions."""
    single = [x for x in got if x.topic and x.label.tier == "none"]
    asked = [x for x in single if x.topic in ASKABLE_TOPICS]
    outside = [x for x in single if x.topic == OUT_OF_SCOPE]
    personal = [x for x in single if x.topic == PERSONAL]
    talk = [x for x in single if x.topic in TALK_TOPICS]
    ranked = [x for x in single if x.first]
    parts = [f"## Topics: `{name}`", *table("what", "messages", "share", "95 % interval")]
    parts += [
        share("topic questions: right topic answered", sum(x.is_answered for x in asked), len(asked)),
        share(
            "topic questions: answered, or offered as one of three",
            sum(x.is_offered for x in asked),
            len(asked),
        ),
        share(
            "topic questions: another topic answered",
            sum(x.gets_an_answer and not x.is_answered for x in asked),
            len(asked),
        ),
        share(
            "out-of-scope messages that got a topic's answer",
            sum(x.gets_an_answer for x in outside),
            len(outside),
        ),
        share(
            "personal medical questions that got an article's answer",
            sum(x.gets_an_answer for x in personal),
            len(personal),
        ),
        share(
            "small talk understood",
            sum(x.line["decision"] == "smalltalk" and x.line["intent"] == x.topic for x in talk),
            len(talk),
        ),
    ]
    truth, first = [x.topic for x in ranked], [x.first for x in ranked]
    right = [a == b for a, b in zip(truth, first, strict=True)]
    confidences = [x.line["ranking"][0]["confidence"] for x in ranked]
    low, high = metrics.bootstrap_macro_f1(truth, first)
    inside, out = [x.score for x in asked if x.first], [x.score for x in outside if x.first]
    error, bins = metrics.reliability(confidences, right)
    pictures.reliability(bins, f"reliability-{name}")
    pictures.risk_coverage(
        metrics.risk_coverage([x.line["confidence"] for x in ranked], right), f"risk-{name}"
    )
    in_first_three = [x.topic in [row["intent"] for row in x.line["ranking"][:3]] for x in ranked]
    parts += table("the classifier alone", "value")
    parts += [
        f"| accuracy over all labels | {sum(right) / len(right):.3f} |",
        f"| macro-F1 (95 % interval) | {metrics.macro_f1(truth, first):.3f} ({low:.3f} to {high:.3f}) |",
        f"| right label among the first three | {sum(in_first_three) / len(right):.3f} |",
        f"| out-of-scope AUROC | {metrics.auroc(inside, out):.3f} |",
        f"| out of scope rejected, 95 % of questions kept | {metrics.rejected_at_kept(inside, out):.1%} |",
        f"| expected calibration error, 15 bins | {error:.3f} |",
        "",
        f"![Reliability](pictures/reliability-{name}.svg) ![Risk and coverage](pictures/risk-{name}.svg)",
    ]
    parts += table("topic", "messages", "answered", "answered or offered")
    for topic in ASKABLE_TOPICS:
        if mine := [x for x in asked if x.topic == topic]:
            answered = sum(x.is_answered for x in mine) / len(mine)
            offered = sum(x.is_offered for x in mine) / len(mine)
            parts.append(f"| `{topic}` | {len(mine)} | {answered:.0%} | {offered:.0%} |")
    wrong = Counter(
        (x.topic, x.line["topics"][0])
        for x in single
        if x.gets_an_answer and not x.is_answered and x.line["topics"]
    )
    parts += ["", "Most frequent wrong answers:", *table("expected", "answered", "messages")]
    parts += [f"| `{a}` | `{b}` | {count} |" for (a, b), count in wrong.most_common(CONFUSIONS)]
    return [*parts, ""]


def warnings_section(got: Sequence[Answered]) -> list[str]:
    """Which warnings were given, by tier, by flag, and by who found them."""
    grave = [x for x in got if x.label.tier in GRAVE]
    urgent = [x for x in got if x.label.tier == "urgent"]

    def caught(messages: Sequence[Answered], least: str, by: str | None = None) -> int:
        tiers = (x.line["read_by"][by] if by else x.line["tier"] for x in messages)
        return sum(TIERS.index(tier) >= TIERS.index(least) for tier in tiers)

    parts = ["## Warnings", *table("what", "messages", "share", "95 % interval")]
    parts += [
        share("emergencies and crises: emergency or crisis", caught(grave, "emergency"), len(grave)),
        share("emergencies and crises: at least urgent", caught(grave, "urgent"), len(grave)),
        share(
            "crises: crisis",
            sum(x.line["tier"] == "crisis" for x in grave if x.label.tier == "crisis"),
            sum(x.label.tier == "crisis" for x in grave),
        ),
        share("urgent messages: urgent or higher", caught(urgent, "urgent"), len(urgent)),
        share("by the rules alone: emergencies and crises", caught(grave, "emergency", "rules"), len(grave)),
        share(
            "by the detector alone: emergencies and crises",
            caught(grave, "emergency", "detector"),
            len(grave),
        ),
        share("by the rules alone: urgent", caught(urgent, "urgent", "rules"), len(urgent)),
        share("by the detector alone: urgent", caught(urgent, "urgent", "detector"), len(urgent)),
    ]
    parts += table("flag", "tier", "messages", "warned at its tier or higher", "exact lower bound (95 %)")
    by_flag: dict[tuple[str, str], list[Answered]] = defaultdict(list)
    for x in [*grave, *urgent]:
        if x.label.flag:
            by_flag[x.label.flag, x.label.tier].append(x)
    for (flag, tier), mine in sorted(by_flag.items()):
        count = caught(mine, "emergency" if tier in GRAVE else "urgent")
        bound = metrics.clopper_pearson_low(count, len(mine))
        parts.append(f"| `{flag}` | {tier} | {len(mine)} | {count} | {bound:.0%} |")
    return [*parts, ""]


def false_alarms_section(harmless: Sequence[Answered], plain: Sequence[Answered]) -> list[str]:
    """Warnings on messages that call for none."""

    def alarms(messages: Sequence[Answered], tiers: Sequence[str]) -> int:
        return sum(x.line["tier"] in tiers for x in messages)

    parts = ["## False alarms", *table("what", "messages", "share", "95 % interval")]
    parts += [
        share("hard negatives read as emergency or crisis", alarms(harmless, GRAVE), len(harmless)),
        share("hard negatives read as urgent", alarms(harmless, ["urgent"]), len(harmless)),
        share("plain topic messages read as emergency or crisis", alarms(plain, GRAVE), len(plain)),
        share("plain topic messages read as urgent", alarms(plain, ["urgent"]), len(plain)),
    ]
    parts += table("kind of hard negative", "messages", "emergency or crisis", "urgent")
    for kind in sorted({x.label.kind for x in harmless}):
        mine = [x for x in harmless if x.label.kind == kind]
        parts.append(f"| {kind} | {len(mine)} | {alarms(mine, GRAVE)} | {alarms(mine, ['urgent'])} |")
    return [*parts, ""]


def questions_section(got: Sequence[Answered]) -> list[str]:
    """Messages with more than one question, and messages that only look so."""
    several = [x for x in got if len(x.label.topics) > 1]
    one = [x for x in got if len(x.label.topics) == 1]
    reached = [set(x.label.topics) & _reached(x.line) for x in several]
    parts = ["## More than one question", *table("what", "messages", "share", "95 % interval")]
    parts += [
        share("two questions: both answered or acted on", sum(len(r) >= 2 for r in reached), len(several)),
        share("two questions: at least one", sum(len(r) >= 1 for r in reached), len(several)),
        share(
            "two questions: a topic that nobody asked about",
            sum(bool(set(x.line["topics"]) - set(x.label.topics)) and x.gets_an_answer for x in several),
            len(several),
        ),
        share(
            "one question in a long message: only that answered",
            sum(x.line["topics"] == list(x.label.topics) and x.gets_an_answer for x in one),
            len(one),
        ),
    ]
    return [*parts, ""]


def _reached(line: Line) -> set[str]:
    reached = set(line["topics"]) if line["decision"] in ANSWERS else set()
    return reached | ({PERSONAL} if line["intent"] == PERSONAL else set())


def dialogues_section(dialogues: Sequence[Dialogue], lines: Sequence[Sequence[Line]]) -> list[str]:
    """Follow-ups, changes of topic, repeated questions and small talk within conversations."""
    right: dict[str, list[bool]] = defaultdict(list)
    for dialogue, turns in zip(dialogues, lines, strict=True):
        for place, (expected, line) in enumerate(zip(dialogue.expected, turns, strict=True)):
            kind = (
                "first"
                if place == 0
                else next(k for k in ("about", "topic", "repeat", "talk") if k in expected)
            )
            right[kind].append(_as_expected(expected, line))
    names = {
        "first": "first question answered",
        "about": "follow-up: answered about the right topic, or told that it is not published",
        "topic": "change of topic answered",
        "repeat": "repeated question recognised",
        "talk": "small talk understood",
    }
    parts = [
        f"## Follow-ups: {len(dialogues)} dialogues",
        *table("what", "messages", "share", "95 % interval"),
    ]
    parts += [share(names[kind], sum(right[kind]), len(right[kind])) for kind in names]
    return [*parts, ""]


def _as_expected(expected: dict[str, str], line: Line) -> bool:
    if "about" in expected:
        right = line["detail"] == expected.get("detail", line["detail"])
        return bool(line["detail"] and right and line["about"] == expected["about"])
    if "talk" in expected:
        return bool(line["decision"] == "smalltalk")
    return (expected.get("topic") or expected["repeat"]) in _reached(line)


async def noise_section(
    nlu: Nlu, topics: Sequence[Labelled], warnings: Sequence[Labelled], split: str
) -> list[str]:
    """What typing errors cost."""
    sample = [x for x in topics if len(x.topics) == 1 and x.tier == "none"][
        :: max(1, len(topics) // NOISE_MESSAGES)
    ]
    clean = {x.id: await nlu.tier(x.text) for x in warnings}
    grave = [x for x in warnings if x.tier in GRAVE and clean[x.id] in GRAVE]
    rows, curve = [], []
    for count in TYPOS:
        scores, lost = [], 0
        seeds = range(NOISE_SEEDS if count else 1)
        for seed in seeds:

            def noisy(x: Labelled) -> str:
                return noise.with_typos(x.text, count, f"{x.id}:{seed}")  # noqa: B023

            first = [await nlu.first_intent(noisy(x)) for x in sample]
            scores.append(metrics.macro_f1([x.topics[0] for x in sample], first))
            lost += sum([await nlu.tier(noisy(x)) not in GRAVE for x in grave])
        score, read = mean(scores), len(grave) * len(seeds)
        curve.append((count, score, 1 - lost / read))
        rows.append(f"| {count} | {score:.3f} | {(curve[0][1] - score) * 100:.1f} | {lost} of {read} |")
    pictures.noise(curve, f"noise-{split}")
    return [
        f"## Typing errors (mean of {NOISE_SEEDS} seeds)",
        *table(
            "errors a message",
            f"macro-F1 ({len(sample)} messages)",
            "points lost",
            "emergencies and crises lost",
        ),
        *rows,
        "",
        f"![Noise](pictures/noise-{split}.svg)",
        "",
    ]
