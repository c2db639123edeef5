"""The trained pipeline in this process, for measurements that need no dialogue."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent, load_agent
from rasa.utils.log_utils import configure_structlog

MODEL = Path(__file__).parent.parent / "models" / "frontdesk.tar.gz"


@dataclass(frozen=True)
class Nlu:
    """Understands texts as the engine does."""

    agent: Agent

    @classmethod
    async def load(cls) -> Nlu:
        """The trained model of this project."""
        configure_structlog(logging.WARNING)
        return cls(await load_agent(model_path=str(MODEL)))

    async def parse(self, text: str) -> dict[str, Any]:
        """Everything that the pipeline notes on a first message."""
        parsed: dict[str, Any] = await self.agent.parse_message(text)
        return parsed

    async def first_intent(self, text: str) -> str:
        """The classifier's first choice."""
        return str((await self.parse(text))["intent_ranking"][0]["name"])

    async def tier(self, text: str) -> str:
        """The tier of the warning, by rules or detector."""
        return str((await self.parse(text))["red_flags"]["tier"])

    async def milliseconds(self, texts: list[str]) -> list[float]:
        """Time of each text through the pipeline."""
        times = []
        for text in texts:
            started = time.perf_counter()
            await self.parse(text)
            times.append((time.perf_counter() - started) * 1000)
        return times
