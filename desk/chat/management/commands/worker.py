from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand

from chat.worker import work
from sms import delivery


class Command(BaseCommand):
    help = "Answer waiting messages and deliver texts, until SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(_run())


async def _run() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await asyncio.gather(work(stop), delivery.work(stop))
