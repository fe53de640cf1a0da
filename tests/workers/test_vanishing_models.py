"""A model that vanishes takes nothing with it: what waits for it is moved to the same for no more, or given back; once said."""

from dataclasses import replace
from typing import Any, cast

import pytest

from bot.catalog.catalog import Catalog
from bot.catalog.offers import Offer
from bot.domain.generation import State
from bot.domain.moderation.server_log import LogEvent
from bot.domain.moderation.settings_edits import with_log_channel
from bot.domain.provider import Accepted, Fault, Format, JobState, JobStatus, ListedJob, Order, Outcome, Refused
from bot.storage.store import SqlStore
from bot.system.background import finish_background
from bot.workers.jobs.submit import SubmitWorker
from bot.workers.models.family_news import FamilyNews
from tests.conftest import POSTGRESQL_LONG
from tests.storage.life import Life
from tests.workers.conftest import world

ENGINES = POSTGRESQL_LONG


def offer(model: str, *, price: int = 68_000, form: Format = Format.TASK, **more: Any) -> Offer:
    shapes = Catalog.read().offers[-1].orientations
    base: dict[str, Any] = {"family": "Sora 2", "orientations": shapes, "seconds": (4, 8)}
    return Offer(model=model, format=form, micros_per_second=price, **(base | more))


class Outside:
    """UniAll, which takes what it is sent, and the log channels and the operator, who are told."""

    def __init__(self) -> None:
        self.sent: list[Order] = []
        self.outcome: Outcome | None = None
        self.listed: list[ListedJob] = []
        self.told: list[str] = []

    async def submit(self, order: Order) -> Outcome:
        self.sent.append(order)
        return self.outcome or Accepted(status=JobStatus(job_id=f"j{len(self.sent)}", state=JobState.QUEUED))

    async def recent(self) -> list[ListedJob]:
        return self.listed

    async def post_log(self, channel_id: str, event: LogEvent) -> bool:
        self.told.append(f"{channel_id} {event.kind} {event.text}")
        return True


class Bot:
    """The submit loop and the news on a real store, step by step."""

    def __init__(self, store: SqlStore, life: Life, *offers: Offer) -> None:
        self.catalog, self.outside, self.life, self.store = Catalog(offers), Outside(), life, store
        here = cast(Any, self.outside)
        self.context = world(store, life, provider=here, notices=here, catalog=self.catalog)
        self.submits, self.news = SubmitWorker(self.context), FamilyNews(self.context)

    async def step(self) -> bool:
        """Handle one job; False where none is due."""
        claim = self.context.claim(600)
        found = await self.submits._claim(claim)
        if found:
            await self.submits._one(found, claim)
            await finish_background(10)
        return found is not None

    async def work(self) -> None:
        """Do all that is due."""
        for _ in range(20):
            if not await self.step():
                return
        raise AssertionError("it never ends")


@pytest.mark.parametrize("how", ["list", "sunset"])
async def test_waiting_jobs_go_to_the_next_offer_that_makes_the_same_for_no_more(
    store: SqlStore, life: Life, how: str
) -> None:
    bot = Bot(store, life, offer("a"), offer("dear", price=70_000), offer("b", form=Format.MEDIA, price=60_000))
    jobs = [await life.accept(life.new(model="a", micros=272_000)) for _ in range(3)]
    if how == "list":
        bot.catalog.listed(["b", "dear"])
    else:
        today = bot.catalog._today()
        bot.catalog.offers = (replace(bot.catalog.offers[0], sunset=today), *bot.catalog.offers[1:])
    await bot.work()
    assert [(order.model, order.format) for order in bot.outside.sent] == [("b", Format.MEDIA)] * 3
    for job in jobs:
        stands = await life.reload(job)
        assert (stands.state, stands.model, stands.format) == (State.SUBMITTED, "b", Format.MEDIA)
        assert stands.price_micros == job.price_micros


async def test_what_nothing_else_makes_for_as_little_is_given_back_at_once_without_its_turn(
    store: SqlStore, life: Life
) -> None:
    bot = Bot(
        store, life, offer("a"), offer("dear", price=70_000), offer("short", seconds=(8,)), offer("x", family="B")
    )
    job = await life.accept(life.new(model="a", micros=272_000))
    bot.catalog.listed(["dear", "short", "x"])
    bot.context = replace(bot.context, policy=replace(bot.context.policy, max_in_flight=0))
    bot.submits = SubmitWorker(bot.context)
    await bot.work()
    stands = await life.reload(job)
    assert (stands.state, stands.fault, bot.outside.sent) == (State.FAILED, "model_withdrawn", [])


async def test_a_job_whose_model_is_refused_by_a_coded_answer_is_sent_with_the_next_offer(
    store: SqlStore, life: Life
) -> None:
    bot = Bot(store, life, offer("a"), offer("b"))
    job = await life.accept(life.new(model="a", micros=272_000))
    bot.outside.outcome = Refused(fault=Fault.MODEL_UNAVAILABLE, coded=True)
    assert await bot.step()
    assert (await life.reload(job)).state is State.RESERVED
    bot.outside.outcome = None
    await bot.work()
    assert [order.model for order in bot.outside.sent] == ["a", "b"]
    assert (await life.reload(job)).state is State.SUBMITTED


async def test_a_job_that_uniall_started_although_it_refused_it_is_not_moved(store: SqlStore, life: Life) -> None:
    bot = Bot(store, life, offer("a"), offer("b"))
    job = await life.accept(life.new(model="a", micros=272_000))
    bot.outside.outcome = Refused(fault=Fault.MODEL_UNAVAILABLE, coded=True)
    assert await bot.step()
    bot.outside.listed = [ListedJob(job_id="there", model="a", prompt=job.prompt, seconds=job.seconds)]
    await bot.work()
    stands = await life.reload(job)
    assert (stands.state, stands.job_id, stands.model) == (State.SUBMITTED, "there", "a")
    assert len(bot.outside.sent) == 1


async def test_servers_with_a_log_channel_hear_once_of_a_family_that_is_gone_and_back(
    store: SqlStore, life: Life
) -> None:
    bot = Bot(store, life, offer("a"), offer("k", family="Kling"))
    await life.configure(lambda settings: with_log_channel(settings, "700"))
    told = bot.outside.told
    await bot.news.look()
    bot.catalog.listed(["a"])
    for news in (bot.news, bot.news, FamilyNews(bot.context)):  # also after a restart
        await news.look()
    await finish_background(10)
    assert told == ["700 models_gone Kling"]
    bot.catalog.listed(["a", "k"])
    await bot.news.look()
    await finish_background(10)
    assert told[1:] == ["700 models_back Kling"]
