"""Measures how long single steps block the event loop, in the running bot, for the metrics and the log.

A timer fires every `TICK`. If it fires late, the loop was blocked for as long. Besides real time, the processor time of
the loop's own thread and of the whole process is measured: on a busy machine a tick is late although the bot did
nothing, and then it has used hardly any processor time. Another thread that blocks the loop (a C call that holds
Python's lock) appears in the process time, not in the thread time.

While a tick is overdue, a watching thread records what the loop's thread is doing, so that the log line of a long stall
names the place. Otherwise it sleeps.
"""

import asyncio
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import structlog

log = structlog.stdlib.get_logger()

TICK = 0.025  # seconds between two ticks; the precision of a measured stall
LOGGED_FROM = 0.5  # seconds; a shorter stall is only in the metric
LOOK_EVERY = 0.2
KEPT_SECONDS = 300.0  # how far back the metric looks
SPAN = 30.0  # seconds that share one value: the metric keeps ten of them
FRAMES = 6  # of the place where it was blocked


@dataclass(frozen=True, slots=True)
class Stall:
    """One late tick. seconds: how late; thread_cpu, process_cpu: processor seconds used since the tick before."""

    seconds: float
    thread_cpu: float
    process_cpu: float


class Stalls:
    """Watches one loop. Call `start` inside it, and `stop` before it ends."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._task: asyncio.Task[None] | None = None
        self._ended = threading.Event()
        self._thread_id = 0
        self._ticked = 0.0
        self._where = ""
        self._spans: deque[tuple[float, float, float]] = deque()  # start of each span; the maximum of both times in it

    def start(self) -> None:
        """Start to watch the running loop; idempotent."""
        if self._task is not None:
            return
        self._ended.clear()
        self._thread_id = threading.get_ident()
        self._ticked = self._monotonic()
        self._task = asyncio.create_task(self._tick(), name="stalls")
        threading.Thread(target=self._look, name="stalls", daemon=True).start()

    def stop(self) -> None:
        """Stop watching; idempotent."""
        self._ended.set()
        task, self._task = self._task, None
        if task:
            task.cancel()

    def longest(self) -> float:
        """Return the longest stall of the last five minutes, in seconds."""
        return max((seconds for _, seconds, _ in self._recent()), default=0.0)

    def longest_cpu(self) -> float:
        """Return the most processor seconds that this process used during a stall of the last five minutes."""
        return max((cpu for _, _, cpu in self._recent()), default=0.0)

    def _recent(self) -> list[tuple[float, float, float]]:
        since = self._monotonic() - KEPT_SECONDS
        return [span for span in self._spans if span[0] + SPAN > since]

    def note(self, stall: Stall, where: str = "") -> None:
        """Record one tick."""
        now = self._monotonic()
        if not self._spans or now - self._spans[-1][0] >= SPAN:
            self._spans.append((now, 0.0, 0.0))
            while self._spans[0][0] + SPAN < now - KEPT_SECONDS:
                self._spans.popleft()
        began, seconds, cpu = self._spans[-1]
        used = min(stall.seconds, stall.process_cpu)  # what other threads used during a tick in time is no stall
        self._spans[-1] = (began, max(seconds, stall.seconds), max(cpu, used))
        if stall.seconds >= LOGGED_FROM:
            log.warning(
                "loop_stalled",
                seconds=round(stall.seconds, 3),
                thread_cpu=round(stall.thread_cpu, 3),
                process_cpu=round(stall.process_cpu, 3),
                where=where,
            )

    async def _tick(self) -> None:
        thread, process = time.thread_time(), time.process_time()
        while True:
            await asyncio.sleep(TICK)
            now = self._monotonic()
            late = max(0.0, now - self._ticked - TICK)
            was_thread, thread = thread, time.thread_time()
            was_process, process = process, time.process_time()
            where, self._where = self._where, ""
            self._ticked = now
            self.note(Stall(late, thread - was_thread, process - was_process), where)

    def _look(self) -> None:
        """Watch the loop, in a thread of its own."""
        while not self._ended.wait(LOOK_EVERY):
            if self._monotonic() - self._ticked > LOGGED_FROM and not self._where:
                self._where = _place(sys._current_frames().get(self._thread_id))


def _place(frame: FrameType | None) -> str:
    """Return where a thread is: its innermost calls, the caller first; no values."""
    found: list[str] = []
    while frame is not None and len(found) < FRAMES:
        code = frame.f_code
        found.append(f"{'/'.join(code.co_filename.split('/')[-2:])}:{frame.f_lineno} {code.co_name}")
        frame = frame.f_back
    return " > ".join(reversed(found))
