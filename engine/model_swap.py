"""Loads a new model beside the one that answers, and puts it in its place between two messages."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import sys
from pathlib import Path

from rasa.core.agent import Agent
from rasa.core.processor import MessageProcessor

POLL_SECONDS = 2.0

logger = logging.getLogger(__name__)

Stamp = tuple[int, int]


async def follow(agent: Agent, model: Path) -> None:
    """Watch the file of the model for ever; a new one is loaded once it has been written to its end.

    A model that cannot be loaded changes nothing. Turns that run go on with the model they began with.
    """
    loaded = seen = _stamp(model)
    _settle()
    while True:
        await asyncio.sleep(POLL_SECONDS)
        before, seen = seen, _stamp(model)
        if seen is None or seen == loaded or seen != before:
            continue
        loaded = seen
        try:
            processor = await asyncio.to_thread(_load, agent, model)
        except Exception as error:
            logger.error("The new model cannot be loaded (%s); the old one goes on.", type(error).__name__)
            continue
        _put_in_place(agent, processor)
        _settle()
        logger.warning("A new model answers: %s.", agent.model_id)


def _stamp(model: Path) -> Stamp | None:
    try:
        found = model.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _load(agent: Agent, model: Path) -> MessageProcessor:
    return MessageProcessor(
        model_path=model,
        tracker_store=agent.tracker_store,
        lock_store=agent.lock_store,
        action_endpoint=agent.action_endpoint,
        generator=agent.nlg,
        http_interpreter=agent.http_interpreter,
    )


def _put_in_place(agent: Agent, processor: MessageProcessor) -> None:
    """What `Agent.load_model` does after loading."""
    agent.processor = processor
    agent.domain = processor.domain
    agent.tracker_store.domain = processor.domain
    agent.nlg.responses = processor.domain.responses


def _settle() -> None:
    """Give back what loading used, and spare the garbage collector what lives as long as the model."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
