"""The labelled sets; evaluation/sets/README.md says how each was made."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "sets"

# Names of the files of each split; the validation sets serve to choose, the test sets to report.
TOPICS = {
    "validation": ["topics_validation", "topics_second_validation"],
    "test": ["topics_test", "topics_second_test", "topics_third_test", "topics_spanish_test"],
}
WARNINGS = {"validation": ["warnings_validation"], "test": ["warnings_test"]}
HARMLESS = {"validation": ["harmless_validation"], "test": ["harmless_test"]}


@dataclass(frozen=True)
class Labelled:
    """One message with its labels.

    Attributes:
        topics: ids that a right answer may have, in the order of the message; empty for warnings.
        tier: the tier of what it describes.
        flag: the red flag that it was written for, else empty.
        kind: the writing style, or what makes a harmless message look alarming.
    """

    id: str
    text: str
    topics: tuple[str, ...]
    tier: str
    flag: str
    kind: str


@dataclass(frozen=True)
class Dialogue:
    """Patient's messages of one conversation, each with what is expected of its answer.

    An expectation has one of these: `topic`; `about` (a topic), perhaps with its `detail`; `repeat` (a
    topic); `talk`.
    """

    id: str
    texts: tuple[str, ...]
    expected: tuple[dict[str, str], ...]


def load(name: str) -> list[Labelled]:
    """Read one CSV file of the sets."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [
            Labelled(
                id=row["id"],
                text=row["text"],
                topics=tuple(filter(None, (row.get("topics") or row.get("topic") or "").split("|"))),
                tier=row.get("tier") or "none",
                flag=row.get("flag") or "",
                kind=row.get("kind") or row.get("style") or "",
            )
            for row in csv.DictReader(file)
        ]


def load_dialogues(split: str) -> list[Dialogue]:
    """Read the dialogues of one split."""
    lines = (FOLDER / f"dialogues_{split}.jsonl").read_text(encoding="utf-8").splitlines()
    return [_dialogue(json.loads(line)) for line in lines]


def _dialogue(raw: dict[str, Any]) -> Dialogue:
    turns: Sequence[dict[str, Any]] = raw["turns"]
    return Dialogue(raw["id"], tuple(t["text"] for t in turns), tuple(t["expect"] for t in turns))
