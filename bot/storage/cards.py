"""What a status card shows besides its generation, and which cards may be outdated."""

import statistics
from datetime import datetime

from bot.domain.card import CardContext, DueCard
from bot.domain.generation import Generation, State
from bot.domain.visibility import hidden, shown_to_all
from bot.storage import rows, versions
from bot.storage.columns import maybe_ms, to_ms
from bot.storage.fair_queue import QUEUE
from bot.storage.sqlite.connection import Writing, fetch
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
                " card_due_at = CASE WHEN finished_at IS NULL THEN ? ELSE ? END WHERE id = ?",
                (
                    message_id,
                    image_url,
                    maybe_ms(image_until),
                    end_image_url,
                    maybe_ms(end_image_until),
                    shown,
                    to_ms(now),
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
            # A negative duration comes from a changed clock, one of a day from a bot that did not run.
            " AND rendered_at IS NOT NULL AND rendered_at BETWEEN submitted_at AND submitted_at + 86400000"
            " ORDER BY rendered_at DESC LIMIT 20",
            (generation.model, generation.seconds),
        )
        expected = statistics.median(row["took"] for row in past) / 1000 if past else None
        parent = await versions.one(self.db.read, generation.parent_id) if generation.parent_id else None
        if parent and not shown_to_all(parent, generation):
            parent = hidden(parent)
        removed = await self.db.read("SELECT 1 FROM removal WHERE generation_id = ?", (generation.id,))
        return CardContext(
            queue_position=place,
            expected_seconds=expected,
            delivery=delivery,
            parent=parent,
            removed=bool(removed),
        )

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

    async def record_card(self, card: DueCard, *, shown: str, again_at: datetime | None, now: datetime) -> None:
        """See `CardStore.record_card`. A change since the card was read keeps it due."""

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
