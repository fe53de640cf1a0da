"""Joins: stored when they are asked for, claimed for their encoding, and removed with any of their parts."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.errors import LostLease
from bot.domain.generation import Generation, State
from bot.domain.messages.delivery import LOST, PART_REMOVED
from bot.domain.queue.claims import Claim
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import ChainPart, Refusal
from bot.domain.versions.joins import Join, JoinFault, JoinState, step
from bot.domain.versions.version import Version
from bot.storage import locks, rows
from bot.storage.columns import DUE, from_ms, gap_ms, to_ms
from bot.storage.database import Database, Row, Writing, fetch, reading
from bot.storage.jobs.deliveries import MAYBE_POSTED, POSTED_BEFORE
from bot.storage.versions import families

JOINS = (
    "joining WHERE state IN ('queued', 'failed', 'removing')"  # identical to the condition of the index on these rows
)
_FREED = "lease_owner = NULL, lease_until = NULL"
# Of a part: its post was removed, a moderator has removed it before it was posted, or its author has deleted what they made.
_GONE = (
    "SELECT version FROM generation LEFT JOIN delivery ON delivery.generation_id = generation.id"
    " LEFT JOIN removal ON removal.generation_id = generation.id"
    " WHERE generation.id = ? AND (forget = 1 OR removed_at IS NOT NULL OR removal.at IS NOT NULL)"
)


class JoinQueries:
    """The part of the store for joins."""

    db: Database

    async def chain(self, generation_id: str, *, most: int) -> list[Version]:
        """See `JoinStore.chain`."""
        found: list[Version] = []
        at: str | None = generation_id
        while at is not None and len(found) < most and (version := await families.one(self.db.read, at)):
            found.append(version)
            at = version.generation.continues_id
        return found[::-1]

    async def request_join(self, new: Join, *, now: datetime) -> Join:
        """See `JoinStore.request_join`. The unique indexes hold one join for a chain, and one in the making for a server."""
        chain = " ".join(new.parts)

        async def work(writing: Writing) -> Join:
            await writing.lock(locks.guild(new.guild_id))
            await locks.lock_generations(writing, new.parts)  # a part that is removed afterwards ends this join
            for part_id in new.parts:
                for [version] in await fetch(writing, _GONE, (part_id,)):
                    raise Refusal(ChainPart(RefusalCode.JOIN_PART_GONE, version=version))
            if found := await fetch(
                writing, "SELECT * FROM joining WHERE chain = ? AND state IN ('queued', 'made', 'removing')", (chain,)
            ):
                return _join(found[0])
            if await fetch(writing, "SELECT id FROM joining WHERE guild_id = ? AND state = 'queued'", (new.guild_id,)):
                raise Refusal(RefusalCode.JOIN_BUSY)
            await writing.execute(
                "INSERT INTO joining (id, guild_id, channel_id, parent_channel_id, member_id, interaction_id, locale, chain,"
                " state, asked_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?)",
                (
                    *(new.id, new.guild_id, new.channel_id, new.parent_channel_id, new.member_id, new.interaction_id),
                    *(new.locale, chain, to_ms(now), to_ms(now)),
                ),
            )
            await writing.executemany(
                "INSERT INTO joined_part (join_id, position, part_id) VALUES (?, ?, ?)",
                [(new.id, position, part_id) for position, part_id in enumerate(new.parts)],
            )
            return new

        return await self.db.write(work)

    async def claim_join(self, claim: Claim, *, now: datetime, encode_too: bool = True) -> Join | None:
        """See `JoinStore.claim_join`. A crash after this leaves a lease that the next start voids."""
        if not await self.db.read(f"SELECT id FROM {JOINS} LIMIT 1"):
            return None

        async def work(writing: Writing) -> Join | None:
            found = await fetch(
                writing,
                "UPDATE joining SET attempts = attempts + 1, lease_owner = :owner, lease_until = :until WHERE id = ("
                f"SELECT id FROM {JOINS} AND {DUE} AND (lease_until IS NULL OR lease_until <= :leases_at)"
                " AND (:encode = 1 OR state <> 'queued') ORDER BY state = 'queued', due_at LIMIT 1"
                " FOR NO KEY UPDATE SKIP LOCKED) RETURNING *",
                {
                    "owner": claim.owner,
                    "until": to_ms(claim.until),
                    "now": to_ms(now),
                    "leases_at": to_ms(claim.at or now),
                    "encode": int(encode_too),
                },
            )
            return _join(found[0]) if found else None

        return await self.db.write(work)

    async def finish_join(
        self, join_id: str, claim: Claim, made: Generation, *, delivery_id: str, now: datetime
    ) -> Generation | None:
        """See `JoinStore.finish_join`. A crash before this commit encodes it again; after it, the post is to be made."""

        async def work(writing: Writing) -> Generation | None:
            await writing.lock(locks.guild(made.guild_id))
            join = await _held(writing, join_id, claim)
            if join is None:
                return None
            step(join.state, JoinState.MADE)
            columns = await _columns(writing, join, made, now)
            marks = ", ".join(f":{name}" for name in columns)
            [row] = await fetch(
                writing, f"INSERT INTO generation ({', '.join(columns)}) VALUES ({marks}) RETURNING *", columns
            )
            await writing.execute(f"UPDATE joining SET state = 'made', {_FREED} WHERE id = ?", (join_id,))
            at = to_ms(now)
            await writing.execute(
                "INSERT INTO delivery (id, generation_id, channel_id, state, queued_at, due_at, attempts)"
                f" VALUES (?, ?, ?, 'queued', ?, ?, {POSTED_BEFORE})",
                (delivery_id, join_id, made.channel_id, at, at, to_ms(join.asked_at)),
            )
            await writing.execute(
                MAYBE_POSTED.format(which="delivery.id = ? AND delivery.attempts > 0"), (delivery_id,)
            )
            return rows.generation(row)

        return await self.db.write(work)

    async def retry_join(self, join_id: str, claim: Claim, *, due_at: datetime, now: datetime) -> None:
        """See `JoinStore.retry_join`."""

        async def work(writing: Writing) -> None:
            await writing.execute(
                f"UPDATE joining SET due_at = ?, gap_ms = ?, {_FREED} WHERE id = ? AND lease_owner = ?",
                (to_ms(due_at), gap_ms(due_at, now), join_id, claim.owner),
            )

        await self.db.write(work)

    async def fail_join(
        self, join_id: str, claim: Claim, fault: JoinFault, *, version: int | None = None, now: datetime
    ) -> bool:
        """See `JoinStore.fail_join`."""

        async def work(writing: Writing) -> bool:
            if await _held(writing, join_id, claim) is None:
                return False
            await writing.execute(
                f"UPDATE joining SET state = 'failed', fault = ?, fault_version = ?, due_at = ?, gap_ms = 0, attempts = 0,"
                f" {_FREED} WHERE id = ?",
                (fault, version, to_ms(now), join_id),
            )
            return True

        return await self.db.write(work)

    async def join_told(self, join_id: str, claim: Claim) -> None:
        """See `JoinStore.join_told`."""

        async def work(writing: Writing) -> None:
            await writing.execute(
                f"UPDATE joining SET state = 'told', {_FREED} WHERE id = ? AND lease_owner = ? AND state = 'failed'",
                (join_id, claim.owner),
            )

        await self.db.write(work)

    async def join_unwanted(self, join_id: str) -> bool:
        """See `JoinStore.join_unwanted`."""
        return bool(
            await self.db.read("SELECT id FROM joining WHERE id = ? AND state IN ('removing', 'removed')", (join_id,))
        )

    async def drop_join(self, join_id: str) -> Sequence[str]:
        """See `JoinStore.drop_join`. The file is on the list of those to discard, so that a crash leaves none.

        That of a post that was removed is put there by a trigger.
        """

        async def work(writing: Writing) -> Sequence[str]:
            found = await fetch(
                writing,
                "SELECT video_file FROM generation JOIN joining ON joining.id = generation.id"
                " JOIN delivery ON delivery.generation_id = joining.id WHERE joining.id = ?"
                " AND delivery.state = 'undeliverable' AND (joining.state = 'removing' OR joining.state = 'made' AND why = ?)"
                " FOR NO KEY UPDATE OF generation, joining, delivery",
                (join_id, LOST),
            )
            if not found:
                return ()
            await writing.execute(f"UPDATE joining SET state = 'removed', {_FREED} WHERE id = ?", (join_id,))
            await writing.execute("UPDATE delivery SET why = ? WHERE generation_id = ?", (PART_REMOVED, join_id))
            await writing.execute(
                "INSERT INTO discard (file) VALUES (?) ON CONFLICT DO NOTHING", (found[0]["video_file"],)
            )
            return (str(found[0]["video_file"]),)

        return await self.db.write(work)


async def forget_joins(writing: Writing, member_id: str) -> None:
    """End what a member has asked to be joined and is not made yet, without a word: they want to be forgotten."""
    await writing.execute(
        f"UPDATE joining SET state = 'told', fault = 'part_gone', {_FREED} WHERE member_id = ? AND state = 'queued'",
        (member_id,),
    )


async def remove_with_part(writing: Writing, part_id: str) -> None:
    """End the joins of a part that is removed before it was posted. A trigger does the same for one whose post is removed."""
    await writing.execute(
        "UPDATE joining SET state = 'failed', fault = 'part_gone', due_at = asked_at, gap_ms = 0, attempts = 0,"
        f" fault_version = (SELECT version FROM generation WHERE id = ?), {_FREED}"
        " WHERE state = 'queued' AND id IN (SELECT join_id FROM joined_part WHERE part_id = ?)",
        (part_id, part_id),
    )
    await writing.execute(
        "UPDATE joining SET state = 'removing', due_at = asked_at, gap_ms = 0, attempts = 0"
        " WHERE state = 'made' AND id IN (SELECT join_id FROM joined_part WHERE part_id = ?)",
        (part_id,),
    )


async def _held(writing: Writing, join_id: str, claim: Claim) -> Join | None:
    """Return a join that this claim holds and that is still to be made; None where it has ended. Raises LostLease."""
    found = await fetch(writing, "SELECT * FROM joining WHERE id = ? FOR NO KEY UPDATE", (join_id,))
    if not found or found[0]["state"] != JoinState.QUEUED:
        return None
    if found[0]["lease_owner"] != claim.owner:
        raise LostLease(join_id)
    return _join(found[0])


async def _columns(writing: Writing, join: Join, made: Generation, now: datetime) -> dict[str, str | int | None]:
    """Return the columns of the joined video: the next version of the family of its last part."""
    video = made.video
    assert video is not None  # noqa: S101 - its file is there
    return {
        **rows.new_generation(await families.numbered(reading(writing), made)),
        "state": State.SUCCEEDED,
        "finished_at": to_ms(now),
        "card_answered": 1,
        "joined": ",".join(map(str, made.joined)),
        "video_file": video.file,
        "video_size": video.size,
        "video_type": video.media_type,
        "video_sha256": video.sha256,
    }


def _join(row: Row) -> Join:
    return Join(
        id=row["id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        member_id=row["member_id"],
        interaction_id=row["interaction_id"],
        parts=tuple(row["chain"].split(" ")),
        asked_at=from_ms(row["asked_at"]),
        parent_channel_id=row["parent_channel_id"],
        locale=row["locale"],
        state=JoinState(row["state"]),
        fault=JoinFault(row["fault"]) if row["fault"] else None,
        fault_version=row["fault_version"],
        attempts=row["attempts"],
    )
