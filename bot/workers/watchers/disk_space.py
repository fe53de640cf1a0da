"""Watches the room that the bot needs, so that the operator hears of it before it is used up.

The media folder may be full of videos that can go: `bot.workers.upkeep.media_retention` makes room there. What counts are the
files that may not go. The database's own log is kept short here as well.
"""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.errors import MediaUnavailable
from bot.domain.processes.watched import DiskUse
from bot.runtime.context import ServiceContext
from bot.runtime.troubles import Trouble, size
from bot.system.log import log
from bot.workers.loops.periodic import Periodic
from bot.workers.upkeep.media_retention import may_go

EVERY = 30.0
TOLD_FROM, OVER_BELOW = 0.9, 0.88  # of what there is
SORT_EVERY = timedelta(minutes=5)  # which files may go is a question about each of them


def disk_use(folder: Path) -> DiskUse:
    """Return the room on the disk of a folder. Raises OSError."""
    found = shutil.disk_usage(folder)
    return DiskUse(free=found.free, total=found.used + found.free)


class SpaceWatch:
    """Watches disks, media and the log. folders: by what lies there, such as "media" and "database"."""

    def __init__(
        self, context: ServiceContext, folders: Mapping[str, Path], *, use: Callable[[Path], DiskUse] = disk_use
    ) -> None:
        self._context = context
        self._folders = folders
        self._use = use
        self._disk, self._media = Trouble(context, "disk"), Trouble(context, "media")
        self._sorted_at: datetime | None = None
        self.loop = Periodic("space", self.look, every=EVERY)

    async def look(self) -> None:
        """Check once."""
        self._context.watched.log_bytes = await self._context.store.trim_log()
        await self._look_at_disks()
        try:
            await self._look_at_media()
        except (OSError, MediaUnavailable) as error:  # the operator is told by whoever needs the folder
            log.warning("media_not_measured", error=error)

    async def _look_at_disks(self) -> None:
        found: dict[str, DiskUse] = {}
        for name, folder in self._folders.items():
            try:
                found[name] = await asyncio.to_thread(self._use, folder)
            except OSError as error:
                log.warning("disk_not_measured", folder=str(folder), error=error)
        self._context.watched.disks = found
        if not found:
            return
        name = max(found, key=lambda name: found[name].used)
        disk = found[name]
        if disk.used >= TOLD_FROM:
            self._disk.begins(
                f"The disk of {self._folders[name]} is {disk.used:.0%} full: {size(disk.free)} are left. Make room on it, or"
                " lower MEDIA_BUDGET. When nothing is left, new jobs are refused; nothing is lost."
            )
        elif disk.used < OVER_BELOW:
            self._disk.ends(f"There is room on the disk again: {size(disk.free)}.")

    async def _look_at_media(self) -> None:
        context, media = self._context, self._context.watched.media
        if media is None:  # not measured yet
            return
        if media.size >= OVER_BELOW * media.most:
            if not self._due():
                return
            needed = await self._needed()
        else:
            needed = media.size  # at most
        context.watched.media = media = replace(media, needed=needed)
        if needed >= TOLD_FROM * media.most:
            self._media.begins(
                f"The media folder holds {size(needed)} that may not go, of {size(media.most)} (MEDIA_BUDGET): videos that wait"
                " for their post, and what running jobs need. Raise MEDIA_BUDGET, or see why videos are not posted. When it is"
                " full, new jobs are refused; nothing is lost."
            )
        elif needed < OVER_BELOW * media.most:
            self._media.ends(f"The media folder has room again: {size(needed)} of {size(media.most)} may not go.")

    def _due(self) -> bool:
        now = self._context.steady.now()
        if self._sorted_at and now - self._sorted_at < SORT_EVERY:
            return False
        self._sorted_at = now
        return True

    async def _needed(self) -> int:
        """Return the bytes of the files that may not go."""
        context = self._context
        inventory = await context.media.inventory()
        ids = await asyncio.to_thread(lambda: sorted({file.generation_id for file in inventory.files}))
        known = await context.store.kept_for(ids)
        images = await context.store.images_needed()
        going = may_go(inventory, known, images, now=context.clock.now())
        return inventory.size - await asyncio.to_thread(lambda: sum(file.size for file in going))
