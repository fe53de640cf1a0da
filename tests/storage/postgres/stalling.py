"""Stands between a bot and a PostgreSQL server, and stops to pass on without closing anything, as a dead network does."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path


class Stalling:
    """Passes everything on until it is told to hold it back; connections stay open."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._to_server, self._to_bot = asyncio.Event(), asyncio.Event()
        self.hold_new = True
        """Whether connections that are made while it stalls are silent too; else they are served."""
        self.at: bytes | None = None
        """Stall once the bot sends this."""
        self.ways: tuple[str, ...] = ("to_server", "to_bot")
        """Which way nothing passes while it stalls."""
        self.stalled = asyncio.Event()
        self.go_on()

    def stall(self) -> None:
        """Pass nothing on, in these ways."""
        for way in self.ways:
            (self._to_server if way == "to_server" else self._to_bot).clear()
        self.stalled.set()

    def go_on(self) -> None:
        """Pass everything on again, also what was held back."""
        self.at = None
        self.stalled.clear()
        self._to_server.set()
        self._to_bot.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        there_reader, there_writer = await asyncio.open_unix_connection(str(self._server))
        served = self.stalled.is_set() and not self.hold_new
        await asyncio.gather(
            self._pass(reader, there_writer, None if served else self._to_server, looks=True),
            self._pass(there_reader, writer, None if served else self._to_bot),
        )

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        may: asyncio.Event | None,
        *,
        looks: bool = False,
    ) -> None:
        with closing(writer), suppress(ConnectionError):
            while data := await reader.read(65536):
                if looks and self.at and self.at in data:
                    self.at = None
                    self.stall()
                if may:
                    await may.wait()
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def stalling(server: Path) -> AsyncGenerator[tuple[Stalling, int]]:
    """Such a listener, and its port on loopback."""
    between = Stalling(server)
    running: set[asyncio.Task[None]] = set()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(between.serve(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield between, listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        ended = list(running)
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
        await asyncio.sleep(0)  # each transport closes in the loop's next turn
