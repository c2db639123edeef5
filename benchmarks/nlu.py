"""`make benchmark-nlu`: our intent model beside stock Rasa's DIET pipeline on public intent sets.

Both are trained and tested in this run on the same files. DIET gets at most `DIET_EXAMPLES` training examples
(the same number of each intent, drawn with seed 0), because more would take it over twenty minutes on two
cores; the table says where that is so.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import yaml

from benchmarks.places import STOCK_PYTHON
from benchmarks.report import machine, write_section
from benchmarks.systems import plain_environment
from engine.encoders import SentenceEncoder, general_encoder
from engine.intent_classifier import Understanding
from evaluation.metrics import auroc, rejected_at_kept

OUTSIDE = ("NO_NODES_DETECTED", "oos")
DIET_EXAMPLES = 800
SHOTS = 10
STOCK_CONFIG = Path(__file__).parent / "stock_config.yml"
MARK = "nlu"
HEADER = (
    "| set | system | trained on | seconds | accuracy | AUROC | rejected at 95 % kept |",
    "|" + " --- |" * 7,
)

Example = tuple[str, str]


@dataclass(frozen=True)
class Benchmark:
    """A public set: (text, intent) to train on and to test with; `OUTSIDE` intents are never trained."""

    name: str
    train: list[Example]
    test: list[Example]


@dataclass(frozen=True)
class Score:
    """In-scope accuracy; AUROC and rejection at 95 % kept where the set has out-of-scope messages."""

    examples: int
    seconds: float
    accuracy: float
    auroc: float | None
    rejected: float | None


def benchmarks(folder: Path) -> Iterator[Benchmark]:
    """The sets in `folder`, smallest first."""
    for name in ("sofmattress", "curekart", "powerplay11"):
        rows = _read(folder / "hint3" / f"{name}_v1.csv")
        yield Benchmark(f"HINT3 v1 {name}", _split(rows, "train"), _split(rows, "test"))
    banking = _read(folder / "banking77" / "full.csv")
    train, test = _split(banking, "train"), _split(banking, "test")
    yield Benchmark("BANKING77, 10 examples an intent", _drawn(train, SHOTS), test)
    yield Benchmark("BANKING77", train, test)
    rows = _read(folder / "hwu64" / "fold1.csv")
    yield Benchmark("HWU64, fold 1", _split(rows, "train"), _split(rows, "test"))
    rows = _read(folder / "clinc150" / "full.csv")
    yield Benchmark("CLINC150", _split(rows, "train"), [*_split(rows, "test"), *_split(rows, "oos_test")])


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _split(rows: Sequence[dict[str, str]], split: str) -> list[Example]:
    found = [(row["text"], row["intent"]) for row in rows if row["split"] == split]
    return [x for x in found if x[1] not in OUTSIDE] if split == "train" else found


def _drawn(examples: Sequence[Example], of_each: int) -> list[Example]:
    """At most `of_each` examples of each intent, drawn with seed 0."""
    random = np.random.RandomState(0)
    by_intent: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_intent[example[1]].append(example)
    return [
        by_intent[intent][place]
        for intent in sorted(by_intent)
        for place in random.permutation(len(by_intent[intent]))[:of_each]
    ]


def _score(benchmark: Benchmark, found: Sequence[tuple[str, float]], examples: int, seconds: float) -> Score:
    """Score (intent, confidence of being in scope) of each test message."""
    pairs = list(zip(benchmark.test, found, strict=True))
    inside = [score for (_, truth), (_, score) in pairs if truth not in OUTSIDE]
    outside = [score for (_, truth), (_, score) in pairs if truth in OUTSIDE]
    right = [truth == intent for (_, truth), (intent, _) in pairs if truth not in OUTSIDE]
    return Score(
        examples=examples,
        seconds=seconds,
        accuracy=sum(right) / len(right),
        auroc=auroc(inside, outside) if outside else None,
        rejected=rejected_at_kept(inside, outside) if outside else None,
    )


def ours(benchmark: Benchmark, encoder: SentenceEncoder) -> Score:
    """Our general encoders, classifier and certainty, as the assistant has them."""
    texts, intents = zip(*benchmark.train, strict=True)
    started = time.monotonic()
    model = Understanding.fit(texts, intents, encoder.encode(list(texts)))
    seconds = time.monotonic() - started
    test = [text for text, _ in benchmark.test]
    found = [
        (prediction.ranking[0][0], certainty)
        for prediction, _, certainty in model.of(test, encoder.encode(test))
    ]
    return _score(benchmark, found, len(texts), seconds)


def stock(benchmark: Benchmark, folder: Path) -> Score:
    """Rasa's default pipeline; its confidence says how far a message is in scope."""
    intents = {intent for _, intent in benchmark.train}
    train = benchmark.train
    if len(train) > DIET_EXAMPLES:
        train = _drawn(train, DIET_EXAMPLES // len(intents))
    by_intent: dict[str, list[str]] = defaultdict(list)
    for text, intent in train:
        by_intent[intent].append(" ".join(text.translate(str.maketrans("[]{}", "    ")).split()))
    data = {
        "version": "3.1",
        "nlu": [
            {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
            for intent, texts in by_intent.items()
        ],
    }
    (folder / "nlu.yml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    command = [
        *(str(STOCK_PYTHON), "-m", "rasa", "train", "nlu", "--fixed-model-name", "stock"),
        *("--config", str(STOCK_CONFIG), "--nlu", str(folder / "nlu.yml"), "--out", str(folder)),
    ]
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, cwd=folder, env=plain_environment())
    seconds = time.monotonic() - started
    command = [str(STOCK_PYTHON), str(Path(__file__).parent / "stock_parse.py"), str(folder / "stock.tar.gz")]
    texts = json.dumps([text for text, _ in benchmark.test])
    done = subprocess.run(
        command, check=True, input=texts, stdout=subprocess.PIPE, text=True, env=plain_environment()
    )
    found = [(name, confidence) for name, confidence in json.loads(done.stdout.splitlines()[-1])]
    return _score(benchmark, found, len(train), seconds)


def main(folder: Path) -> None:
    """Run all sets, ours first, which takes minutes; every row goes into benchmarks/README.md at once."""
    # The tuned encoder knows one clinic's field and has no place here.
    encoder = general_encoder()
    sets = list(benchmarks(folder))
    rows: dict[tuple[int, int], str] = {}

    def told(of: int, system: int, name: str, score: Score) -> None:
        rows[of, system] = _row(sets[of], name, score)
        print(rows[of, system], flush=True)
        write_section(MARK, "\n".join([machine(), "", *HEADER, *(rows[key] for key in sorted(rows))]))

    for of, benchmark in enumerate(sets):
        told(of, 0, "Frontdesk", ours(benchmark, encoder))
    for of, benchmark in enumerate(sets):
        with TemporaryDirectory(prefix="frontdesk-benchmark-") as place:
            told(of, 1, "stock Rasa (DIET)", stock(benchmark, Path(place)))


def _row(benchmark: Benchmark, name: str, score: Score) -> str:
    part = "" if score.examples == len(benchmark.train) else " (part)"
    rest = [f"{value:.3f}" if value is not None else "" for value in (score.auroc, score.rejected)]
    return (
        f"| {benchmark.name} | {name} | {score.examples}{part} | {score.seconds:.0f} | "
        f"{score.accuracy:.3f} | {' | '.join(rest)} |"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
