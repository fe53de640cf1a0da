"""What one process learns and all are to know: what was told, what is paused, which models there are."""

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.domain.processes.process import ModelState, Pause, Shared
from bot.storage.columns import from_ms, length_ms, to_ms
from bot.storage.database import Database, Writing, fetch


async def read(writing: Writing, *, at: datetime, told_within: timedelta) -> Shared:
    """Return all of it. A pause or an alert that lies in the future was stored before a clock was set back."""
    now = to_ms(at)
    told = await fetch(writing, "SELECT cause FROM told WHERE at > ? AND at <= ?", (now - length_ms(told_within), now))
    pauses = await fetch(writing, "SELECT * FROM pause WHERE until > ?", (now,))
    models = await fetch(writing, "SELECT * FROM model_state ORDER BY model")
    return Shared(
        told=frozenset(row["cause"] for row in told),
        pauses=tuple(Pause(name=row["name"], until=from_ms(row["until"]), fault=row["fault"]) for row in pauses),
        models=tuple(
            ModelState(
                model=row["model"],
                listed=None if row["listed"] is None else bool(row["listed"]),
                refused=bool(row["refused"]),
            )
            for row in models
        ),
    )


class SharedFactQueries:
    """The part of the store for these facts."""

    db: Database

    async def tell_once(self, cause: str, *, within: timedelta, now: datetime) -> bool:
        """See `SharedFacts.tell_once`: one statement, so that of several processes one is told so."""

        async def work(writing: Writing) -> bool:
            values = {"cause": cause, "now": to_ms(now), "within": length_ms(within)}
            found = await fetch(
                writing,
                "INSERT INTO told (cause, at) VALUES (:cause, clock_ms(:now)) ON CONFLICT (cause)"
                " DO UPDATE SET at = excluded.at"
                " WHERE told.at <= excluded.at - :within OR told.at > excluded.at RETURNING cause",
                values,
            )
            return bool(found)

        return await self.db.write(work)

    async def forget_told(self, cause: str) -> None:
        """See `SharedFacts.forget_told`."""

        async def work(writing: Writing) -> None:
            await writing.execute("DELETE FROM told WHERE cause = ?", (cause,))

        await self.db.write(work)

    async def set_pause(self, name: str, *, lasts: timedelta, fault: str, now: datetime) -> None:
        """See `SharedFacts.set_pause`."""

        async def work(writing: Writing) -> None:
            await writing.execute(
                "INSERT INTO pause (name, until, fault) VALUES (:name, clock_ms(:now) + :lasts, :fault)"
                " ON CONFLICT (name) DO UPDATE SET until = excluded.until, fault = excluded.fault"
                " WHERE pause.until < excluded.until",
                {"name": name, "now": to_ms(now), "lasts": length_ms(lasts), "fault": fault},
            )

        await self.db.write(work)

    async def set_listed(self, listed: Collection[str], models: Collection[str]) -> None:
        """See `SharedFacts.set_listed`."""

        async def work(writing: Writing) -> None:
            await writing.executemany(
                "INSERT INTO model_state (model, listed) VALUES (?, ?) ON CONFLICT (model) DO UPDATE SET"
                " listed = excluded.listed, refused = CASE WHEN excluded.listed = 1 THEN 0 ELSE model_state.refused END",
                [(model, int(model in listed)) for model in sorted(models)],
            )

        await self.db.write(work)

    async def refuse_model(self, model: str) -> None:
        """See `SharedFacts.refuse_model`."""

        async def work(writing: Writing) -> None:
            await writing.execute(
                "INSERT INTO model_state (model, refused) VALUES (?, 1)"
                " ON CONFLICT (model) DO UPDATE SET refused = excluded.refused",
                (model,),
            )

        await self.db.write(work)

    async def change_value(self, name: str, value: str) -> bool:
        """See `SharedFacts.change_value`."""

        async def work(writing: Writing) -> bool:
            found = await fetch(
                writing,
                "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name)"
                " DO UPDATE SET value = excluded.value WHERE value.value <> excluded.value RETURNING name",
                (name, value),
            )
            return bool(found)

        return await self.db.write(work)
