"""Small facts kept between runs, by name."""

from bot.storage.connection import Writing
from bot.storage.database import Database


class ValueQueries:
    """The part of the store that keeps small facts."""

    db: Database

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
