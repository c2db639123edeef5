"""How near the labelled sets stand to the training examples and to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.encoders import general_encoder, general_part
from engine.red_flag_model import load_examples
from engine.training_vectors import training_vectors
from evaluation.sets import Labelled
from evaluation.training import intent_examples

NEAR = 0.95


def section(loaded: Mapping[str, Sequence[Labelled]]) -> list[str]:
    """A table: for each set the nearest training example by cosine, and copies."""
    training = [*(text for text, _ in intent_examples()), *(example.text for example in load_examples())]
    known = {text.casefold() for text in training}
    vectors = general_part(training_vectors(training))
    rows = []
    for name, labelled in loaded.items():
        nearest = (general_encoder().encode([x.text for x in labelled]) @ vectors.T).max(axis=1)
        same = sum(x.text.casefold() in known for x in labelled)
        rows.append(
            f"| `{name}` | {len(labelled)} | {np.median(nearest):.2f} | {np.quantile(nearest, 0.95):.2f} | "
            f"{int((nearest > NEAR).sum())} | {same} |"
        )
    return [
        "## Leakage",
        "",
        f"Cosine of each message to the nearest of {len(training)} training examples (general encoders).",
        "",
        "| set | messages | median | 95th percentile | above 0.95 | the same text |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows,
        "",
    ]
