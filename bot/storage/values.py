"""Named values that are kept between runs."""

from bot.storage.database import Database, Writing


class ValueQueries:
    """The part of the store for named values."""

    db: Database

    async def get_value(self, name: str) -> str | None:
        """Return a value kept between runs."""
        found = await self.db.read("SELECT value FROM value WHERE name = ?", (name,))
        return found[0]["value"] if found else None

    async def set_value(self, name: str, value: str) -> None:
        """Store a value."""

        async def work(writing: Writing) -> None:
            await writing.execute(
                "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

        await self.db.write(work)
