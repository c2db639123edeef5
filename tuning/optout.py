"""`make optout-model`: MiniLM trained to hear who wants no more texts, written to desk/sms/optout.onnx.

Trained on desk/sms/optout_examples.csv and the validation set: what people text to end messages and what
only sounds like it, written for this by hand and not collected from patients, without any message of the
test sets (docs/decisions/0013). It needs PyTorch, which the desk does not, and some minutes; the result is
committed.

With `--without ow` it leaves out the validation messages whose ids start with o or w, which other people
wrote, and writes to the path given by `--to`, so that it can be tried on strangers.
"""

from __future__ import annotations

import argparse
import csv
import random
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from tuning.training import Network, train, write

SMS = Path(__file__).parent.parent / "desk" / "sms"
EXAMPLES = (SMS / "evaluation" / "optout_validation.csv", SMS / "optout_examples.csv")
MODEL = SMS / "optout.onnx"
LABEL_SMOOTHING = 0.02


@dataclass(frozen=True)
class Example:
    """A text, and whether it asks for no more texts (1) or not (0)."""

    text: str
    stop: int


class Stops(Network):
    """MiniLM with a layer for what a text asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.stops = nn.Linear(384, 2)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        """One text to the probability that it asks for no more texts, shape (1, 1)."""
        vector = self.vector(input_ids, attention_mask, token_type_ids)
        return torch.softmax(self.stops(vector), 1)[:, 1:]


def examples(without: str) -> list[Example]:
    """All training texts but those of the writers whose letters are in `without`."""
    rows: list[dict[str, str]] = []
    for path in EXAMPLES:
        with path.open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    return [
        Example(row["text"], int(row["decision"] == "stop"))
        for row in rows
        if row.get("id", "-")[0] not in without
    ]


def main() -> None:
    """Train, write, and print the hash that desk/sms/optout_model.py must name."""
    parser = argparse.ArgumentParser(prog="make optout-model", description=__doc__)
    parser.add_argument("--without", default="", metavar="LETTERS")
    parser.add_argument("--to", type=Path, default=MODEL)
    options = parser.parse_args()
    random.seed(0)
    torch.manual_seed(0)
    network = Stops()

    def loss_of(vectors: torch.Tensor, batch: list[Example]) -> torch.Tensor:
        wanted = torch.tensor([example.stop for example in batch])
        return cross_entropy(network.stops(vectors), wanted, label_smoothing=LABEL_SMOOTHING)

    train(network, [network.stops], examples(options.without), loss_of)
    write(network, ["stop"], options.to)


if __name__ == "__main__":
    main()
