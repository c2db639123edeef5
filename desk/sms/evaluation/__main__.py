"""`make evaluate-optout`: decisions about a file of messages, or the figures on a labelled set.

The validation set was used to write the rules and to train the network beside them, so its figures
are kind; its ids tell the writers (v the rules' author, o and w others), and a network that was
trained without some of them can be tried on these (`WRITERS`, `NETWORK`). When the test set was
first run, unseen, the rules had 95.7 % recall and 0.50 % false stops; some errors of the rules in
it were mended. The unseen set, which is the one shown, was written by somebody who knew neither
rules nor examples; its errors have been read, but nothing was mended by it (docs/decisions/0013).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
import sys
from pathlib import Path

from sms.optout import SURE, by_rules, decide, read
from sms.optout_model import OptOutModel, model

SETS = Path(__file__).parent


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with at least the columns id and text.

    Raises:
        ValueError: a column is missing, or the file is not UTF-8.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        rows = list(table)
    if not {"id", "text"} <= set(table.fieldnames or ()):
        raise ValueError("the columns id and text are needed")
    return rows


def decisions(rows: list[dict[str, str]]) -> str:
    """One JSON object a line for each of `rows`."""
    return "".join(
        json.dumps({"id": row["id"], "decision": decide(row["text"] or "")}) + "\n" for row in rows
    )


def report(rows: list[dict[str, str]], network: OptOutModel) -> str:
    """What the rules, the network and both make of labelled `rows`, and each error of both.

    Shares have 95 % Wilson intervals. In doubt is what gets an answer with the way out.
    """
    found = [(row, read(row["text"], network.probability)) for row in rows]
    stop = [row["decision"] == "stop" for row in rows]
    lines = []
    for name, stopped in (
        ("rules", [by_rules(row["text"]) == "stop" for row in rows]),
        ("network", [network.probability(row["text"]) >= SURE for row in rows]),
        ("both", [reading.decision == "stop" for _, reading in found]),
        ("in doubt", [reading.doubt for _, reading in found]),
    ):
        of_stops = [hit for hit, wanted in zip(stopped, stop, strict=True) if wanted]
        of_others = [hit for hit, wanted in zip(stopped, stop, strict=True) if not wanted]
        lines += [
            f"{name:9} of those who want no more texts  {_share(sum(of_stops), len(of_stops))}",
            f"{name:9} of all others                    {_share(sum(of_others), len(of_others))}",
        ]
    right = [reading.decision == row["decision"] for row, reading in found]
    lines.append(f"all decisions right                         {_share(sum(right), len(right))}")
    lines += [
        f"  {row['id']} {row['decision']} read as {reading.decision}"
        f"{' in doubt' if reading.doubt else ''}: {row['text']}"
        for row, reading in found
        if reading.decision != row["decision"]
    ]
    return "\n".join(lines)


def _share(part: int, total: int) -> str:
    z, p = 1.959964, part / total
    middle = p + z * z / (2 * total)
    spread = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    low, high = ((middle + sign * spread) / (1 + z * z / total) for sign in (-1, 1))
    return f"{p:7.2%}  ({part} of {total}; 95 % interval {low:.2%} to {high:.2%})"


def _network(path: Path) -> OptOutModel:
    return OptOutModel(path, hashlib.sha256(path.read_bytes()).hexdigest())


def main() -> int:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(prog="make evaluate-optout", description=__doc__)
    parser.add_argument("--messages", type=Path, help="a CSV file with the columns id and text")
    parser.add_argument("--out", type=Path, help="where to write one JSON object a line")
    parser.add_argument("--set", choices=("unseen", "test", "validation"), default="unseen")
    parser.add_argument("--writers", help="only rows whose ids start with one of these letters")
    parser.add_argument("--network", type=Path, help="a network of `make optout-model` to try")
    options = parser.parse_args()
    if bool(options.messages) != bool(options.out):
        parser.error("give MESSAGES=in.csv and OUT=out.jsonl, or neither")
    try:
        if options.messages:
            options.out.write_text(decisions(rows_of(options.messages)), encoding="utf-8")
        else:
            rows = rows_of(SETS / f"optout_{options.set}.csv")
            network = _network(options.network) if options.network else model()
            if options.writers:
                rows = [row for row in rows if row["id"][0] in options.writers]
            print(report(rows, network))
    except (OSError, ValueError, csv.Error) as error:
        print(f"The messages cannot be read or written: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
