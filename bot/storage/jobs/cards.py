"""What a status card shows besides its generation, and which cards may be outdated."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from bot.domain.generation import Generation, State
from bot.domain.messages.card import CardContext, CardRecord, DueCard, WantedPlace
from bot.domain.queue.order import places
from bot.domain.queue.view import QueueView
from bot.domain.versions.visibility import hidden, shown_to_all
from bot.storage import locks, rows
from bot.storage.columns import maybe_ms, to_ms
from bot.storage.database import Database, Read, Row, Writing, fetch
from bot.storage.jobs.queue_state import read_queue, state_of, usual_times, view_of
from bot.storage.versions import families

CARD_GAP_MS = 5_000  # between two progress edits of one card
# A card that is due later than this was scheduled before a clock was set back. A card of an ended job may have to wait
# until an archived thread is opened.
CARD_LONGEST_GAP = "CASE WHEN finished_at IS NULL THEN 600000 ELSE 21600000 END"
# How long a step waits for the card it needs: the submit for the image's address, the post for the message to reply to.
CARD_GRACE_MS = 10_000
NO_LONGER_NEW = (
    "(accepted_at <= :now - :grace OR accepted_at > :now)"  # accepted after now: the clock has been set back
)

# Needs a process that lives: it knows what Discord makes of the card, and records it.
ANSWERING = "EXISTS (SELECT 1 FROM process WHERE process.id = accepted_by)"

# Cards that will need an update. One of a succeeded job waits until its post is sent or given up, so that it can link
# to it, unless the post has failed once.
CARDS = (
    "generation LEFT JOIN delivery ON delivery.generation_id = generation.id WHERE card_due_at IS NOT NULL"
    " AND card_message_id IS NOT NULL AND (delivery.id IS NULL OR delivery.state IN ('sent', 'undeliverable')"
    " OR (delivery.state = 'queued' AND delivery.attempts > 0))"
)

# Those that are looked at by their time. The cards of waiting jobs are chosen by the view of the queue instead.
TIMED_CARDS = f"{CARDS} AND generation.state <> 'reserved'"

# Another card of the server that shows a place, or is about to. One that has ended counts until its closing edit, unless
# that edit has to wait for a moderator.
PLACE_TAKEN = " OR ".join(
    f"EXISTS (SELECT 1 FROM generation AS other WHERE other.guild_id = :guild AND other.{column} = :place"
    " AND other.id <> :id AND (other.finished_at IS NULL OR other.card_due_at <= CAST(:now AS BIGINT) + 15000))"
    for column in ("card_place", "card_place_next")
)


async def take_place(writing: Writing, generation_id: str, guild_id: str, place: int | None, *, now: datetime) -> bool:
    """Reserve the place that a card is about to show; False, and none is reserved, where another of its server has it."""
    found = await fetch(
        writing,
        f"UPDATE generation SET card_place_next = CASE WHEN NOT ({PLACE_TAKEN}) THEN :place END WHERE id = :id"
        " RETURNING card_place_next",
        {"id": generation_id, "guild": guild_id, "place": place, "now": to_ms(now)},
    )
    return bool(found) and found[0]["card_place_next"] == place


class CardQueries:
    """The part of the store for cards."""

    db: Database

    async def set_card(
        self,
        generation_id: str,
        *,
        message_id: str | None,
        image_url: str | None,
        image_until: datetime | None,
        end_image_url: str | None = None,
        end_image_until: datetime | None = None,
        shown: str,
        now: datetime,
    ) -> None:
        """See `CardStore.set_card`. The card may already be outdated: it is checked once the gap has passed."""

        async def work(writing: Writing) -> None:
            await writing.execute(
                "UPDATE generation SET card_answered = 1, card_message_id = ?,"
                # Without a file there was none, or it has been deleted.
                " image_url = CASE WHEN image_file IS NOT NULL THEN coalesce(?, image_url) END,"
                " image_url_until = CASE WHEN image_file IS NOT NULL THEN coalesce(?, image_url_until) END,"
                " end_image_url = CASE WHEN end_image_file IS NOT NULL THEN coalesce(?, end_image_url) END,"
                " end_image_url_until = CASE WHEN end_image_file IS NOT NULL THEN coalesce(?, end_image_url_until) END,"
                " card_shown = ?, card_edited_at = ?,"
                " card_place = CASE WHEN CAST(? AS TEXT) IS NOT NULL THEN card_place_next END,"
                " card_due_at = CASE WHEN finished_at IS NULL THEN CAST(? AS BIGINT) ELSE ? END WHERE id = ?",
                (
                    message_id,
                    image_url,
                    maybe_ms(image_until),
                    end_image_url,
                    maybe_ms(end_image_until),
                    shown,
                    to_ms(now),
                    message_id,
                    to_ms(now) + CARD_GAP_MS,
                    to_ms(now),
                    generation_id,
                ),
            )

        await self.db.write(work)

    async def cardless(self) -> list[Generation]:
        """See `CardStore.cardless`."""
        return await rows.generations(
            await self.db.read(
                f"SELECT * FROM generation WHERE card_answered = 0 AND NOT {ANSWERING} ORDER BY accepted_at"
            )
        )

    async def queue(self, *, most: int, now: datetime) -> QueueView:
        """See `CardStore.queue`."""
        return await view_of(await self.db.reading(read_queue), most=most, now=now)

    async def card_context(
        self, generation: Generation, *, most: int | None = None, now: datetime | None = None
    ) -> CardContext:
        """See `CardStore.card_context`."""
        [found] = await self.card_contexts([generation])
        if generation.state is not State.RESERVED:
            return found
        state = state_of(await self.db.reading(read_queue))
        waits = places(state, most=most if now else None, now=now or generation.accepted_at).get(generation.id)
        return found if waits is None else replace(found, queue_position=waits.shown, starts_in=waits.starts_in)

    async def card_contexts(self, generations: Sequence[Generation]) -> list[CardContext]:
        """See `CardStore.card_contexts`."""
        if not generations:
            return []
        return await self.db.reading(lambda read: _contexts(read, generations))

    async def waiting_cards(self, generation_ids: Sequence[str]) -> list[DueCard]:
        """See `CardStore.waiting_cards`."""
        if not generation_ids:
            return []
        found = await self.db.read(
            f"SELECT * FROM generation WHERE id IN ({', '.join('?' * len(generation_ids))})"
            " AND state = 'reserved' AND card_message_id IS NOT NULL",
            generation_ids,
        )
        return [_due(row) for row in found]

    async def take_places(self, wanted: Sequence[WantedPlace], *, now: datetime) -> set[str]:
        """See `CardStore.take_places`.

        A crash after this leaves places that are taken until the cards are edited the next time.
        """
        if not wanted:
            return set()

        async def work(writing: Writing) -> set[str]:
            await writing.lock(*(locks.guild(guild_id) for guild_id in sorted({one.guild_id for one in wanted})))
            return {
                one.generation_id
                for one in sorted(wanted, key=attrgetter("generation_id"))
                if await take_place(writing, one.generation_id, one.guild_id, one.place, now=now)
            }

        return await self.db.write(work)

    async def cards_due(self, *, now: datetime, limit: int, waiting: bool = True) -> list[DueCard]:
        """See `CardStore.cards_due`."""
        which = CARDS if waiting else TIMED_CARDS
        found = await self.db.read(
            f"WITH due AS (SELECT generation.*, row_number() OVER (PARTITION BY generation.channel_id"
            f" ORDER BY finished_at IS NULL, card_due_at) AS turn FROM {which}"
            f" AND (card_due_at <= :now OR card_due_at > :now + {CARD_LONGEST_GAP}))"
            " SELECT * FROM due WHERE turn = 1 ORDER BY finished_at IS NULL, card_due_at LIMIT :limit",
            {"now": to_ms(now), "limit": limit},
        )
        return [_due(row) for row in found]

    async def record_cards(self, records: Sequence[CardRecord], *, now: datetime) -> None:
        """See `CardStore.record_cards`. A change since the card was read keeps it due."""

        async def work(writing: Writing) -> None:
            await writing.executemany(
                "UPDATE generation SET card_shown = :shown,"
                " card_edited_at = CASE WHEN card_shown = :shown THEN card_edited_at ELSE :now END,"
                " card_due_at = CASE WHEN revision = :revision THEN :again"
                " WHEN finished_at IS NOT NULL THEN card_due_at ELSE :now + :gap END,"
                " card_place = CASE WHEN :seen = 0 THEN card_place WHEN :waits = 1 THEN card_place_next END,"
                " card_place_next = CASE WHEN :seen = 0 OR :waits = 1 THEN card_place_next END WHERE id = :id",
                [
                    {
                        "shown": record.shown,
                        "now": to_ms(now),
                        "again": maybe_ms(record.again_at),
                        "revision": record.card.revision,
                        "gap": CARD_GAP_MS,
                        "seen": int(record.seen),
                        "waits": int(record.waits),
                        "id": record.card.generation.id,
                    }
                    for record in sorted(records, key=lambda one: one.card.generation.id)
                ],
            )

        await self.db.write(work)

    async def cards_due_now(self, channel_id: str, *, now: datetime) -> int:
        """See `CardStore.cards_due_now`."""

        async def work(writing: Writing) -> int:
            found = await fetch(
                writing,
                "UPDATE generation SET card_due_at = :now WHERE id IN (SELECT id FROM generation"
                " WHERE card_due_at IS NOT NULL AND card_message_id IS NOT NULL AND card_due_at > :now"
                f" AND finished_at IS NOT NULL AND channel_id = :channel {locks.IN_ORDER}) RETURNING id",
                {"now": to_ms(now), "channel": channel_id},
            )
            return len(found)

        return await self.db.write(work)


def _due(row: Row) -> DueCard:
    return DueCard(generation=rows.generation(row), shown=row["card_shown"], revision=row["revision"])


async def _contexts(read: Read, generations: Sequence[Generation]) -> list[CardContext]:
    usual = await usual_times(read, ((one.model, one.seconds) for one in generations))
    ids = [one.id for one in generations]
    among = f"generation_id IN ({', '.join('?' * len(ids))})"
    posts = {row["generation_id"]: row for row in await read(f"SELECT * FROM delivery WHERE {among}", ids)}
    removed = {row["generation_id"] for row in await read(f"SELECT generation_id FROM removal WHERE {among}", ids)}
    found: list[CardContext] = []
    for one in generations:
        parent = await families.one(read, one.parent_id) if one.parent_id else None
        if parent and not shown_to_all(parent, one):
            parent = hidden(parent)
        posted = one.state is State.SUCCEEDED and one.id in posts
        found.append(
            CardContext(
                expected_seconds=usual.get((one.model, one.seconds)),
                delivery=rows.delivery(posts[one.id]) if posted else None,
                parent=parent,
                removed=one.id in removed,
            )
        )
    return found
