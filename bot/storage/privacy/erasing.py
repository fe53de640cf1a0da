"""Erases what a member has deleted, and prompts that are no longer kept, in slices with a transaction each.

What a deletion erases may be a hundred thousand jobs. It is recorded first (`note`), and then done in slices, so that no other
write waits for all of it. Until it is done it stands in the table `forgetting`. An older database learns of deletions from the
list beside it (`deletion_list`).

Prompts that are older than KEEP_PROMPTS go the same way, as an entry of `EVERYONE`: what has ended by then keeps its member,
its amounts and its state, and loses its words and pictures.
"""

from collections.abc import Iterable, Mapping
from functools import partial

from bot.domain.messages.delivery import LOST
from bot.storage import locks
from bot.storage.database import Database, Writing, fetch
from bot.storage.jobs import joins
from bot.storage.privacy.deletion_list import Forgotten

AT_ONCE = 100  # jobs that are erased in one transaction
EVERYONE = "*"  # in place of a member's id: prompts that are no longer kept
# Everything of a job that a person wrote or sent.
_BLANK = (
    "prompt = '', image_file = NULL, image_type = NULL, image_url = NULL, image_url_until = NULL, end_image_file = NULL,"
    " end_image_type = NULL, end_image_url = NULL, end_image_url_until = NULL, avoid = NULL, detail = NULL"
)
# Ended, with nothing that could still be posted from it.
_PROMPTED = (
    "prompt <> '' AND finished_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM delivery WHERE generation_id = generation.id"
    f" AND delivery.state <> 'sent' AND coalesce(why, '') <> '{LOST}')"
)


async def note(writing: Writing, member_id: str, until: int) -> None:
    """Record a deletion in the database, and that it is to be done."""
    for table in ("forgotten", "forgetting"):
        await writing.execute(
            f"INSERT INTO {table} (member_id, until) VALUES (?, ?) ON CONFLICT (member_id) DO UPDATE"
            f" SET until = CASE WHEN excluded.until > {table}.until THEN excluded.until ELSE {table}.until END",
            (member_id, until),
        )


async def erase(database: Database, member_id: str, until: int) -> None:
    """Do a deletion that is recorded. A crash in between leaves the rest of it to `unfinished`."""
    since = -(2**63)
    some = (
        partial(_blank_old, until=until) if member_id == EVERYONE else partial(_slice, member_id=member_id, until=until)
    )
    while (last := await database.write(partial(some, since=since))) is not None:
        since = last

    async def done(writing: Writing) -> None:
        await writing.execute("DELETE FROM forgetting WHERE member_id = ? AND until <= ?", (member_id, until))

    await database.write(done)


async def unfinished(database: Database) -> bool:
    """Do all recorded deletions that are not done. Returns whether there was any."""
    left = await database.read("SELECT member_id, until FROM forgetting")
    for row in left:
        await erase(database, row["member_id"], row["until"])
    return bool(left)


async def _slice(writing: Writing, *, member_id: str, since: int, until: int) -> int | None:
    """Erase some of a member's jobs. Returns the time from which to go on; None once there are no more.

    What ran or waits for its post is only marked: triggers erase it when it is done.
    """
    found = await fetch(
        writing,
        "SELECT id, accepted_at FROM generation WHERE member_id = ? AND accepted_at >= ? AND accepted_at <= ?"
        " AND forget = 0 ORDER BY accepted_at LIMIT ?",
        (member_id, since, until, AT_ONCE),
    )
    # Locked before: then each is seen with its post as it is, or is seen as deleted by the one who posts it.
    held = await locks.lock_generations(writing, (row["id"] for row in found))
    await writing.executemany("UPDATE generation SET forget = 1 WHERE id = ?", [(row["id"],) for row in held])
    return found[-1]["accepted_at"] if len(found) == AT_ONCE else None


async def _blank_old(writing: Writing, *, since: int, until: int) -> int | None:
    """Blank some of the ended jobs that were accepted before `until`. Returns the time from which to go on, or None."""
    found = await fetch(
        writing,
        "SELECT id, accepted_at, image_file, end_image_file FROM generation"
        f" WHERE {_PROMPTED} AND accepted_at >= ? AND accepted_at < ? ORDER BY accepted_at LIMIT ?",
        (since, until, AT_ONCE),
    )
    files = [file for row in found for file in (row["image_file"], row["end_image_file"]) if file]
    await writing.executemany(
        "INSERT INTO discard (file) VALUES (?) ON CONFLICT (file) DO NOTHING", [(file,) for file in files]
    )
    await writing.executemany(f"UPDATE generation SET {_BLANK} WHERE id = ?", [(row["id"],) for row in found])
    return found[-1]["accepted_at"] if len(found) == AT_ONCE else None


async def old_prompts(database: Database, until: int) -> bool:
    """Return whether an ended job that was accepted before `until` still has its prompt."""
    return bool(
        await database.read(f"SELECT 1 FROM generation WHERE {_PROMPTED} AND accepted_at < ? LIMIT 1", (until,))
    )


async def known(writing: Writing) -> Forgotten:
    """Return the deletions that the database knows."""
    return {row["member_id"]: row["until"] for row in await fetch(writing, "SELECT * FROM forgotten")}


async def learn(writing: Writing, listed: Mapping[str, int]) -> Forgotten:
    """Record the deletions in the lists that this older database does not know, and return them.

    `unfinished` does them, and then `blank` what it leaves.
    """
    there = await known(writing)
    new = {member: until for member, until in listed.items() if until > there.get(member, -1)}
    for member_id, until in new.items():
        await note(writing, member_id, until)
        if member_id == EVERYONE:
            continue
        await joins.forget_joins(writing, member_id)
        for table in ("draft", "question", "history_query", "member_default"):
            await writing.execute(f"DELETE FROM {table} WHERE member_id = ?", (member_id,))
    return new


async def blank(writing: Writing, members: Iterable[str]) -> None:
    """Remove the text and pictures of these members' erased jobs also from the jobs that an older database has as
    running.

    They have most likely ended since, and were erased then. A job that it has not sent yet cannot be sent without its
    text, and may have been sent long ago: it is in doubt, as after a restore, and never sent again.
    """
    for member_id in members:
        mine = "member_id = :member AND forget = 1"
        await writing.execute(
            "UPDATE generation SET state = 'unknown', submitting_at = accepted_at, hold = NULL, lease_owner = NULL,"
            f" lease_until = NULL, revision = revision + 1, card_due_at = accepted_at WHERE {mine}"
            " AND finished_at IS NULL AND state = 'reserved'",
            {"member": member_id},
        )
        for file in ("image_file", "end_image_file"):
            await writing.execute(
                f"INSERT INTO discard (file) SELECT {file} FROM generation WHERE {mine} AND {file} IS NOT NULL"
                " ON CONFLICT (file) DO NOTHING",
                {"member": member_id},
            )
        await writing.execute(
            f"UPDATE generation SET {_BLANK} WHERE {mine} AND (prompt <> ''"
            " OR coalesce(image_file, image_url, end_image_file, end_image_url, avoid, detail) IS NOT NULL)",
            {"member": member_id},
        )
