"""`make shrink`: all-MiniLM-L6-v2 as it is, written with int8 arithmetic to engine/models/minilm.onnx.

Packages of it hold float32 weights, or int8 weights that are unpacked when they are loaded: three times the
memory and the time, for the same accuracy (docs/decisions/0009). Prints the hash that engine/encoders.py must
name.
"""

from __future__ import annotations

import torch
from torch import nn
from transformers import BertModel, BertTokenizerFast

from tuning.tune import BASE, MODEL, write


class MeanOfTokens(nn.Module):
    """One text at a time to the mean of its token vectors, shape (1, 384)."""

    def __init__(self) -> None:
        super().__init__()
        self.body = BertModel.from_pretrained(BASE, add_pooling_layer=False)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        """Output of shape (1, 384)."""
        hidden: torch.Tensor = self.body(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        return hidden.mean(1)


if __name__ == "__main__":
    write(MeanOfTokens(), ["vector"], BertTokenizerFast.from_pretrained(BASE), MODEL.with_name("minilm.onnx"))
