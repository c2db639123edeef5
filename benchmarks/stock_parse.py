"""Intents by a stock model, in its own environment: texts in, (intent, confidence) out, as JSON lists."""

from __future__ import annotations

import asyncio
import json
import sys

from rasa.core.agent import load_agent


async def main() -> None:
    """Read from standard input, write to standard output."""
    agent = await load_agent(model_path=sys.argv[1])
    found = []
    for text in json.load(sys.stdin):
        intent = (await agent.parse_message(text))["intent"]
        found.append((intent["name"], intent["confidence"]))
    # After what Rasa logs there, on a line of its own.
    print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main())
