"""How long the event loop was held by one step: measured in the running bot, for the metrics and for the log.

A tick every `TICK` says when the loop came round; one that comes late was held up for as long. Beside the time on the wall
the processor time of the loop's own thread and of the whole process are taken: on a busy machine a tick is late although
the bot did nothing, and then it has used hardly any. What holds the loop from another thread (a call into C that keeps
Python's lock) shows in the process, not in the thread.

While a tick is overdue, a thread of its own notes what the loop's thread is doing, so that the log line of a long stall
names the place. It sleeps otherwise.
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

TICK = 0.025  # seconds between two; a stall is measured to within one
LOGGED_FROM = 0.5  # seconds: a shorter one is in the metric only
LOOK_EVERY = 0.2
KEPT_SECONDS = 300.0  # how far back the metric looks
SPAN = 30.0  # seconds that share one figure: the metric keeps ten of them
FRAMES = 6  # of the place where it hung


@dataclass(frozen=True, slots=True)
class Stall:
    """One late tick. seconds: how late; thread_cpu, process_cpu: processor seconds used since the tick before."""

    seconds: float
    thread_cpu: float
    process_cpu: float


class Stalls:
    """The watch over one loop: `start` in it, `stop` before it ends."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._task: asyncio.Task[None] | None = None
        self._ended = threading.Event()
        self._thread_id = 0
        self._ticked = 0.0
        self._where = ""
        self._spans: deque[tuple[float, float, float]] = deque()  # when a span began; the most in it of either time

    def start(self) -> None:
        """Begin to watch the running loop; idempotent."""
        if self._task is not None:
            return
        self._ended.clear()
        self._thread_id = threading.get_ident()
        self._ticked = self._monotonic()
        self._task = asyncio.create_task(self._tick(), name="stalls")
        threading.Thread(target=self._look, name="stalls", daemon=True).start()

    def stop(self) -> None:
        """Watch no more; idempotent."""
        self._ended.set()
        task, self._task = self._task, None
        if task:
            task.cancel()

    def longest(self) -> float:
        """Seconds of the longest stall of the last five minutes."""
        return max((seconds for _, seconds, _ in self._recent()), default=0.0)

    def longest_cpu(self) -> float:
        """The most processor seconds that this process used during a stall of the last five minutes."""
        return max((cpu for _, _, cpu in self._recent()), default=0.0)

    def _recent(self) -> list[tuple[float, float, float]]:
        since = self._monotonic() - KEPT_SECONDS
        return [span for span in self._spans if span[0] + SPAN > since]

    def note(self, stall: Stall, where: str = "") -> None:
        """Take one tick into account."""
        now = self._monotonic()
        if not self._spans or now - self._spans[-1][0] >= SPAN:
            self._spans.append((now, 0.0, 0.0))
            while self._spans[0][0] + SPAN < now - KEPT_SECONDS:
                self._spans.popleft()
        began, seconds, cpu = self._spans[-1]
        used = min(stall.seconds, stall.process_cpu)  # what other threads used in a tick that was not late is no stall
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
        """Runs in a thread of its own."""
        while not self._ended.wait(LOOK_EVERY):
            if self._monotonic() - self._ticked > LOGGED_FROM and not self._where:
                self._where = _place(sys._current_frames().get(self._thread_id))


def _place(frame: FrameType | None) -> str:
    """Where a thread is: its innermost steps, the caller first; no values."""
    found: list[str] = []
    while frame is not None and len(found) < FRAMES:
        code = frame.f_code
        found.append(f"{'/'.join(code.co_filename.split('/')[-2:])}:{frame.f_lineno} {code.co_name}")
        frame = frame.f_back
    return " > ".join(reversed(found))
