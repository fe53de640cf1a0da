"""Whether there is room for one more video: known to every service, found out by `bot.workers.media_retention`."""

import asyncio
import errno

HOLD = "disk"  # what a waiting job waits for while there is none
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NO_PROCESS = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE})  # this machine has much else to do
PICTURES = "pictures"  # what could not be written, where it was no video


class DiskPressure:
    """`full` pauses what would lead to another file: new jobs, and the submits of those that wait."""

    def __init__(self) -> None:
        self.short = False
        """The files that must stay pass the budget, or the disk has hardly anything left."""
        self._unwritten: set[str] = set()
        self.changed = asyncio.Event()
        """Set at every reason to look again; whoever waits for it clears it first."""

    @property
    def full(self) -> bool:
        """Whether nothing new may begin."""
        return self.short or bool(self._unwritten)

    @property
    def unwritten(self) -> frozenset[str]:
        """What the disk did not take, and still may not: generations by id, or PICTURES."""
        return frozenset(self._unwritten)

    def refused(self, what: str) -> None:
        """The disk has just not taken a file."""
        self._unwritten.add(what)
        self.changed.set()

    def taken(self, what: str) -> None:
        """It has now, or never will be asked to again."""
        self._unwritten.discard(what)
        self.changed.set()
