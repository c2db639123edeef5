"""The simulator as a server on this computer."""

from __future__ import annotations

from aiohttp import web

from twilio_simulator.phone import Phone
from twilio_simulator.rest import Rest
from twilio_simulator.simulator import Simulator

HOST = "127.0.0.1"
CLOSE_SECONDS = 1.0


class Server:
    """Serves a simulator's API and its phones at `http://127.0.0.1:<port>`."""

    def __init__(self, simulator: Simulator) -> None:
        app = web.Application()
        app.add_routes(Rest(simulator).routes() + Phone(simulator).routes())
        app.on_shutdown.append(self._wake)
        self._simulator = simulator
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_SECONDS)
        self.port = 0

    async def start(self, port: int) -> None:
        """Listen; port 0 is any that is free. Raises OSError when the port is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port).start()
        self.port = self._runner.addresses[0][1]

    async def _wake(self, _: web.Application) -> None:
        """Answer the pages that wait for a change."""
        self._simulator.store.note_change()

    async def stop(self) -> None:
        await self._runner.cleanup()
        await self._simulator.close()
