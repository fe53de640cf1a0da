"""Converts rows to the domain's records and back."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.generation import Generation, Image, Orientation, State, Video
from bot.domain.messages.delivery import Delivery, DeliveryState
from bot.domain.provider import Format
from bot.domain.requests.origins import NOTHING_TAKEN, LeftOut, Origins, Part, StyleSince
from bot.domain.requests.styles import Style
from bot.storage.columns import from_ms, gap_ms, maybe_ms, maybe_time, to_ms
from bot.storage.database import Row

FEW = 200  # rows that are converted at once


def generation(row: Row) -> Generation:
    """Return a row of `generation` as a record."""
    video = None
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
        image=_image(row, "image"),
        submitting_at=maybe_time(row["submitting_at"]),
        submitted_at=maybe_time(row["submitted_at"]),
        rendered_at=maybe_time(row["rendered_at"]),
        finished_at=maybe_time(row["finished_at"]),
        missing_since=maybe_time(row["missing_since"]),
        sent_there=maybe_time(row["sent_there"]),
        doubted_at=maybe_time(row["doubted_at"]),
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
        end_image=_image(row, "end_image"),
        shape_from_image=bool(row["shape_from_image"]),
        sound=None if row["sound"] is None else bool(row["sound"]),
        avoid=row["avoid"],
        seed=row["seed"],
        estimate=bool(row["estimate"]),
        continues_id=row["continues_id"],
        joined=tuple(map(int, row["joined"].split(","))) if row["joined"] else (),
        style=None if row["style"] is None else Style(name=row["style"], text=row["style_text"]),
        origins=_origins(row["origins"]),
        prompt_expired=row["prompt"] == "" and not row["forget"],
    )


def _image(row: Row, name: str) -> Image | None:
    """Return the picture in the columns that begin with a name."""
    if row[f"{name}_file"] is None:
        return None
    return Image(
        file=row[f"{name}_file"],
        media_type=row[f"{name}_type"],
        url=row[f"{name}_url"],
        url_until=maybe_time(row[f"{name}_url_until"]),
        kept=bool(row[f"{name}_kept"]),
        spoiler=bool(row[f"{name}_spoiler"]),
    )


def _origins(column: str) -> Origins:
    if not column:
        return NOTHING_TAKEN
    found: dict[str, Any] = json.loads(column)
    since = found.get("style_since")
    return Origins(
        defaults=tuple(Part(part) for part in found["defaults"]),
        thread=tuple(Part(part) for part in found["thread"]),
        left_out=tuple(LeftOut(part=Part(part), value=value) for part, value in found["left_out"]),
        style_since=StyleSince(since) if since else None,
    )


def _origins_column(origins: Origins) -> str:
    """Return the origins as JSON; empty where there are none, as for most jobs."""
    if origins == NOTHING_TAKEN:
        return ""
    left_out = [(one.part, one.value) for one in origins.left_out]
    return json.dumps(
        {
            "defaults": origins.defaults,
            "thread": origins.thread,
            "left_out": left_out,
            "style_since": origins.style_since,
        }
    )


async def generations(found: Sequence[Row]) -> list[Generation]:
    """Return many rows of `generation` as records.

    More than a few hundred are converted in a thread, because it takes a while.
    """
    if len(found) <= FEW:
        return [generation(row) for row in found]
    return await asyncio.to_thread(lambda: [generation(row) for row in found])


def as_stored(new: Generation) -> Generation:
    """Return a generation that is being accepted as it will be read again: its times are whole milliseconds."""
    exact = new.accepted_at.microsecond % 1000 == new.due_at.microsecond % 1000 == 0
    if exact and new.root_id and new.state is State.RESERVED:
        return new
    return replace(
        new,
        state=State.RESERVED,
        accepted_at=from_ms(to_ms(new.accepted_at)),
        due_at=from_ms(to_ms(new.due_at)),
        root_id=new.root_id or new.id,
    )


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
        **_image_columns("image", new.image),
        **_image_columns("end_image", new.end_image),
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
        "shape_from_image": int(new.shape_from_image),
        "sound": None if new.sound is None else int(new.sound),
        "avoid": new.avoid,
        "seed": new.seed,
        "estimate": int(new.estimate),
        "continues_id": new.continues_id,
        "style": new.style.name if new.style else None,
        "style_text": new.style.text if new.style else None,
        "origins": _origins_column(new.origins),
    }


def _image_columns(name: str, image: Image | None) -> dict[str, str | int | None]:
    return {
        f"{name}_file": image.file if image else None,
        f"{name}_type": image.media_type if image else None,
        f"{name}_url": image.url if image else None,
        f"{name}_url_until": maybe_ms(image.url_until) if image else None,
        f"{name}_kept": int(image.kept) if image else 0,
        f"{name}_spoiler": int(image.spoiler) if image else 0,
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
