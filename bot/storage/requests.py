"""Accepting, cancelling, and what a card or a member asks about a generation."""

import statistics
from datetime import datetime

from bot.domain.admission import AcceptResult, AdmissionPolicy
from bot.domain.card import CardContext, DueCard
from bot.domain.errors import IllegalTransition
from bot.domain.generation import Generation, State, step
from bot.domain.guild_settings import GuildSettings
from bot.domain.ledger import Amount, Resolution
from bot.domain.quota import Limit
from bot.domain.rules import bindings, pools
from bot.domain.visibility import hidden, shown_to_all
from bot.storage import guild_settings as guilds
from bot.storage import ledger, rows, versions
from bot.storage.columns import maybe_ms, to_ms
from bot.storage.connection import Read, Writing, fetch, reading
from bot.storage.database import Database

CARD_GAP_MS = 5_000  # between two progress edits of one card
# A card that is due later than so long from now is from before a clock was set back; an ended one may have to wait until a
# closed thread opens.
CARD_LONGEST_GAP = "CASE WHEN finished_at IS NULL THEN 600000 ELSE 21600000 END"
# How long a step that needs the card waits for it: the submit for the image's address, the post for what it replies to.
CARD_GRACE_MS = 10_000
NO_LONGER_NEW = "(accepted_at <= :now - :grace OR accepted_at > :now)"  # after now: the clock has been set back

# What takes a place at UniAll. A job past its soft deadline does not: it may never end, and ten of them stop nobody.
IN_FLIGHT = (
    "finished_at IS NULL AND state IN ('submitting', 'unknown', 'submitted') AND rendered_at IS NULL AND overdue = 0"
)

# Waiting jobs in the order they are sent. A member's turn counts what they have in flight and what they queued before;
# equal turns go to whom was served longest ago, then by age. So one member's twenty never stand before another's first.
# Members meet again in the order of their first meeting, as the claims will have made it: by then the one with more in
# flight today (a smaller `nth` at the same turn) was served longest ago, and whoever went first goes first again.
# Where a server lets only so many of a member's jobs run at once, those beyond are `late`: they stand behind all that
# wait for a free slot alone.
QUEUE = f"""
WITH here AS (
    SELECT member_id, guild_id, count(*) AS jobs FROM generation WHERE {IN_FLIGHT} GROUP BY member_id, guild_id
), busy AS (
    SELECT member_id, sum(jobs) AS jobs FROM here GROUP BY member_id
), placed AS (
    SELECT generation.*, most_running, coalesce(here.jobs, 0) AS running,
        coalesce(coalesce(here.jobs, 0) + row_number() OVER (
            PARTITION BY generation.guild_id, generation.member_id ORDER BY accepted_at, id) > most_running, 0) AS late
    FROM generation LEFT JOIN here ON here.member_id = generation.member_id AND here.guild_id = generation.guild_id
    LEFT JOIN guild_setting ON guild_setting.guild_id = generation.guild_id
    WHERE state = 'reserved' AND finished_at IS NULL
), waiting AS (
    SELECT *, row_number() OVER mine AS nth,
        first_value(accepted_at) OVER mine AS first_at, first_value(id) OVER mine AS first_id
    FROM placed WINDOW mine AS (PARTITION BY member_id ORDER BY late, accepted_at, id)
), turn AS (
    SELECT waiting.*, nth + coalesce(busy.jobs, 0) AS turn,
        coalesce((SELECT max(served.submitting_at) FROM generation AS served
            WHERE served.member_id = waiting.member_id AND served.submitting_at IS NOT NULL), 0) AS served_at
    FROM waiting LEFT JOIN busy USING (member_id)
), queue AS (
    SELECT *, row_number() OVER (ORDER BY late, turn, nth, served_at, first_at, first_id) AS place FROM turn
)
"""
_EARLIER = "SELECT * FROM generation WHERE interaction_id = ? OR draft_id = ?"
HAS_ROOM = "(most_running IS NULL OR running < most_running)"

# Cards that will want a look. A succeeded one waits until its post is sent or given up, so that it can link to it, unless
# the post has failed once.
CARDS = (
    "generation LEFT JOIN delivery ON delivery.generation_id = generation.id WHERE card_due_at IS NOT NULL"
    " AND card_message_id IS NOT NULL AND (delivery.id IS NULL OR delivery.state IN ('sent', 'undeliverable')"
    " OR (delivery.state = 'queued' AND delivery.attempts > 0))"
)


class RequestQueries:
    """The part of the store behind `/sora`, its card and its Cancel."""

    db: Database

    async def accept(self, new: Generation, terms: AdmissionPolicy, *, now: datetime) -> AcceptResult:
        """See `Store.accept`: rules, settings and grants are read, checked and reserved in one write transaction."""

        async def work(writing: Writing) -> AcceptResult:
            earlier = await fetch(writing, _EARLIER, (new.interaction_id, new.draft_id))
            if earlier:
                return AcceptResult(generation=rows.generation(earlier[0]), fresh=False)
            read = reading(writing)
            settings, limits = await _open_to(read, new, terms)
            columns = rows.new_generation(new) | await _numbered(writing, new)
            marks = ", ".join(f":{name}" for name in columns)
            [row] = await fetch(
                writing, f"INSERT INTO generation ({', '.join(columns)}) VALUES ({marks}) RETURNING *", columns
            )
            await ledger.reserve(
                writing,
                reservation_id=new.id,
                guild_id=new.guild_id,
                member_id=new.member_id,
                amount=_amount(new),
                limits=limits,
                zones=settings.zones,
                now=now,
            )
            return AcceptResult(generation=rows.generation(row), fresh=True)

        return await self.db.write(work)

    async def check_accept(self, new: Generation, terms: AdmissionPolicy, *, now: datetime) -> bool:
        """See `Store.check_accept`: what `accept` reads, read beside any transaction."""
        read = self.db.read
        if await read(_EARLIER, (new.interaction_id, new.draft_id)):
            return False
        settings, limits = await _open_to(read, new, terms)
        await ledger.check(
            read,
            guild_id=new.guild_id,
            member_id=new.member_id,
            amount=_amount(new),
            limits=limits,
            zones=settings.zones,
            now=now,
        )
        return True

    async def generation(self, generation_id: str) -> Generation | None:
        """One generation, or None."""
        found = await self.db.read("SELECT * FROM generation WHERE id = ?", (generation_id,))
        return rows.generation(found[0]) if found else None

    async def set_card(
        self,
        generation_id: str,
        *,
        message_id: str | None,
        image_url: str | None,
        image_until: datetime | None,
        shown: str,
        now: datetime,
    ) -> None:
        """See `Store.set_card`. The card may already be out of date: it is looked at once the gap allows."""

        async def work(writing: Writing) -> None:
            await writing.execute(
                "UPDATE generation SET card_answered = 1, card_message_id = ?,"
                # Without a file it was never there, or is forgotten by now.
                " image_url = CASE WHEN image_file IS NOT NULL THEN coalesce(?, image_url) END,"
                " image_url_until = CASE WHEN image_file IS NOT NULL THEN coalesce(?, image_url_until) END,"
                " card_shown = ?, card_edited_at = ?,"
                " card_due_at = CASE WHEN finished_at IS NULL THEN ? ELSE ? END WHERE id = ?",
                (
                    message_id,
                    image_url,
                    maybe_ms(image_until),
                    shown,
                    to_ms(now),
                    to_ms(now) + CARD_GAP_MS,
                    to_ms(now),
                    generation_id,
                ),
            )

        await self.db.write(work)

    async def cardless(self) -> list[Generation]:
        """See `Store.cardless`."""
        return await rows.generations(
            await self.db.read("SELECT * FROM generation WHERE card_answered = 0 ORDER BY accepted_at")
        )

    async def cancel(self, generation_id: str, *, now: datetime) -> Generation:
        """See `Store.cancel`."""

        async def work(writing: Writing) -> tuple[Generation, bool]:
            found = await fetch(writing, "SELECT state, forget FROM generation WHERE id = ?", (generation_id,))
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
        """See `Store.withdraw`. Nobody looks for its card any more, and its form may be sent again."""

        async def work(writing: Writing) -> tuple[bool, bool]:
            found = await fetch(
                writing,
                "UPDATE generation SET state = 'cancelled', finished_at = ?, hold = NULL, card_answered = 1,"
                " draft_id = NULL, revision = revision + 1 WHERE id = ? AND state = 'reserved' RETURNING forget",
                (to_ms(now), generation_id),
            )
            if found:
                await ledger.resolve(writing, generation_id, Resolution.VOID, now)
            return bool(found), bool(found and found[0]["forget"])

        withdrawn, forgotten = await self.db.write(work)
        if forgotten:
            await self.db.scrub()
        return withdrawn

    async def card_context(self, generation: Generation) -> CardContext:
        """See `CardContext`. The usual time is the median of the last twenty of this model and length."""
        place = delivery = None
        if generation.state is State.RESERVED:
            found = await self.db.read(f"{QUEUE} SELECT place FROM queue WHERE id = ?", (generation.id,))
            place = found[0]["place"] if found else None
        if generation.state is State.SUCCEEDED:
            posts = await self.db.read("SELECT * FROM delivery WHERE generation_id = ?", (generation.id,))
            delivery = rows.delivery(posts[0]) if posts else None
        past = await self.db.read(
            "SELECT rendered_at - submitted_at AS took FROM generation WHERE model = ? AND seconds = ?"
            # A time below zero is of a clock that was set, a day of a bot that did not run.
            " AND rendered_at IS NOT NULL AND rendered_at BETWEEN submitted_at AND submitted_at + 86400000"
            " ORDER BY rendered_at DESC LIMIT 20",
            (generation.model, generation.seconds),
        )
        expected = statistics.median(row["took"] for row in past) / 1000 if past else None
        parent = await versions.one(self.db.read, generation.parent_id) if generation.parent_id else None
        if parent and not shown_to_all(parent, generation):
            parent = hidden(parent)
        return CardContext(place=place, expected_seconds=expected, delivery=delivery, parent=parent)

    async def cards_due(self, *, now: datetime, limit: int) -> list[DueCard]:
        """See `Store.cards_due`."""
        found = await self.db.read(
            f"WITH due AS (SELECT generation.*, row_number() OVER (PARTITION BY generation.channel_id"
            f" ORDER BY finished_at IS NULL, card_due_at) AS turn FROM {CARDS}"
            f" AND (card_due_at <= :now OR card_due_at > :now + {CARD_LONGEST_GAP}))"
            " SELECT * FROM due WHERE turn = 1 ORDER BY finished_at IS NULL, card_due_at LIMIT :limit",
            {"now": to_ms(now), "limit": limit},
        )
        return [
            DueCard(generation=rows.generation(row), shown=row["card_shown"], revision=row["revision"]) for row in found
        ]

    async def record_card(self, card: DueCard, *, shown: str, again_at: datetime | None, now: datetime) -> None:
        """See `Store.record_card`. A change since the card was read keeps it due."""

        async def work(writing: Writing) -> None:
            await writing.execute(
                "UPDATE generation SET card_shown = :shown,"
                " card_edited_at = CASE WHEN card_shown = :shown THEN card_edited_at ELSE :now END,"
                " card_due_at = CASE WHEN revision = :revision THEN :again"
                " WHEN finished_at IS NOT NULL THEN card_due_at"
                " ELSE :now + :gap END WHERE id = :id",
                {
                    "shown": shown,
                    "now": to_ms(now),
                    "again": maybe_ms(again_at),
                    "revision": card.revision,
                    "gap": CARD_GAP_MS,
                    "id": card.generation.id,
                },
            )

        await self.db.write(work)

    async def cards_due_now(self, channel_id: str, *, now: datetime) -> int:
        """See `Store.cards_due_now`."""

        async def work(writing: Writing) -> int:
            found = await fetch(
                writing,
                "UPDATE generation SET card_due_at = :now WHERE card_due_at IS NOT NULL AND card_message_id IS NOT NULL"
                " AND card_due_at > :now AND finished_at IS NOT NULL AND channel_id = :channel RETURNING id",
                {"now": to_ms(now), "channel": channel_id},
            )
            return len(found)

        return await self.db.write(work)

    async def get_value(self, name: str) -> str | None:
        """A small fact kept between runs."""
        found = await self.db.read("SELECT value FROM value WHERE name = ?", (name,))
        return found[0]["value"] if found else None

    async def set_value(self, name: str, value: str) -> None:
        """Keep a small fact."""

        async def work(writing: Writing) -> None:
            await writing.execute(
                "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

        await self.db.write(work)


async def _open_to(read: Read, new: Generation, terms: AdmissionPolicy) -> tuple[GuildSettings, list[Limit]]:
    """The server's settings, where they let this member have one more job, and every limit that holds for it.

    Raises Refusal as `GuildSettings.check_open` does.
    """
    settings = await guilds.settings(read, new.guild_id, lists=False)
    [[count, running, reserved]] = await read(
        "SELECT count(*), count(*) FILTER (WHERE state <> 'reserved' AND rendered_at IS NULL),"
        " count(*) FILTER (WHERE state = 'reserved') FROM generation"
        " WHERE member_id = ? AND guild_id = ? AND finished_at IS NULL AND overdue = 0",
        (new.member_id, new.guild_id),
    )
    settings.check_open(count=count, running=running, reserved=reserved, most_open=terms.most_open)
    found = await guilds.rules(read, new.guild_id, member_id=new.member_id)
    bound = bindings(new.member_id, terms.role_ids, found, terms.default)
    return settings, [*(binding.limit for binding in bound if binding.limit), *pools(found), *terms.budget]


def _amount(new: Generation) -> Amount:
    return Amount(videos=1, seconds=new.seconds, micros=new.price_micros)


async def _numbered(writing: Writing, new: Generation) -> dict[str, str | int]:
    """Its family and its number there: those of its parent, and the next one."""
    if new.parent_id is None:
        return {}
    [[root_id, last]] = await fetch(
        writing,
        "SELECT root_id, (SELECT max(version) FROM generation WHERE root_id = parent.root_id) FROM generation AS parent"
        " WHERE id = ?",
        (new.parent_id,),
    )
    return {"root_id": root_id, "version": last + 1}
