"""Accepts and cancels generations: the job and the quota that it holds, in one transaction."""

from datetime import datetime
from functools import cache, partial

from bot.domain.errors import IllegalTransition
from bot.domain.generation import Generation, State, step
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.queue.admission import AcceptResult, AdmissionPolicy, check_open, takes_last
from bot.domain.quota.grants import totals
from bot.domain.quota.ledger import Amount, Resolution
from bot.domain.quota.limits import Limit, LimitUsage
from bot.domain.quota.rules import Rule, bindings, pools
from bot.storage import locks, rows
from bot.storage.columns import to_ms
from bot.storage.database import Database, Read, Row, Writing, fetch, reading
from bot.storage.jobs.cards import PLACE_TAKEN
from bot.storage.moderation import guild_settings as guilds
from bot.storage.quota import grants, ledger, rules
from bot.storage.versions import families, questions

Server = tuple[GuildSettings, list[Rule]]


class RequestQueries:
    """The part of the store for `/sora` and its Cancel button."""

    db: Database

    async def accept(
        self,
        new: Generation,
        policy: AdmissionPolicy,
        *,
        now: datetime,
        place: int | None = None,
        accepted_by: str | None = None,
    ) -> AcceptResult:
        """See `Generations.accept`: rules, settings and grants are read, checked and reserved in one write transaction."""

        async def work(writing: Writing) -> AcceptResult:
            await writing.lock(locks.guild(new.guild_id))
            read = reading(writing)
            if earlier := await _earlier(read, new):
                return AcceptResult(generation=rows.generation(earlier[0]), fresh=False)
            server = await (_server(read, new) if self.db.shared else _kept_server(writing, new))
            settings, limits = await _open_to(read, new, policy, now, server)
            await questions.take(writing, new.draft_id)
            accepted = rows.as_stored(await families.numbered(read, new))
            taken = await _insert(writing, accepted, place, accepted_by, now)
            if policy.budget:
                await writing.lock(locks.OPERATOR)
            await ledger.reserve(
                writing,
                reservation_id=new.id,
                guild_id=new.guild_id,
                member_id=new.member_id,
                amount=_amount(new),
                estimate=new.estimate,
                limits=limits,
                role_ids=policy.role_ids,
                zones=settings.zones,
                now=now,
            )
            return AcceptResult(generation=accepted, fresh=True, place_taken=taken)

        return await self.db.write(work)

    async def check_accept(self, new: Generation, policy: AdmissionPolicy, *, now: datetime) -> bool:
        """See `Generations.check_accept`: reads what `accept` reads, outside any transaction."""

        async def work(read: Read) -> bool:
            if await _earlier(read, new):
                return False
            settings, limits = await _open_to(read, new, policy, now, await _server(read, new))
            await ledger.check(
                read,
                guild_id=new.guild_id,
                member_id=new.member_id,
                amount=_amount(new),
                limits=limits,
                role_ids=policy.role_ids,
                zones=settings.zones,
                now=now,
            )
            return True

        return await self.db.reading(work)

    async def last_of(self, new: Generation, policy: AdmissionPolicy, *, now: datetime) -> LimitUsage | None:
        """See `Generations.last_of`."""

        async def work(read: Read) -> LimitUsage | None:
            settings, limits = await _open_to(read, new, policy, now, await _server(read, new))
            used = await ledger.uses(read, new.guild_id, new.member_id, limits, zones=settings.zones, now=now)
            lots = await grants.lots(read, new.guild_id, new.member_id, policy.role_ids, now=now)
            return takes_last(used, _amount(new), totals(lots))

        return await self.db.reading(work)

    async def generation(self, generation_id: str) -> Generation | None:
        """Return one generation, or None."""
        found = await self.db.read("SELECT * FROM generation WHERE id = ?", (generation_id,))
        return rows.generation(found[0]) if found else None

    async def cancel(self, generation_id: str, *, now: datetime) -> Generation:
        """See `Generations.cancel`."""

        async def work(writing: Writing) -> tuple[Generation, bool]:
            await locks.lock_guild_of(writing, generation_id)
            found = await fetch(
                writing, "SELECT state, forget FROM generation WHERE id = ? FOR NO KEY UPDATE", (generation_id,)
            )
            if not found:
                raise IllegalTransition(f"there is no generation {generation_id} to cancel")
            step(State(found[0]["state"]), State.CANCELLED)
            [row] = await fetch(
                writing,
                "UPDATE generation SET state = 'cancelled', finished_at = ?, hold = NULL, revision = revision + 1,"
                " card_due_at = ? WHERE id = ? RETURNING *",
                (to_ms(now), to_ms(now), generation_id),
            )
            await ledger.resolve(writing, generation_id, Resolution.VOID, now)
            return rows.generation(row), bool(found[0]["forget"])

        cancelled, forgotten = await self.db.write(work)
        if forgotten:
            await self.db.scrub()
        return cancelled

    async def withdraw(self, generation_id: str, *, now: datetime) -> bool:
        """See `Generations.withdraw`. Its card is no longer searched for, and its form can be submitted again."""

        async def work(writing: Writing) -> tuple[bool, bool]:
            await locks.lock_guild_of(writing, generation_id)
            found = await fetch(
                writing,
                "UPDATE generation SET state = 'cancelled', finished_at = ?, hold = NULL, card_answered = 1,"
                " draft_id = NULL, card_place = NULL, card_place_next = NULL,"
                " revision = revision + 1 WHERE id = ? AND state = 'reserved' RETURNING forget",
                (to_ms(now), generation_id),
            )
            if found:
                await ledger.resolve(writing, generation_id, Resolution.VOID, now)
            return bool(found), bool(found and found[0]["forget"])

        withdrawn, forgotten = await self.db.write(work)
        if forgotten:
            await self.db.scrub()
        return withdrawn


async def _earlier(read: Read, new: Generation) -> list[Row]:
    """Return the generation of the same interaction or form, if there is one.

    There hardly ever is, and SQLite takes longer to name eighty columns than to find that out.
    """
    if new.draft_id is None:
        found = await read("SELECT id FROM generation WHERE interaction_id = ?", (new.interaction_id,))
    else:
        found = await read(
            "SELECT id FROM generation WHERE interaction_id = ? OR draft_id = ?", (new.interaction_id, new.draft_id)
        )
    return await read("SELECT * FROM generation WHERE id = ?", (found[0]["id"],)) if found else []


async def _insert(writing: Writing, new: Generation, place: int | None, accepted_by: str | None, now: datetime) -> bool:
    """Insert a generation, and reserve the place that its card is about to show; False where another card has it.

    No other column is returned: the caller knows them, and SQLite takes long to return eighty.
    """
    columns = {**rows.new_generation(new), "accepted_by": accepted_by}
    values = {**columns, "place": place or None, "guild": new.guild_id, "now": to_ms(now)}
    [row] = await fetch(writing, _insertion(tuple(columns)), values)
    return row["card_place_next"] is not None


@cache
def _insertion(columns: tuple[str, ...]) -> str:
    marks = ", ".join(f":{name}" for name in columns)
    return (
        f"INSERT INTO generation ({', '.join(columns)}, card_place_next)"
        f" VALUES ({marks}, CASE WHEN NOT ({PLACE_TAKEN}) THEN CAST(:place AS BIGINT) END) RETURNING card_place_next"
    )


async def _server(read: Read, new: Generation) -> Server:
    """Return what the server has set, and its rules that may bind this member."""
    return await _settings(read, new.guild_id), await rules.rules_of(read, new.guild_id, new.member_id)


async def _kept_server(writing: Writing, new: Generation) -> Server:
    """Return the same from what the writer keeps."""
    settings = await writing.kept(guilds.TABLES, new.guild_id, partial(_settings, guild_id=new.guild_id))
    return settings, await rules.kept_rules_of(writing, new.guild_id, new.member_id)


async def _settings(read: Read, guild_id: str) -> GuildSettings:
    return await guilds.settings(read, guild_id, lists=False)


async def _open_to(
    read: Read, new: Generation, policy: AdmissionPolicy, now: datetime, server: Server
) -> tuple[GuildSettings, list[Limit]]:
    """Return the server's settings and every limit that applies, if they allow this member one more job.

    Raises Refusal as `GuildSettings.check_pause` and `check_open` do.
    """
    settings, found = server
    settings.check_pause(now)
    [[count, running, reserved]] = await read(
        "SELECT count(*), count(*) FILTER (WHERE state <> 'reserved' AND rendered_at IS NULL),"
        " count(*) FILTER (WHERE state = 'reserved') FROM generation"
        " WHERE member_id = ? AND guild_id = ? AND finished_at IS NULL AND overdue = 0",
        (new.member_id, new.guild_id),
    )
    check_open(settings, count=count, running=running, reserved=reserved, most_open=policy.most_open)
    bound = bindings(new.member_id, policy.role_ids, found, policy.default)
    return settings, [*(binding.limit for binding in bound if binding.limit), *pools(found), *policy.budget]


def _amount(new: Generation) -> Amount:
    return Amount(videos=1, seconds=new.seconds, micros=new.price_micros)
