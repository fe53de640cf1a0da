"""All threads of the bot take their memory from one heap."""

import platform
import subprocess
import sys

import pytest

# glibc puts each further heap at a multiple of 64 MB. What is above 512 bytes is taken from glibc, not from Python's own heap.
THREADS = """
import re, sys, threading
from bot.system.memory import share_one_heap
if sys.argv[1:]:
    share_one_heap()
done = threading.Barrier(5)
def take():
    kept = [bytes(1000 + number) for number in range(1000)]
    done.wait()
    done.wait()
threads = [threading.Thread(target=take) for _ in range(4)]
[thread.start() for thread in threads]
done.wait()
starts = [int(line.partition("-")[0], 16) for line in open("/proc/self/maps") if " 00:00 0 " in line]
done.wait()
print(sum(start % 2**26 == 0 for start in starts))
"""


def heaps(*words: str) -> int:
    """How many heaps four busy threads have beside the first one."""
    done = subprocess.run([sys.executable, "-c", THREADS, *words], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has several heaps")
def test_threads_have_heaps_of_their_own_unless_told_otherwise() -> None:
    assert heaps() == 4
    assert heaps("share") == 0
