"""Converts rows to the domain's records and back."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.generation import Generation, Image, Orientation, State, Video
from bot.domain.jobs import Format
from bot.storage.columns import from_ms, gap_ms, maybe_ms, maybe_time, to_ms
from bot.storage.sqlite.connection import Row

FEW = 200  # rows that are converted at once


def generation(row: Row) -> Generation:
    """Return a row of `generation` as a record."""
    image = video = None
    if row["image_file"] is not None:
        image = Image(
            file=row["image_file"],
            media_type=row["image_type"],
            url=row["image_url"],
            url_until=maybe_time(row["image_url_until"]),
            kept=bool(row["image_kept"]),
            spoiler=bool(row["image_spoiler"]),
        )
    if row["video_file"] is not None:
        video = Video(
            file=row["video_file"], size=row["video_size"], media_type=row["video_type"], sha256=row["video_sha256"]
        )
    return Generation(
        id=row["id"],
        interaction_id=row["interaction_id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        member_id=row["member_id"],
        prompt=row["prompt"],
        family=row["family"],
        model=row["model"],
        format=Format(row["format"]),
        orientation=Orientation(row["orientation"]),
        seconds=row["seconds"],
        price_micros=row["price_micros"],
        state=State(row["state"]),
        accepted_at=from_ms(row["accepted_at"]),
        due_at=from_ms(row["due_at"]),
        image=image,
        submitting_at=maybe_time(row["submitting_at"]),
        submitted_at=maybe_time(row["submitted_at"]),
        rendered_at=maybe_time(row["rendered_at"]),
        finished_at=maybe_time(row["finished_at"]),
        missing_since=maybe_time(row["missing_since"]),
        sent_there=maybe_time(row["sent_there"]),
        tried=timedelta(milliseconds=row["tried_ms"]),
        overdue=bool(row["overdue"]),
        attempts=row["attempts"],
        job_id=row["job_id"],
        progress=row["progress"],
        video_url=row["video_url"],
        video=video,
        fault=row["fault"],
        hold=row["hold"],
        card_message_id=row["card_message_id"],
        parent_id=row["parent_id"],
        root_id=row["root_id"],
        version=row["version"],
        parent_channel_id=row["parent_channel_id"],
        locale=row["locale"],
        draft_id=row["draft_id"],
    )


async def generations(found: Sequence[Row]) -> list[Generation]:
    """Return many rows of `generation` as records.

    More than a few hundred are converted in a thread, because it takes a while.
    """
    if len(found) <= FEW:
        return [generation(row) for row in found]
    return await asyncio.to_thread(lambda: [generation(row) for row in found])


def new_generation(new: Generation) -> dict[str, str | int | None]:
    """Return the columns of a generation that is being accepted."""
    return {
        "id": new.id,
        "interaction_id": new.interaction_id,
        "guild_id": new.guild_id,
        "channel_id": new.channel_id,
        "member_id": new.member_id,
        "prompt": new.prompt,
        "family": new.family,
        "model": new.model,
        "format": new.format,
        "orientation": new.orientation,
        "seconds": new.seconds,
        "price_micros": new.price_micros,
        "image_file": new.image.file if new.image else None,
        "image_type": new.image.media_type if new.image else None,
        "image_url": new.image.url if new.image else None,
        "image_url_until": maybe_ms(new.image.url_until) if new.image else None,
        "image_kept": int(new.image.kept) if new.image else 0,
        "image_spoiler": int(new.image.spoiler) if new.image else 0,
        "state": State.RESERVED,
        "accepted_at": to_ms(new.accepted_at),
        "due_at": to_ms(new.due_at),
        "gap_ms": gap_ms(new.due_at, new.accepted_at),
        "parent_id": new.parent_id,
        "root_id": new.root_id or new.id,
        "version": new.version,
        "parent_channel_id": new.parent_channel_id,
        "locale": new.locale,
        "draft_id": new.draft_id,
    }


def delivery(row: Row | Mapping[str, Any]) -> Delivery:
    """Return a row of `delivery` as a record. After the post was removed it has no message."""
    return Delivery(
        id=row["id"],
        generation_id=row["generation_id"],
        channel_id=row["channel_id"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        queued_at=from_ms(row["queued_at"]),
        tried=timedelta(milliseconds=row["tried_ms"]),
        message_id=None if row["removed_at"] else row["message_id"],
        why=row["why"],
        asked_id=row["asked_id"],
    )
