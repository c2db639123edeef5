"""`make shrink`: all-MiniLM-L6-v2 as it is, written with int8 arithmetic to engine/models/minilm.onnx.

Packages of it hold float32 weights, or int8 weights that are unpacked when they are loaded: three times the
memory and the time, for the same accuracy (docs/decisions/0009). Prints the hash that engine/encoders.py must
name.
"""

from __future__ import annotations

from pathlib import Path

import torch

from tuning.training import Network, write

MODEL = Path(__file__).parent.parent / "engine" / "models" / "minilm.onnx"


class MeanOfTokens(Network):
    """One text at a time to the mean of its token vectors."""

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        """Output of shape (1, 384)."""
        return self.vector(input_ids, attention_mask, token_type_ids)


if __name__ == "__main__":
    write(MeanOfTokens(), ["vector"], MODEL)
