"""The stored content of open forms."""

import json
from datetime import datetime

from bot.domain.generation import Orientation
from bot.domain.requests.drafts import Draft
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Writing


class DraftQueries:
    """The part of the store for forms."""

    db: Database

    async def keep_draft(self, draft: Draft) -> None:
        """See `DraftStore.keep_draft`."""
        columns = _draft(draft)

        async def work(writing: Writing) -> None:
            marks = ", ".join(f":{name}" for name in columns)
            await writing.execute(f"INSERT INTO draft ({', '.join(columns)}) VALUES ({marks})", columns)

        await self.db.write(work)

    async def fill_draft(self, draft: Draft) -> None:
        """See `DraftStore.fill_draft`.

        One statement: what `/privacy delete` has removed since it was read stays removed.
        """
        columns = _draft(draft)

        async def work(writing: Writing) -> None:
            filled = ", ".join(f"{name} = :{name}" for name in columns if name != "id")
            await writing.execute(f"UPDATE draft SET {filled} WHERE id = :id", columns)

        await self.db.write(work)

    async def draft(self, draft_id: str) -> Draft | None:
        """See `DraftStore.draft`."""
        found = await self.db.read("SELECT * FROM draft WHERE id = ?", (draft_id,))
        if not found:
            return None
        [row] = found
        return Draft(
            id=row["id"],
            guild_id=row["guild_id"],
            member_id=row["member_id"],
            made_at=from_ms(row["made_at"]),
            generation_id=row["generation_id"],
            pictures=tuple(json.loads(row["pictures"])),
            covered=frozenset(json.loads(row["covered"])),
            image_gone=bool(row["image_gone"]),
            prompt=row["prompt"],
            orientation=Orientation(row["orientation"]) if row["orientation"] else None,
            seconds=row["seconds"],
            model=row["model"],
            picture=row["picture"],
            no_image=bool(row["no_image"]),
            image_lost=bool(row["image_lost"]),
            sound=None if row["sound"] is None else bool(row["sound"]),
            avoid=row["avoid"],
            seed=row["seed"],
            end_picture=row["end_picture"],
            end_covered=bool(row["end_covered"]),
            price_micros=row["price_micros"],
            continues=bool(row["continues"]),
            style=row["style"],
            command=bool(row["command"]),
            image_refused=bool(row["image_refused"]),
        )

    async def forget_drafts(self, *, made_before: datetime) -> None:
        """See `DraftStore.forget_drafts`. Nothing is written if there are none."""
        old = "made_at < ?"
        if not await self.db.read(f"SELECT id FROM draft WHERE {old} LIMIT 1", (to_ms(made_before),)):
            return

        async def work(writing: Writing) -> None:
            await writing.execute(f"DELETE FROM draft WHERE {old}", (to_ms(made_before),))

        await self.db.write(work)


def _draft(draft: Draft) -> dict[str, str | int | None]:
    """Return the columns of a draft."""
    return {
        "id": draft.id,
        "guild_id": draft.guild_id,
        "member_id": draft.member_id,
        "generation_id": draft.generation_id,
        "pictures": json.dumps(draft.pictures),
        "covered": json.dumps(sorted(draft.covered)),
        "image_gone": int(draft.image_gone),
        "prompt": draft.prompt,
        "orientation": draft.orientation,
        "seconds": draft.seconds,
        "made_at": to_ms(draft.made_at),
        "model": draft.model,
        "picture": draft.picture,
        "no_image": int(draft.no_image),
        "image_lost": int(draft.image_lost),
        "sound": None if draft.sound is None else int(draft.sound),
        "avoid": draft.avoid,
        "seed": draft.seed,
        "end_picture": draft.end_picture,
        "end_covered": int(draft.end_covered),
        "price_micros": draft.price_micros,
        "continues": int(draft.continues),
        "style": draft.style,
        "command": int(draft.command),
        "image_refused": int(draft.image_refused),
    }
