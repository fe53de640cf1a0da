"""Whether the folder of copies beside a bucket takes another video: then this process fetches, and else it waits.

`bot.workers.upkeep.scratch_folder` determines it. Nothing else waits: other processes have disks of their own, and what is
posted or sent needs little room.
"""

import asyncio


class ScratchPressure:
    """`full` pauses the fetches of this process."""

    def __init__(self) -> None:
        self.full = False
        self.changed = asyncio.Event()
        """Set at every reason to check; the task that waits for it clears it first."""

    def write_refused(self, _what: str) -> None:
        """The disk has just refused a file."""
        self.full = True
        self.changed.set()

    def write_settled(self, _what: str) -> None:
        """The disk has written one: this says nothing about the next."""
