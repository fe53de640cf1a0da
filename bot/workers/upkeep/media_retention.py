"""Keeps the files within MEDIA_BUDGET, and stops the bot from starting jobs that it could not store.

The files are in the media folder, or in a bucket, of which one process takes care.

Removed first are leftovers of a crash, then the oldest posted videos, then the reference images of ended jobs. A video
that still waits for its post, or can still be posted from `/history`, and whatever an open job needs, is never removed.
If these exceed the space, or the disk is almost full, new jobs are refused and waiting ones held until there is space
again. Running jobs go on: a finished video that the disk does not accept is downloaded again and again.

A crash between two files leaves the rest to the next check: all state is on the disk and in the database. A row keeps
the name of a deleted file, so its readers must expect that.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import datetime, timedelta

from bot.domain.errors import MediaUnavailable, StoreUnavailable
from bot.domain.generation import ENDED, State
from bot.domain.messages.delivery import DeliveryState
from bot.domain.processes.media_inventory import FileRole, KeptFile, MediaInventory, RetentionState
from bot.domain.processes.watched import MediaUse
from bot.domain.queue.claims import Work
from bot.runtime.context import ServiceContext
from bot.runtime.disk_pressure import HOLD, PICTURES
from bot.runtime.shared_facts import tell_no_room
from bot.runtime.troubles import size
from bot.system.log import log
from bot.workers.loops.periodic import Periodic

EVERY = 30.0
EVERY_WHILE_FULL = 5.0
STEP = 100 * 10**6  # bytes to free at a time while the disk accepts nothing, whatever it reports as free
TRIAL = 32 * 2**20  # bytes the disk must accept before pictures are written again, unless the reserve is smaller
UNOWNED_FOR = timedelta(hours=1)  # an unknown file may belong to a job that is just being accepted


class MediaRetention:
    """Keeps the media folder within its budget."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._was_full: bool | None = None
        self.loop = Periodic("keeping", self.look, every=self._gap, wake=context.disk.changed)

    def _gap(self) -> float:
        return EVERY_WHILE_FULL if self._context.disk.full else EVERY

    async def look(self) -> None:
        """Check once: free space if needed, then pause or go on."""
        context = self._context
        try:
            inventory = await context.media.inventory()
            if inventory.lacking or context.disk.unwritten:
                inventory = await self._make_room(inventory)
            if PICTURES in context.disk.unwritten:
                await self._try_writing(min(TRIAL, inventory.reserve))
        except MediaUnavailable as error:
            # What it holds is not known, and nothing else follows from that: fetches wait, and the operator is told.
            log.warning("bucket_not_listed", error=error)
            return
        except OSError as error:
            log.error("media_folder_unreadable", error=error)
            context.disk.short = True
            await self._pause("The media folder cannot be read.")
            return
        context.disk.short = inventory.lacking > 0
        before = context.watched.media
        needed = before.needed if before else None
        context.watched.media = MediaUse(size=inventory.size, most=inventory.most, needed=needed)
        if context.disk.full:
            where = "MEDIA_URL" if context.scratch else "MEDIA_DIR"
            why = (
                f"{where} holds {size(inventory.size)} of {size(inventory.most)} (MEDIA_BUDGET), of what may not go yet"
            )
            await self._pause(f"{why}." if context.scratch else f"{why}; the disk has {size(inventory.free)} left.")
        elif self._was_full is not False:
            await self._go_on()

    async def _make_room(self, inventory: MediaInventory) -> MediaInventory:
        """Remove as many removable files as needed. Return the new inventory."""
        context = self._context
        lacking = max(inventory.lacking, STEP if context.disk.unwritten else 0)
        ids = await asyncio.to_thread(lambda: sorted({file.generation_id for file in inventory.files}))
        known = await context.store.kept_for(ids)
        needed = await context.store.images_needed()
        now = context.clock.now()
        going = await asyncio.to_thread(lambda: _enough(may_go(inventory, known, needed, now=now), lacking))
        if not going:
            return inventory
        await context.media.remove([file.name for file in going])
        log.info("made_room", files=len(going), bytes=sum(file.size for file in going))
        return await context.media.inventory()

    async def _try_writing(self, size: int) -> None:
        try:
            await self._context.media.try_writing(size)
        except OSError:
            return
        self._context.disk.write_settled(PICTURES)

    async def _pause(self, why: str) -> None:
        context = self._context
        if not self._was_full:
            log.error("no_room", why=why)
            context.alerts.tell(
                "disk",
                f"There is no room for more videos. {why} New jobs are refused and waiting ones held until there is;"
                " nothing is lost.",
            )
        self._was_full = True
        tell_no_room(context)
        try:
            held = await context.store.hold_waiting(HOLD, now=context.clock.now())
        except StoreUnavailable:  # the database takes no writes either; the cards are updated when it does
            return
        if held:
            context.wake_signals.send(Work.CARD)

    async def _go_on(self) -> None:
        context = self._context
        if self._was_full:
            log.info("room_again")
        await context.store.release_held(HOLD, now=context.clock.now())
        self._was_full = False
        context.wake_signals.send(Work.SUBMIT, Work.CARD)


def _enough(files: Iterable[KeptFile], lacking: int) -> list[KeptFile]:
    """Return the first files that together have so many bytes."""
    going: list[KeptFile] = []
    for file in files:
        if lacking <= 0:
            break
        going.append(file)
        lacking -= file.size
    return going


def may_go(
    inventory: MediaInventory, known: Mapping[str, RetentionState], needed: Set[str], *, now: datetime
) -> Iterator[KeptFile]:
    """Yield the removable files in order of removal. needed: images of open jobs, by file name."""
    owners = {name.rpartition("-")[0] for name in needed}
    ranked = [
        (rank, file)
        for file in inventory.files
        if file.generation_id not in owners or file.part is FileRole.VIDEO
        if (rank := _rank(file, known.get(file.generation_id), now)) is not None
    ]
    return (file for _, file in sorted(ranked, key=lambda pair: (pair[0], pair[1].name)))


def _rank(file: KeptFile, of: RetentionState | None, now: datetime) -> tuple[int, datetime] | None:
    """Return the rank of a file: lower is removed sooner; None means not removable at present."""
    if of is None:
        return (0, file.written_at) if now - file.written_at > UNOWNED_FOR else None
    if of.state not in ENDED:
        return None
    if of.state is not State.SUCCEEDED:
        return (2 if file.part is FileRole.IMAGE else 0, of.at)
    if file.part is FileRole.IMAGE:
        return 2, of.at
    if of.delivery is DeliveryState.SENT:
        return (1 if file.part is FileRole.VIDEO else 0, of.at)
    if file.part is FileRole.MADE and of.delivery is DeliveryState.UNDELIVERABLE:
        return 0, of.at
    return None
