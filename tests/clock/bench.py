"""The loops on a real database, with clocks that a test sets and a UniAll that answers as it is told."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from bot.domain.errors import PostError, ProviderError
from bot.domain.generation import Generation
from bot.domain.messages.delivery import Delivery, Try
from bot.domain.messages.posts import FoundPost, PostedMessage
from bot.domain.processes.contact import Contact
from bot.domain.provider import Downloaded, Fault, Format, JobState, JobStatus, ListedJob, Order, Outcome
from bot.runtime.alerts import Alerts
from bot.runtime.context import OperatorPolicy, ServiceContext
from bot.runtime.wake_signals import WakeSignals
from bot.storage.store import SqlStore
from bot.workers.jobs.deliver import DeliverWorker
from bot.workers.jobs.fetch import FetchWorker
from bot.workers.jobs.poll import PollWorker
from bot.workers.jobs.reconcile import Reconciliation
from bot.workers.jobs.submit import SubmitWorker
from tests.process.database import Rows
from tests.storage.life import START, Life

DAY = timedelta(hours=24)
Said = JobStatus | ProviderError


class Frozen:
    """A clock that a test moves."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        """What it is set to."""
        return self.at

    def seconds(self) -> float:
        """The same as a number."""
        return self.at.timestamp()


@dataclass
class Bench:
    """`clock` is this machine's time of day, `steady` only goes forward; `there` is how far UniAll's clock is ahead of START.

    `job` is how UniAll answers a poll, `file` a download, `taken` a submit, `listed` the list of its jobs, `post` a post.
    """

    store: SqlStore
    rows: Rows
    folder: Path
    clock: Frozen = field(default_factory=Frozen)
    steady: Frozen = field(default_factory=Frozen)
    job: Said = field(default_factory=lambda: JobStatus(job_id="j", state=JobState.RUNNING))
    file: ProviderError | OSError | None = None
    taken: Outcome | None = None
    listed: list[ListedJob] = field(default_factory=list[ListedJob])
    post: Exception | None = None
    clock_there: Callable[[], datetime | None] = lambda: None
    links: list[str | None] = field(default_factory=list[str | None])
    asked: int = 0
    told: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.life = Life(self.store)
        here = cast(Any, self)

        self.uniall, self.discord = (Contact(self.steady.seconds, self.clock.seconds) for _ in range(2))
        self.world = ServiceContext(
            store=self.store,
            provider=here,
            messenger=here,
            notices=here,
            media=here,
            catalog=here,
            clock=self.clock,
            ids=here,
            random=random.Random(0),
            policy=OperatorPolicy(poll_min=60, poll_max=60),
            wake_signals=WakeSignals(),
            alerts=Alerts(here, self.steady),
            steady=self.steady,
            uniall=self.uniall,
            discord=self.discord,
        )
        self.submits, self.polls, self.fetches = (
            SubmitWorker(self.world),
            PollWorker(self.world),
            FetchWorker(self.world),
        )
        self.polls.records.every = 0.0  # seconds on the wall, which no test waits for
        self.deliveries, self.reconciliation = DeliverWorker(self.world), Reconciliation(self.world)

    # What the services are given

    def new(self) -> str:
        return self.life.fresh("id")

    async def status(self, job_id: str, **_: object) -> JobStatus:
        self.asked += 1
        return self._said(self.job)

    def _said(self, said: Said) -> JobStatus:
        if isinstance(said, ProviderError):
            if said.fault is Fault.TRANSIENT:
                self.uniall.unanswered()
            else:
                self.uniall.answered(self.clock_there())
            raise said
        self.uniall.answered(self.clock_there())
        return said

    async def submit(self, order: Order) -> Outcome:
        assert self.taken is not None
        self.uniall.answered(self.clock_there())
        return self.taken

    async def recent(self) -> list[ListedJob]:
        self.uniall.answered(self.clock_there())
        return self.listed

    async def models(self) -> frozenset[str]:
        self.asked += 1
        self._said(self.job)
        return frozenset()

    def names_links(self, format: Format) -> bool:  # noqa: A002
        return format is not Format.OPENAI

    async def download(self, job: JobStatus, to: Path, **_: object) -> Downloaded:
        self.links.append(job.video_url)
        if self.file:
            raise self.file
        return Downloaded(path=to, size=1, media_type="video/mp4", sha256="0")

    def usable_models(self) -> frozenset[str]:
        return frozenset({"sora-2"})

    def offers_still(self, _: Generation) -> bool:
        return True

    def order(self, generation: Generation, **_: object) -> Order:
        return Order(format=generation.format, model=generation.model, prompt=generation.prompt)

    def video_path(self, generation_id: str) -> Path:
        return self.folder / f"{generation_id}.mp4"

    async def keep(self, name: str) -> None:
        """Kept where it lies."""

    async def have(self, name: str) -> Path:
        return self.folder / name

    async def check_video(self, path: Path) -> None:
        """Always a video."""

    async def drop_smaller(self, name: str) -> None:
        """There is none."""

    async def tell_operator(self, text: str) -> None:
        self.told.append(text)

    def begin(self, generation: Generation, delivery: Delivery) -> Try:
        return Try(delivery_id=delivery.id, channel_id=delivery.channel_id, after_id="1")

    async def find_post(self, generation: Generation, delivery: Delivery, tries: Sequence[Try]) -> FoundPost:
        """None of them is there; who cannot post for now cannot look either."""
        if isinstance(self.post, PostError):
            raise self.post
        return FoundPost(posted=None)

    async def post_result(self, generation: Generation, delivery: Delivery, path: Path) -> PostedMessage:
        if self.post:
            raise self.post
        return PostedMessage(message_id="m", channel_id="channel")

    # What a test does

    def pass_(self, **delta: float) -> None:
        """So much time passes while the bot runs."""
        self.clock.at += timedelta(**delta)
        self.steady.at += timedelta(**delta)

    def down(self, **delta: float) -> None:
        """So much time passes while it does not; as it would also look where the clock is set forward."""
        self.clock.at += timedelta(**delta)

    def sync(self) -> None:
        """The time of day is that of the life that a test has led a job through."""
        self.clock.at = max(self.clock.at, self.life.now)

    async def turn(self, loop: PollWorker | FetchWorker | SubmitWorker | DeliverWorker) -> bool:
        """One piece of work, where one is due."""
        claim = self.world.claim(600)
        if isinstance(loop, PollWorker):
            piece = next(iter(await loop._claim(claim, 1)), None)
        else:
            piece = await loop._claim(claim)
        if piece is not None:
            await loop._one(cast(Any, piece), claim)
        return piece is not None

    async def tries(self, loop: PollWorker | FetchWorker | SubmitWorker | DeliverWorker, *, hours: float) -> int:
        """The bot runs for so long, and does what is due; answers how often that was."""
        count, until = 0, self.clock.at + timedelta(hours=hours)
        while self.clock.at < until:
            count += await self.turn(loop)
            self.pass_(minutes=10)
        return count

    async def row(self, generation: Generation) -> Generation:
        """As it is now."""
        found = await self.store.generation(generation.id)
        assert found is not None
        return found
