"""The assistant's training examples, as Rasa reads them."""

from __future__ import annotations

from pathlib import Path

from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.loading import load_data

NLU = Path(__file__).parent.parent / "data" / "nlu.yml"


def intent_examples(path: Path = NLU) -> list[tuple[str, str]]:
    """(text, intent) of every example."""
    return [(example.get(TEXT), example.get(INTENT)) for example in load_data(str(path)).intent_examples]
