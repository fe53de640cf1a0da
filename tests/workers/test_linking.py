"""A video that fits nowhere is posted as a link only where members can open that; a dead link is no delivery."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.domain.errors import PostTooLarge, ProviderError
from bot.domain.generation import State
from bot.domain.messages.delivery import DeliveryState, Try
from bot.domain.messages.posts import PostedMessage
from bot.domain.messages.result_status import ResultStatus, result_status
from bot.domain.provider import Fault, JobState, JobStatus
from bot.storage.store import SqlStore
from bot.workers.jobs.deliver import DeliverWorker
from tests.conftest import POSTGRESQL_LONG
from tests.storage.life import Life
from tests.workers.conftest import world

ENGINES = POSTGRESQL_LONG

LINK = "https://cdn.example.com/v.mp4?ex=1"


class Discord:
    """Takes no file, and any link."""

    def __init__(self) -> None:
        self.links: list[str] = []

    def begin(self, generation: Any, delivery: Any) -> Any:
        return Try(delivery_id=delivery.id, channel_id=delivery.channel_id, after_id="1")

    async def post_result(self, generation: Any, delivery: Any, file: Path) -> PostedMessage:
        raise PostTooLarge("too large")

    async def upload_limit(self, generation: Any) -> int:
        return 1

    async def post_link(self, generation: Any, delivery: Any, link: str) -> PostedMessage:
        self.links.append(link)
        return PostedMessage(channel_id=delivery.channel_id, message_id="m")


@pytest.mark.parametrize(
    ("answers", "becomes", "links"),
    [
        ([True], DeliveryState.SENT, [LINK]),
        ([False], DeliveryState.UNDELIVERABLE, []),
        ([Fault.TRANSIENT, True], DeliveryState.SENT, [LINK]),
        ([Fault.TRANSIENT] * 3, DeliveryState.UNDELIVERABLE, []),
        ([Fault.RESULT_UNUSABLE], DeliveryState.UNDELIVERABLE, []),
    ],
)
async def test_a_link_is_posted_where_members_can_open_it_and_else_the_video_is_kept(
    store: SqlStore, life: Life, tmp_path: Path, answers: list[Any], becomes: DeliveryState, links: list[str]
) -> None:
    left = list(answers)

    async def may_share(link: str) -> bool:
        assert link == LINK
        answer = left.pop(0)
        if isinstance(answer, Fault):
            raise ProviderError(answer)
        return answer

    async def status(job_id: str, **_: object) -> JobStatus:
        return JobStatus(job_id=job_id, state=JobState.SUCCEEDED, video_url=LINK)

    async def none(*_: object) -> None:
        return None

    async def have(_: str) -> Path:
        return file

    discord, file = Discord(), tmp_path / "v.mp4"
    file.write_bytes(b"video")
    here = world(
        store,
        life,
        messenger=discord,
        provider=SimpleNamespace(may_share=may_share, status=status),
        media=SimpleNamespace(have=have, shrink=none, drop_smaller=none),
    )
    job = await life.succeeded()
    deliveries = DeliverWorker(here)
    for _ in answers:
        claim = life.claim()
        got = await store.claim_delivery(claim, now=life.now)
        assert got is not None
        await deliveries._one(got, claim)
        life.later(minutes=10)
    delivery = await life.delivery(job)
    assert delivery is not None
    assert (delivery.state, discord.links, left) == (becomes, links, [])
    kept = result_status(replace(job, state=State.SUCCEEDED), delivery) is ResultStatus.TOO_LARGE
    assert kept is (becomes is DeliveryState.UNDELIVERABLE)
    assert file.exists()
    assert await store.tries(job.id) == []
