"""How the C library shares memory among the threads of this process."""

import ctypes
import sys
from contextlib import suppress

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def share_one_heap() -> None:
    """Let all threads take their memory from one heap. Call it before the first thread starts; without glibc it does nothing.

    Of its own accord glibc gives each thread a heap, and what is free in one is of no use to the others: 0.7 MB of an idle
    bot, and more of a busy one. Its threads work in turn, under Python's lock, so they hardly ever wait for the heap.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # musl has one heap anyway
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
