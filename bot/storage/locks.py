"""The named locks, and the order in which a transaction locks rows, so that two never wait for each other.

SQLite has one writer: there all of this costs nothing and does nothing. On PostgreSQL many transactions write at once, each
statement sees what was committed when it began, and a condition that was read may be over when it is written. So:

1. Named locks come before any row: `guild`, then `OPERATOR`; or `SUBMIT` alone.
2. Then rows of `generation`, several of them in the order of their ids. Whoever writes another row of a generation (its
   post, its removal, its join) locks the generation's row first.
3. Then `queue_member`, several in the order of their ids (triggers write it with a generation's state), and `queue_turn`.
4. Then `joining`, `delivery` and what hangs on them; then balances, in the order of `bot.storage.quota.ledger`.

Rows are locked with `FOR NO KEY UPDATE`, as every UPDATE here locks them: a new row that refers to them does not wait.
A claim passes over what others have locked (`SKIP LOCKED`), and so waits for nothing. `docs/locks.md` lists every
transaction.
"""

from collections.abc import Iterable, Sequence

from bot.storage.database import Row, Writing, fetch

# How many jobs are in flight, and whose turn is next.
SUBMIT = "submit"
# What all servers together may still spend. Only taken where the operator has set a budget.
OPERATOR = "operator"
# The end of a SELECT whose rows are locked in the order of their ids. Not plain `ORDER BY id`: for that SQLite would read
# all of the table by its key instead of the few rows by an index.
IN_ORDER = "ORDER BY id || '' FOR NO KEY UPDATE"


def guild(guild_id: str) -> str:
    """Return the name of the lock on a server's books: its rules, settings, balances, grants, and the numbers of versions."""
    return f"guild:{guild_id}"


async def lock_guild_of(writing: Writing, generation_id: str) -> None:
    """Lock the books of a generation's server, before the generation itself is read or written."""
    for row in await fetch(writing, "SELECT guild_id FROM generation WHERE id = ?", (generation_id,)):
        await writing.lock(guild(row["guild_id"]))


async def lock_generations(writing: Writing, ids: Iterable[str]) -> list[Row]:
    """Lock the rows of these generations in the order of their ids. Returns the id, guild_id and member_id of each."""
    wanted: Sequence[str] = sorted(set(ids))
    if not wanted:
        return []
    marks = ", ".join("?" * len(wanted))
    return await fetch(
        writing,
        f"SELECT id, guild_id, member_id FROM generation WHERE id IN ({marks}) ORDER BY id FOR NO KEY UPDATE",
        wanted,
    )
