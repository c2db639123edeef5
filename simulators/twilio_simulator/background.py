"""A simulator in a thread of this process, for tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Self

from twilio_simulator.agenda import Agenda, ManualAgenda, RealAgenda
from twilio_simulator.faults import Faults
from twilio_simulator.messages import Message
from twilio_simulator.server import HOST, Server
from twilio_simulator.simulator import Account, Simulator, signed_wire

ANSWER_SECONDS = 60.0


class Background:
    """A simulator that runs from `with` to the end of its block.

    Its clock stands still until `advance`, unless `real_time`: then it is the computer's.
    """

    def __init__(
        self,
        account: Account,
        faults: Faults | None = None,
        *,
        port: int = 0,
        seed: str = "",
        real_time: bool = False,
    ) -> None:
        self._account, self._faults, self._seed = account, faults or Faults(), seed
        self._port, self._real_time = port, real_time
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(ANSWER_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._server.stop(), self._loop).result(ANSWER_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWER_SECONDS)
        self._loop.close()

    @property
    def url(self) -> str:
        """Where the API and the page are."""
        return f"http://{HOST}:{self._server.port}"

    def advance(self, seconds: float) -> None:
        """Let time pass; returns when everything due by then is done, webhooks included.

        Raises TypeError when the clock is the computer's.
        """
        agenda = self._agenda
        if not isinstance(agenda, ManualAgenda):
            raise TypeError("this clock cannot be moved")
        moved = asyncio.run_coroutine_threadsafe(agenda.advance(seconds), self._loop)
        moved.result(ANSWER_SECONDS)

    def text(self, sender: str, body: str, *, to: str = "", pictures: int = 0) -> Message:
        """A phone texts the account's first number, or `to`."""
        number = to or self._account.numbers[0]
        return self.ask(lambda s: s.text(sender, number, body, pictures=pictures))

    def ask[T](self, question: Callable[[Simulator], T]) -> T:
        """Call `question` with the simulator, in its own thread."""

        async def answer() -> T:
            return question(self._simulator)

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result(ANSWER_SECONDS)

    def wait[T](self, look: Callable[[Simulator], T], seconds: float = ANSWER_SECONDS) -> T:
        """What `look` returns, as soon as a change makes it true. Raises TimeoutError."""

        async def looking() -> T:
            async with asyncio.timeout(seconds):
                while not (seen := look(self._simulator)):
                    await self._simulator.store.wait(self._simulator.store.changes, seconds)
            return seen

        return asyncio.run_coroutine_threadsafe(looking(), self._loop).result(seconds + 5)

    async def _start(self) -> None:
        self._agenda: Agenda = RealAgenda() if self._real_time else ManualAgenda()
        wire = signed_wire(self._account)
        self._simulator = Simulator(self._account, self._agenda, wire, self._faults, self._seed)
        self._server = Server(self._simulator)
        await self._server.start(self._port)
