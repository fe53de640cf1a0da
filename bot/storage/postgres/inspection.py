"""Looks at a database on a server, for `sora-bot check`: it writes nothing."""

from dataclasses import dataclass

import psycopg

from bot.domain.errors import OperatorNeeded
from bot.domain.provider import Fault
from bot.storage.postgres.connection import connect, parameters, unusable
from bot.storage.postgres.identity import refuse_another
from bot.storage.postgres.schema import MadeByNewer, migrations, version_of
from bot.storage.postgres.transaction import fetch

_UNFUNDED = "SELECT count(*) FROM generation WHERE finished_at IS NULL AND hold = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundServer:
    """What was found. version: of the schema, 0 where there are no tables; known: of this code's.

    unfunded: jobs that wait for funds. refused: why no bot starts on it before `sora-bot db restored`, if so.
    """

    version: int
    known: int
    unfunded: int = 0
    refused: str | None = None


async def look_at_server(address: str, name: str) -> FoundServer:
    """Return what a database holds. Raises Unusable; MadeByNewer where this code cannot run on it."""
    known = migrations()[-1].number
    try:
        connection = await connect(parameters(address))
        try:
            version, oldest_code = await version_of(connection)
            if oldest_code > known:
                raise MadeByNewer(
                    f"the database {name} was made by a newer sora-bot (schema {version}, this one knows {known})"
                )
            if version < known:
                return FoundServer(version=version, known=known)
            [[unfunded]] = await fetch(connection, _UNFUNDED, (Fault.INSUFFICIENT_FUNDS,))
            try:
                await refuse_another(connection, name, note=False)
            except OperatorNeeded as error:
                return FoundServer(version=version, known=known, unfunded=unfunded, refused=str(error))
            return FoundServer(version=version, known=known, unfunded=unfunded)
        finally:
            await connection.close()
    except psycopg.Error as error:
        raise unusable(error, name) from None
