"""`make tune`: MiniLM tuned on the project's own examples, written to engine/models/minilm-headache.onnx.

One network learns both the intents of data/nlu.yml and the tiers of data/red_flags.csv. The assistant uses
its sentence vectors beside those of the general encoders, and its tiers in the red-flag detector
(docs/decisions/0008, 0009). It needs PyTorch, which the assistant does not, and about a quarter of an hour on
two cores; the result is committed, so that nobody has to. Nothing of evaluation/ is read.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import yaml
from torch import nn
from torch.nn.functional import cross_entropy

from tuning.training import Network, train, write

ROOT = Path(__file__).parent.parent
NLU = ROOT / "data" / "nlu.yml"
RED_FLAGS = ROOT / "data" / "red_flags.csv"
MODEL = ROOT / "engine" / "models" / "minilm-headache.onnx"

TIERS = ["none", "urgent", "emergency", "crisis"]
LABEL_SMOOTHING = 0.05
NO_INTENT = -1


@dataclass(frozen=True)
class Example:
    """A message with indices of its tier and intent; the messages of red_flags.csv have no intent."""

    text: str
    tier: int
    intent: int


def examples() -> tuple[list[Example], list[str]]:
    """All training messages, and the names of the intents."""
    by_intent = [
        (line[2:], block["intent"])
        for block in yaml.safe_load(NLU.read_text(encoding="utf-8"))["nlu"]
        if "intent" in block
        for line in block["examples"].splitlines()
        if line.startswith("- ")
    ]
    intents = sorted({intent for _, intent in by_intent})
    with RED_FLAGS.open(encoding="utf-8", newline="") as file:
        flagged = [Example(row["text"], TIERS.index(row["tier"]), NO_INTENT) for row in csv.DictReader(file)]
    return [*flagged, *(Example(text, 0, intents.index(intent)) for text, intent in by_intent)], intents


class TopicsAndTiers(Network):
    """MiniLM with a layer for the tiers and one for the intents; as a module, what the assistant runs."""

    def __init__(self, intents: int) -> None:
        super().__init__()
        # Word vectors stay as they are: so few examples would only move the words that they contain.
        self.body.embeddings.requires_grad_(False)
        self.tiers = nn.Linear(384, len(TIERS))
        self.intents = nn.Linear(384, intents)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One text to its vector and the log odds of its tiers, shapes (1, 384) and (1, 4)."""
        vector = self.vector(input_ids, attention_mask, token_type_ids)
        return vector, self.tiers(vector)


def weights(labels: Sequence[int], classes: int) -> torch.Tensor:
    """Rare classes count for more, by the square root of how rare they are."""
    counts = np.bincount(labels, minlength=classes)
    return torch.tensor((counts.sum() / classes / counts) ** 0.5, dtype=torch.float32)


def main() -> None:
    """Tune, write, and print the hash that engine/encoders.py must name."""
    random.seed(0)
    torch.manual_seed(0)
    of, intents = examples()
    network = TopicsAndTiers(len(intents))
    tier_weights = weights([example.tier for example in of], len(TIERS))
    intent_weights = weights([example.intent for example in of if example.intent != NO_INTENT], len(intents))

    def loss_of(vectors: torch.Tensor, batch: list[Example]) -> torch.Tensor:
        tiers = torch.tensor([example.tier for example in batch])
        loss = cross_entropy(network.tiers(vectors), tiers, weight=tier_weights)
        wanted = torch.tensor([example.intent for example in batch])
        if (wanted != NO_INTENT).any():
            loss = loss + cross_entropy(
                network.intents(vectors),
                wanted,
                weight=intent_weights,
                ignore_index=NO_INTENT,
                label_smoothing=LABEL_SMOOTHING,
            )
        return loss

    train(network, [network.tiers, network.intents], of, loss_of)
    write(network, ["vector", "tiers"], MODEL)


if __name__ == "__main__":
    main()
