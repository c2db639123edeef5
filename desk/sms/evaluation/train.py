"""`make optout-model`: train the model beside the opt-out rules, and say how good it is.

Runs in the assistant's environment, which has scikit-learn. The same files give the same weights.
Trained on the validation set and `optout_examples.csv`: what people text to end messages and what
only sounds like it, written for this by hand and not collected from patients, without any message
of the validation and test sets. After a change of `plain_words` train again, too.

`--folds` prints figures for messages that the model was not trained on, with near-duplicates kept
in one fold, and trains nothing.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix  # type: ignore[import-not-found, import-untyped, unused-ignore]
from sklearn.linear_model import (  # type: ignore[import-not-found, import-untyped, unused-ignore]
    LogisticRegression,
)

from sms.optout import SURE, by_rules, plain_words, read
from sms.optout_model import HERE, WEIGHTS, OptOutModel, blocks, fingerprint

Numbers = npt.NDArray[np.float64]

LEAST_OFTEN = 2
STRENGTH = 100
LIGHTEST = 0.1
FOLDS = 5
# Two messages are near-duplicates when they share this part of their runs of four letters.
ALIKE = 0.55


def train(
    messages: Sequence[Sequence[str]], stops: Sequence[bool]
) -> tuple[float, dict[str, float]]:
    """The bias and the weights of a balanced logistic regression."""
    found = [blocks(words) for words in messages]
    often = Counter(chain.from_iterable(block for pair in found for block, _ in pair))
    names = sorted(name for name, count in often.items() if count >= LEAST_OFTEN)
    column = {name: place for place, name in enumerate(names)}
    values, rows, columns = [], [], []
    for row, pair in enumerate(found):
        for block, share in pair:
            known = [column[name] for name in sorted(block) if name in column]
            values += [share / math.sqrt(len(known) or 1)] * len(known)
            rows += [row] * len(known)
            columns += known
    table = csr_matrix((values, (rows, columns)), shape=(len(found), len(names)))
    fitted = LogisticRegression(
        C=STRENGTH, class_weight="balanced", solver="liblinear", max_iter=300, random_state=0
    ).fit(table, np.asarray(stops))
    return float(fitted.intercept_[0]), dict(zip(names, map(float, fitted.coef_[0]), strict=False))


def groups(messages: Sequence[Sequence[str]]) -> list[int]:
    """A number for each message; near-duplicates share theirs."""
    runs = []
    for words in messages:
        text = "".join(words)
        runs.append({text[at : at + 4] for at in range(max(1, len(text) - 3))})
    leader = list(range(len(runs)))

    def first(at: int) -> int:
        while leader[at] != at:
            at = leader[at]
        return at

    holders: dict[str, list[int]] = defaultdict(list)
    for at, own in enumerate(runs):
        shared = Counter(other for run in own for other in holders[run])
        for other, count in shared.items():
            if count >= ALIKE * (len(own) + len(runs[other]) - count):
                leader[first(at)] = first(other)
        for run in own:
            holders[run].append(at)
    return [first(at) for at in range(len(runs))]


def held_out(messages: Sequence[Sequence[str]], stops: Sequence[bool]) -> Numbers:
    """For each message the probability that a model gives which was trained on the other folds."""
    fold_of: dict[int, int] = {}
    sizes = [0] * FOLDS
    members = groups(messages)
    for group, size in sorted(Counter(members).items(), key=lambda item: (-item[1], item[0])):
        fold_of[group] = sizes.index(min(sizes))
        sizes[fold_of[group]] += size
    result = np.zeros(len(messages))
    for fold in range(FOLDS):
        own = [fold_of[group] == fold for group in members]
        kept = [at for at, is_own in enumerate(own) if not is_own]
        model = OptOutModel(*train([messages[at] for at in kept], [stops[at] for at in kept]))
        for at, is_own in enumerate(own):
            if is_own:
                result[at] = model.probability(messages[at])
    return result


def report(rows: list[dict[str, str]]) -> str:
    """Figures of rules, model and both on `rows`, by where they come from, on held-out folds."""
    messages = [plain_words(row["text"]) for row in rows]
    likely = held_out(messages, [row["decision"] == "stop" for row in rows])
    lines = [
        f"{'':22}{'recall of stop':>16}{'false stops':>16}{'in doubt: stops':>17}{'others':>9}"
    ]
    for source in dict.fromkeys(row["source"] for row in rows):
        own = [at for at, row in enumerate(rows) if row["source"] == source]
        texts = [rows[at]["text"] for at in own]
        asked = [rows[at]["decision"] == "stop" for at in own]
        both = [read(rows[at]["text"], float(likely[at])) for at in own]
        nobody = [False] * len(own)
        for name, stopped, doubted in (
            ("rules", [by_rules(text) == "stop" for text in texts], nobody),
            ("model", [likely[at] >= SURE for at in own], nobody),
            ("both", [r.decision == "stop" for r in both], [r.doubt for r in both]),
        ):
            shares = [
                sum(hit for hit, is_asked in zip(hits, asked, strict=True) if is_asked == wanted)
                / max(1, asked.count(wanted))
                for hits in (stopped, doubted)
                for wanted in (True, False)
            ]
            lines.append(
                f"{source:14}{name:8}{shares[0]:16.2%}{shares[1]:16.2%}{shares[2]:17.2%}"
                f"{shares[3]:9.2%}"
            )
    return "\n".join(lines)


def write(rows: list[dict[str, str]]) -> None:
    """Train on `rows` and write the weights."""
    bias, weights = train(
        [plain_words(row["text"]) for row in rows], [row["decision"] == "stop" for row in rows]
    )
    kept = {name: round(w, 2) for name, w in weights.items() if abs(w) >= LIGHTEST}
    stored = {"fingerprint": fingerprint(), "bias": round(bias, 3), "weights": kept}
    text = json.dumps(stored, ensure_ascii=False, indent=0, separators=(",", ":"))
    WEIGHTS.write_text(text + "\n", encoding="utf-8")
    print(f"{len(kept)} weights, {len(text.encode()) // 1024} KB")


def load() -> list[dict[str, str]]:
    """The rows to train on, each with its source."""
    rows = []
    for path in (HERE / "evaluation" / "optout_validation.csv", HERE / "optout_examples.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                source = "validation " + row["id"][0] if "id" in row else "examples"
                rows.append({**row, "source": source})
    return rows


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(prog="make optout-model", description=__doc__)
    parser.add_argument("--folds", action="store_true", help="print figures, train nothing")
    if parser.parse_args().folds:
        print(report(load()))
    else:
        write(load())


if __name__ == "__main__":
    main()
