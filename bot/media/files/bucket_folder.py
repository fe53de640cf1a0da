"""The kept files in a bucket, with copies of those that are in use in a folder of this machine.

Videos and reference images are objects under the names that `LocalMediaFolder` gives their files. What is made from them,
and downloads that are not kept yet, are in the folder only. An operator who moves to a bucket may leave the files of
before in MEDIA_DIR: the folder of copies is `scratch` in it, and a file that is not in the bucket is looked for there,
and then kept in the bucket.
"""

import asyncio
import errno
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from bot.domain.errors import MediaUnavailable, OperatorNeeded, Unusable
from bot.domain.processes.media_inventory import KeptFile, MediaInventory
from bot.media.files import budget, discarding, scratch
from bot.media.files.bucket import PAGE, Bucket, BucketRefused
from bot.media.files.budget import Budget
from bot.media.files.folder import LocalMediaFolder
from bot.system.files import close_to_others, put_in_place

log = structlog.stdlib.get_logger()

SCRATCH = "scratch"
LISTED_FOR = 20.0  # seconds for which a list of the bucket is used, and for each page of it:
LISTED_FOR_PAGE = 3.0  # a bucket bills its lists, so that a large one is listed less often
STILLS_AT_ONCE = 2  # downloads for stills, beside those for posts
TRIAL = 32 * 2**20  # bytes that the disk must accept


class BucketMedia(LocalMediaFolder):
    """`bot.ports.media.MediaFolder` on a bucket, and `Scratch`. media_dir: MEDIA_DIR. room: of the objects."""

    def __init__(self, media_dir: Path, bucket: Bucket, room: Budget, *, keep_workers: float = 0.0) -> None:
        copies = Budget(most=min(room.most, scratch.MOST), free=room.free)
        super().__init__(media_dir / SCRATCH, copies, keep_workers=keep_workers)
        self.bucket = bucket
        self._before = media_dir
        self._most = room.most
        self._copies = copies
        self._loading: dict[str, asyncio.Task[None]] = {}
        self._listed: tuple[float, dict[str, KeptFile]] | None = None
        self._for_stills = asyncio.Semaphore(STILLS_AT_ONCE)

    def watch(self, observe: Callable[[str | None], None]) -> None:
        """See `Scratch.watch`."""
        self.bucket.watch = observe

    def prepare(self) -> None:
        """Create the folder of copies. Raises Unusable if it cannot be written."""
        try:
            self._before.mkdir(parents=True, exist_ok=True, mode=0o700)
            close_to_others([self._before, *(self._before / file.name for file in budget.files(self._before))])
        except OSError as error:
            raise Unusable(f"the media folder {self._before} cannot be written: {error.strerror}") from error
        super().prepare()

    async def open(self) -> None:
        """Try the bucket. Raises OperatorNeeded where it refuses; one that is away now may come back."""
        try:
            await self.bucket.probe()
        except BucketRefused as error:
            raise OperatorNeeded(f"the bucket {self.bucket.address} cannot be used: {error.why}") from error
        except MediaUnavailable as error:
            log.warning("bucket_away_at_start", bucket=str(self.bucket.address), why=error.why)

    def video_path(self, generation_id: str) -> Path:
        """Return where to write a generation's video. The folder is made anew if somebody has emptied the disk."""
        self._make_folder()
        return super().video_path(generation_id)

    async def keep_file(self, name: str, data: bytes) -> Path:
        """Store bytes under `name` on this machine only. See `MediaFolder.keep_file`."""
        self._make_folder()
        return await super().keep_file(name, data)

    async def keep(self, name: str) -> None:
        """Upload a file. See `MediaFolder.keep`."""
        await self.bucket.put(name, self.path(name))

    async def keep_image(self, name: str, data: bytes) -> None:
        """Store a checked image in the bucket. Raises MediaUnavailable, and then the image may be there or not."""
        await self.bucket.put(name, data)

    async def have(self, name: str) -> Path:
        """Return the path of a copy, downloaded if there is none. Several that want the same file share one download."""
        path = self.path(name)
        if await asyncio.to_thread(scratch.touch, path):
            return path
        if (loading := self._loading.get(name)) is None:
            loading = self._loading[name] = asyncio.create_task(self._load(name, path))
            loading.add_done_callback(lambda task: self._loaded(name, task))
        await asyncio.shield(loading)
        return path

    async def has(self, name: str) -> bool:
        """Whether a file is in the bucket, or still in MEDIA_DIR. Raises MediaUnavailable."""
        return await self.bucket.size(name) is not None or await asyncio.to_thread((self._before / name).is_file)

    async def read(self, name: str) -> bytes:
        """Return the content of a stored image. Raises OSError."""
        await self.have(name)
        return await super().read(name)

    async def fit_image(self, name: str, size: str) -> Path:
        """Return a stored image as PNG of exactly `size`. See `MediaFolder.fit_image`."""
        await self.have(name)
        return await super().fit_image(name, size)

    async def still(self, name: str, *, video: bool) -> bytes | None:
        """Return a small JPEG of a stored video or image; None if there is none, or the bucket does not serve."""
        if made := self._stills.kept(self.path(name)):
            return made
        try:
            async with self._for_stills:
                await self.have(name)
        except OSError:
            return None
        return await super().still(name, video=video)

    async def shrink(self, name: str, room: int) -> Path | None:
        """Return a smaller copy of a stored video. See `MediaFolder.shrink`."""
        await self.have(name)
        return await super().shrink(name, room)

    async def discard(self, name: str) -> None:
        """Delete a file from the bucket and from this machine; copies on other machines live for an hour. Raises OSError."""
        await super().discard(name)
        await asyncio.to_thread(discarding.discard, self._before, name)
        await self._delete([name])

    async def discard_all(self, names: Sequence[str]) -> list[str]:
        """Delete these files; returns those that are gone from the bucket and from this machine."""
        here = set(await super().discard_all(names))
        before = await asyncio.to_thread(discarding.discard_all, self._before, names)
        gone = [name for name in before if name in here]
        try:
            await self._delete(gone)
        except MediaUnavailable as error:
            log.warning("not_discarded", files=len(gone), error=error)
            return []
        return gone

    async def inventory(self) -> MediaInventory:
        """Return the inventory of the bucket, as of a short while ago. Raises MediaUnavailable."""
        now = time.monotonic()
        if self._listed is None or now - self._listed[0] > LISTED_FOR + LISTED_FOR_PAGE * (
            len(self._listed[1]) // PAGE
        ):
            self._listed = now, {file.name: file for file in await self.bucket.files()}
        files = tuple(self._listed[1].values())
        return MediaInventory(files=files, most=self._most, free=self._most, reserve=0)

    async def remove(self, names: Sequence[str]) -> None:
        """Delete these files. If the bucket does not serve, some may be left."""
        await super().remove(names)
        try:
            await self._delete(names)
        except MediaUnavailable as error:
            log.warning("not_removed", files=len(names), error=error)

    async def sweep(self) -> bool:
        """Delete the copies that nothing has used for a while; returns whether there is room. Raises OSError."""

        def swept() -> MediaInventory:
            self._make_folder()
            return scratch.sweep(self.root, self._copies)

        inventory = await asyncio.to_thread(swept)
        if inventory.lacking:
            return False
        try:
            await self.try_writing(min(TRIAL, self._copies.reserve))
        except OSError:
            return False
        return True

    async def close(self) -> None:
        """Stop the downloads, and end the idle workers."""
        loading = list(self._loading.values())
        for task in loading:
            task.cancel()
        await asyncio.gather(*loading, return_exceptions=True)
        await super().close()
        await self.bucket.close()

    async def _delete(self, names: Sequence[str]) -> None:
        await self.bucket.delete(names)
        for name in names:
            if self._listed:
                self._listed[1].pop(name, None)

    async def _load(self, name: str, path: Path) -> None:
        """Download a file to a name of its own, and rename it once it is whole: nobody sees a part of it."""
        try:
            await self._download(name, path)
        except FileNotFoundError:
            before = self._before / name
            if not await asyncio.to_thread(before.is_file):
                raise FileNotFoundError(errno.ENOENT, "not in the bucket", name) from None
            await self.bucket.put(name, before)
            await asyncio.to_thread(before.replace, path)

    async def _download(self, name: str, path: Path) -> None:
        part = path.with_name(f"{name}.{secrets.token_hex(4)}.part")
        try:
            await self.bucket.download(name, part, self._make_room)
            await asyncio.to_thread(put_in_place, part, path)
        finally:
            part.unlink(missing_ok=True)

    def _make_folder(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _make_room(self, size: int) -> None:
        self._make_folder()
        scratch.sweep(self.root, self._copies, also=size)

    def _loaded(self, name: str, task: asyncio.Task[None]) -> None:
        self._loading.pop(name, None)
        if not task.cancelled() and (error := task.exception()):
            log.info("not_downloaded", file=name, error=error)
