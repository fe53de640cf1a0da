"""How this process takes memory from the system."""

import ctypes
import sys

_M_ARENA_MAX = -8  # of glibc's <malloc.h>


def share_one_heap() -> None:
    """Let all threads take memory from one heap. Call it before any thread is started.

    glibc, which most of Linux uses, gives each thread a heap of its own that hardly ever shrinks. Python's threads wait for
    each other anyway, so that this costs no time. Elsewhere it does nothing.
    """
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
    except (AttributeError, OSError):  # musl has no such function
        return
