"""Connections to PostgreSQL: how they are made, what they give as rows, and how many there are.

Every value is sent as text of unknown type, so that the server infers its type from the statement, as where a statement is
prepared: a flag is 0 or 1 in a BIGINT column, a count fits wherever a number fits.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import RowMaker

from bot.domain.errors import OperatorNeeded, Unusable, WrongSettings
from bot.storage.postgres.faults import lost
from bot.storage.postgres.silence import ServerProbe, WatchedConnection

CONNECT_SECONDS = 2  # the least that libpq takes; for each address of each host
OPEN_SECONDS = 10.0  # for all of them, and for a resolver that does not answer
IDLE_MS = 5000  # in a transaction: a process that is stopped there keeps its locks no longer
LOCK_MS = 7500  # longer than that, so that nothing is refused because of such a process
LIFETIME = 3600.0  # seconds; a server's process grows with what it has prepared
PREPARED = 512  # statements of a connection: more than the bot has
FORM = "postgresql://USER:PW@HOST/DATABASE (in PW, @ is %40, / is %2F, ? is %3F, # is %23, % is %25)"
# `options` of the address come behind these and win.
_OPTIONS = " ".join(
    f"-c {setting}"
    for setting in (
        "synchronous_commit=on",
        "default_transaction_isolation=read\\ committed",
        f"lock_timeout={LOCK_MS}",
        f"idle_in_transaction_session_timeout={IDLE_MS}",
        "statement_timeout=30000",
        "tcp_keepalives_idle=10",
        "tcp_keepalives_interval=5",
        "tcp_keepalives_count=3",
        "jit=off",
    )
)
_DEFAULTS = {
    "application_name": "sora-bot",
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 1500,  # milliseconds without an acknowledgement: the other machine is gone
    "target_session_attrs": "read-write",  # of several hosts the one that writes
}

_WHERE = re.compile(r"^connection failed: (?:connection to server .*? failed: )?(?:FATAL: +)?")
# What a server, or its certificate, is refused for until somebody changes it. A database that is missing may be on its way.
_FOR_GOOD = re.compile(
    r"certificate|does not support SSL|pg_hba\.conf|password|role .* (?:does not exist|is not permitted)|invalid sslmode"
)
_NOT_PERMITTED = "42501"

Parameters = dict[str, Any]
Connection = WatchedConnection["PostgresRow"]


class PostgresRow:
    """One row, by name, by number and in order, as `bot.storage.database.Row` says."""

    __slots__ = ("_at", "_values")

    def __init__(self, values: Sequence[Any], at: dict[str, int]) -> None:
        self._values = values
        self._at = at

    def __getitem__(self, key: int | str, /) -> Any:
        return self._values[self._at[key] if isinstance(key, str) else key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def keys(self) -> list[str]:
        """Return the names of the columns."""
        return list(self._at)


@lru_cache(maxsize=1024)
def _places(names: tuple[bytes | None, ...]) -> dict[str, int]:
    at: dict[str, int] = {}
    for place, name in enumerate(names):
        at.setdefault((name or b"").decode(), place)
    return at


def _rows(cursor: psycopg.AsyncCursor[Any]) -> RowMaker[PostgresRow]:
    result = cursor.pgresult
    at = _places(tuple(result.fname(place) for place in range(result.nfields)) if result else ())
    return lambda values: PostgresRow(values, at)


class _Cursor(psycopg.AsyncRawCursor[PostgresRow]):
    """Takes a statement with `$1`, `$2`, … as it is."""


class _Number(Dumper):
    """A whole number or a flag, in digits."""

    def dump(self, obj: Any) -> Buffer:
        return b"%d" % obj


class _Flag(Loader):
    """The result of a comparison, as SQLite has it: 1 or 0."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data) == b"t")


@lru_cache(maxsize=1)
def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    for kind in (int, bool):
        adapters.register_dumper(kind, _Number)
    adapters.register_loader("bool", _Flag)
    return adapters


def parameters(address: str) -> Parameters:
    """Return what an address says, with this project's defaults. Raises WrongSettings, without the address in it."""
    try:
        given = conninfo_to_dict(address)
    except psycopg.Error:
        raise WrongSettings(f"DATABASE_URL is no address such as {FORM}") from None
    return {**_DEFAULTS, **given, "options": f"{_OPTIONS} {given.get('options') or ''}".rstrip()}


async def connect(given: Parameters, probe: ServerProbe | None = None) -> Connection:
    """Open a connection in autocommit mode. Raises psycopg.Error. probe: one that several connections share."""
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            connection = await WatchedConnection[PostgresRow].connect(
                **given, autocommit=True, cursor_factory=_Cursor, row_factory=_rows, context=_adapters()
            )
    except TimeoutError:
        raise psycopg.errors.ConnectionTimeout("connection timeout expired") from None
    connection.prepared_max = PREPARED
    connection.probe = probe or ServerProbe(given)
    return connection


class Connections:
    """At most so many connections, each made when it is needed and kept for the next.

    Without a background task: an attempt to connect fails at once where it is made, and the first one after the server's
    return succeeds. psycopg_pool tries in the background with growing pauses, so that a caller waits for its longest one
    and is told nothing but that it has waited.
    """

    def __init__(self, open_one: Callable[[], Awaitable[Connection]], most: int, patience: float) -> None:
        """most: connections; patience: seconds to wait for one of them."""
        self._open_one = open_one
        self._places = asyncio.Semaphore(most)
        self._patience = patience
        self._idle: list[tuple[Connection, float]] = []
        self._closed = False

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[Connection]:
        """Lend a connection. It is not used again if its transaction has not ended, or the block was cancelled.

        Raises psycopg.Error where none can be opened, TimeoutError where none is free in time.
        """
        if self._closed:
            raise psycopg.OperationalError("the database is closed")
        async with asyncio.timeout(self._patience):
            await self._places.acquire()
        try:
            connection, until = await self._taken()
            try:
                yield connection
            except psycopg.Error as error:
                await self._back(connection, until)
                if connection.closed or lost(error):
                    await self.discard()  # the others are gone with it; those that are not are only opened again
                raise
            except Exception:
                await self._back(connection, until)
                raise
            except BaseException:
                await connection.close()
                raise
            await self._back(connection, until)
        finally:
            self._places.release()

    async def _taken(self) -> tuple[Connection, float]:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection, until = self._idle.pop()
            if not connection.closed and now < until:
                return connection, until
            await connection.close()
        return await self._open_one(), now + LIFETIME

    async def _back(self, connection: Connection, until: float) -> None:
        whole = not connection.closed and connection.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
        if whole and not self._closed:
            self._idle.append((connection, until))
        else:
            await connection.close()

    async def discard(self) -> None:
        """Close every connection that is not lent."""
        idle, self._idle = self._idle, []
        for connection, _ in idle:
            await connection.close()

    async def close(self) -> None:
        """Close every connection; one that is lent is closed when it comes back."""
        self._closed = True
        await self.discard()


def unusable(error: psycopg.Error, name: str) -> Unusable:
    """Return what a command says that cannot open a database: OperatorNeeded where it would say so at every later try too.

    name: the database, without user and password.
    """
    text = _WHERE.sub("", str(error).strip().split("\n")[0])  # all that libpq has, with where it was in front
    reason = error.diag.message_primary or text
    kind = OperatorNeeded if error.sqlstate == _NOT_PERMITTED or _FOR_GOOD.search(reason) else Unusable
    hint = "; DATABASE_URL says how it is to be checked (sslmode, sslrootcert)" if "certificate" in reason else ""
    return kind(f"the database {name} cannot be used: {reason}{hint}")
