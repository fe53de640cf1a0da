"""Tells the operator when no backup has been made for a week, once the bot has run that long.

A backup leaves its time in the database (`sora-bot db backup`), or is the newest file of a folder in which backups lie. Whoever
saves the database in another way touches a file there.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.runtime.context import ServiceContext
from bot.runtime.troubles import Trouble
from bot.workers.loops.periodic import Periodic

EVERY = 900.0
TOLD_AFTER = timedelta(days=7)


class BackupAge:
    """Watches the age of the newest backup. folder: where backups lie, if there is such a place."""

    def __init__(self, context: ServiceContext, folder: Path | None) -> None:
        self._context = context
        self._folder = folder
        self._trouble = Trouble(context, "backup")
        self.loop = Periodic("backup_age", self.look, every=EVERY)

    async def look(self) -> None:
        """Check once."""
        context, now = self._context, self._context.clock.now()
        times = [await context.store.last_backup()]
        if self._folder:
            times.append(await asyncio.to_thread(newest_file, self._folder))
        newest = max((at for at in times if at), default=None)
        context.watched.last_backup = newest
        since = newest or await context.store.first_start()
        if since is None or now - since < TOLD_AFTER:
            self._trouble.ends("A backup of the database has been made.")
            return
        what = (
            "No backup of the database has ever been made"
            if newest is None
            else "The newest backup of the database is old"
        )
        self._trouble.begins(
            f"{what}: {(now - since).days} days without one. Run `sora-bot db backup FILE` (the bot may go on meanwhile), best"
            " by a timer every day, and keep the files on another machine."
        )


def newest_file(folder: Path) -> datetime | None:
    """Return when the newest file of a folder was written; None if there is none. A file that is being written is none."""
    newest: float | None = None
    try:
        for file in folder.iterdir():
            if file.suffix != ".part" and file.is_file():
                newest = max(newest or 0.0, file.stat().st_mtime)
    except OSError:
        return None
    return None if newest is None else datetime.fromtimestamp(newest, UTC)
