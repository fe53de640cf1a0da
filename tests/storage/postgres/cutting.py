"""Stands between a bot and a PostgreSQL server, and cuts a connection off at its COMMIT."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

Cut = Callable[[], Awaitable[None]]


class Cutting:
    """Passes everything on, until it is told to cut: then once, at the next COMMIT."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self.before: Cut | None = None
        """Cut once, and the COMMIT does not reach the server. It is awaited before the cut."""
        self.behind: Cut | None = None
        """Cut once, after the server's answer to the COMMIT, which is withheld. It is awaited before the cut."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        there_reader, there_writer = await asyncio.open_unix_connection(str(self._server))
        back = asyncio.create_task(_pass(there_reader, writer))
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if b"COMMIT" in data and self.before:
                    cut, self.before = self.before, None
                    await cut()
                    break
                if b"COMMIT" in data and self.behind:
                    cut, self.behind = self.behind, None
                    back.cancel()
                    await asyncio.wait([back])
                    there_writer.write(data)
                    await there_reader.read(65536)
                    await cut()
                    break
                there_writer.write(data)
                await there_writer.drain()
        back.cancel()
        there_writer.close()
        writer.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def cutting(server: Path, folder: Path) -> AsyncGenerator[tuple[Cutting, Path]]:
    """Such a listener, and the folder of its socket."""
    between = Cutting(server)
    listening = await asyncio.start_unix_server(between.serve, path=str(folder / server.name))
    try:
        yield between, folder
    finally:
        listening.close()
