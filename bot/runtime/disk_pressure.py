"""Whether the disk has space for one more video: every service reads it, `bot.workers.upkeep.media_retention` determines it."""

import asyncio
import errno

HOLD = "disk"  # the `hold` of a job that waits for disk space
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NO_PROCESS = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE})  # this machine lacks resources for now
PICTURES = "pictures"  # stands for reference images in `unwritten`


class DiskPressure:
    """`full` pauses everything that leads to another file: new jobs, and the submits of waiting ones."""

    def __init__(self) -> None:
        self.short = False
        """The files that must stay exceed the budget, or the disk has almost no space left."""
        self.elsewhere = False
        """The process that takes care of the files has found so; this one only follows."""
        self._unwritten: set[str] = set()
        self.changed = asyncio.Event()
        """Set at every reason to check again; the task that waits for it clears it first."""

    @property
    def full(self) -> bool:
        """Whether nothing new may begin."""
        return self.short or self.elsewhere or bool(self._unwritten)

    @property
    def unwritten(self) -> frozenset[str]:
        """The writes that the disk refused and may still refuse: generations by id, or PICTURES."""
        return frozenset(self._unwritten)

    def write_refused(self, what: str) -> None:
        """The disk has just refused to write this."""
        self._unwritten.add(what)
        self.changed.set()

    def write_settled(self, what: str) -> None:
        """The disk has written it, or it will never be written again."""
        self._unwritten.discard(what)
        self.changed.set()
