"""What a status card shows besides its generation, and which cards may be outdated."""

from collections.abc import Mapping
from datetime import datetime

from bot.domain.card import CardContext, DueCard
from bot.domain.generation import Generation, State
from bot.domain.queue_order import Kind, QueuePlace, places
from bot.domain.visibility import hidden, shown_to_all
from bot.storage import rows, versions
from bot.storage.columns import maybe_ms, to_ms
from bot.storage.queue_state import read_state, usual_times
from bot.storage.sqlite.connection import Read, Writing, fetch
from bot.storage.sqlite.database import Database

CARD_GAP_MS = 5_000  # between two progress edits of one card
# A card that is due later than this was scheduled before a clock was set back. A card of an ended job may have to wait
# until an archived thread is opened.
CARD_LONGEST_GAP = "CASE WHEN finished_at IS NULL THEN 600000 ELSE 21600000 END"
# How long a step waits for the card it needs: the submit for the image's address, the post for the message to reply to.
CARD_GRACE_MS = 10_000
NO_LONGER_NEW = (
    "(accepted_at <= :now - :grace OR accepted_at > :now)"  # accepted after now: the clock has been set back
)

# Cards that will need an update. One of a succeeded job waits until its post is sent or given up, so that it can link
# to it, unless the post has failed once.
CARDS = (
    "generation LEFT JOIN delivery ON delivery.generation_id = generation.id WHERE card_due_at IS NOT NULL"
    " AND card_message_id IS NOT NULL AND (delivery.id IS NULL OR delivery.state IN ('sent', 'undeliverable')"
    " OR (delivery.state = 'queued' AND delivery.attempts > 0))"
)


# A change to the queue makes the waiting cards of the server due. The + keeps to the index of open jobs.
QUEUE_MOVED = (
    f"UPDATE generation SET card_due_at = max(:now, min(card_edited_at, :now) + {CARD_GAP_MS})"
    " WHERE finished_at IS NULL AND state = 'reserved' AND card_message_id IS NOT NULL AND +guild_id = :guild"
    f" AND card_due_at > max(:now, min(card_edited_at, :now) + {CARD_GAP_MS})"
)
# Another card of the server that shows a place, or is about to. One that has ended counts until its closing edit, unless
# that edit has to wait for a moderator.
_SHOWN_BY_ANOTHER = (
    "EXISTS (SELECT 1 FROM generation AS other INDEXED BY {index} WHERE other.guild_id = :guild AND other.{column} = :place"
    " AND other.id <> :id AND (other.finished_at IS NULL OR other.card_due_at <= :now + 15000))"
)
PLACE_TAKEN = " OR ".join(
    _SHOWN_BY_ANOTHER.format(index=index, column=column)
    for index, column in (("generation_place", "card_place"), ("generation_place_next", "card_place_next"))
)


async def queue_moved(writing: Writing, guild_id: str, now: datetime) -> None:
    """Make the waiting cards of a server due, because their places may have changed."""
    await writing.execute(QUEUE_MOVED, {"guild": guild_id, "now": to_ms(now)})


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
                " card_shown = ?, card_edited_at = ?, card_place = CASE WHEN ? IS NOT NULL THEN card_place_next END,"
                " card_due_at = CASE WHEN finished_at IS NULL THEN ? ELSE ? END WHERE id = ?",
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
            await self.db.read("SELECT * FROM generation WHERE card_answered = 0 ORDER BY accepted_at")
        )

    async def card_context(
        self, generation: Generation, *, most: int | None = None, now: datetime | None = None
    ) -> CardContext:
        """See `CardStore.card_context`."""
        read = self.db.read
        if generation.state is not State.RESERVED:
            usual = await usual_times(read, [(generation.model, generation.seconds)])
            return await _context(read, generation, usual, None)
        state, _ = await read_state(read)
        place = places(state, most=most if now else None, now=now or generation.accepted_at).get(generation.id)
        usual = state.usual or await usual_times(read, [(generation.model, generation.seconds)])
        return await _context(read, generation, usual, place)

    async def take_place(self, generation_id: str, guild_id: str, place: int | None, *, now: datetime) -> bool:
        """See `CardStore.take_place`.

        A crash after this leaves a place that is taken until the card is edited the next time.
        """
        values = {"id": generation_id, "guild": guild_id, "place": place, "now": to_ms(now)}
        [[known]] = await self.db.read(
            "SELECT count(*) FROM generation WHERE id = :id AND card_place IS :place AND card_place_next IS :place",
            values,
        )
        if known:
            return True

        async def work(writing: Writing) -> bool:
            taken = await fetch(
                writing,
                f"UPDATE generation SET card_place_next = CASE WHEN NOT ({PLACE_TAKEN}) THEN :place END WHERE id = :id"
                " RETURNING card_place_next IS :place AS taken",
                values,
            )
            return bool(taken and taken[0]["taken"])

        return await self.db.write(work)

    async def cards_due(self, *, now: datetime, limit: int) -> list[DueCard]:
        """See `CardStore.cards_due`."""
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

    async def record_card(
        self, card: DueCard, *, shown: str, again_at: datetime | None, now: datetime, seen: bool = True
    ) -> None:
        """See `CardStore.record_card`. A change since the card was read keeps it due."""
        waits = card.generation.state is State.RESERVED and again_at is not None  # else its card is gone
        place = ""
        if seen:
            place = ", card_place = " + ("card_place_next" if waits else "NULL, card_place_next = NULL")

        async def work(writing: Writing) -> None:
            await writing.execute(
                "UPDATE generation SET card_shown = :shown,"
                " card_edited_at = CASE WHEN card_shown = :shown THEN card_edited_at ELSE :now END,"
                " card_due_at = CASE WHEN revision = :revision THEN :again"
                " WHEN finished_at IS NOT NULL THEN card_due_at"
                f" ELSE :now + :gap END{place} WHERE id = :id",
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
        """See `CardStore.cards_due_now`."""

        async def work(writing: Writing) -> int:
            found = await fetch(
                writing,
                "UPDATE generation SET card_due_at = :now WHERE card_due_at IS NOT NULL AND card_message_id IS NOT NULL"
                " AND card_due_at > :now AND finished_at IS NOT NULL AND channel_id = :channel RETURNING id",
                {"now": to_ms(now), "channel": channel_id},
            )
            return len(found)

        return await self.db.write(work)


async def _context(
    read: Read, generation: Generation, usual: Mapping[Kind, float], place: QueuePlace | None
) -> CardContext:
    """Return what a card shows. usual: the usual times of its kind and perhaps others. place: where it waits."""
    delivery = None
    if generation.state is State.SUCCEEDED:
        posts = await read("SELECT * FROM delivery WHERE generation_id = ?", (generation.id,))
        delivery = rows.delivery(posts[0]) if posts else None
    parent = await versions.one(read, generation.parent_id) if generation.parent_id else None
    if parent and not shown_to_all(parent, generation):
        parent = hidden(parent)
    removed = await read("SELECT 1 FROM removal WHERE generation_id = ?", (generation.id,))
    return CardContext(
        queue_position=(place.position if place.place is None else place.place) if place else None,
        expected_seconds=usual.get((generation.model, generation.seconds)),
        starts_in=place.starts_in if place else None,
        delivery=delivery,
        parent=parent,
        removed=bool(removed),
    )
