"""Two gateways and two workers share one database and one bucket: each command is answered once, each video posted once."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.process.cluster import Cluster, cluster_in
from tests.process.conftest import picture, said
from tests.process.test_processes import ask
from tests.process.test_shards import room
from tests.standins.bucket import S3Server
from tests.standins.discord import Invocation, Upload
from tests.standins.discord.faults import Fault
from tests.storage.postgres.server import PostgresServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(tmp_path: Path, postgres: PostgresServer, s3: S3Server) -> AsyncIterator[Cluster]:
    async with cluster_in(tmp_path, postgres, s3.env(uuid4().hex)) as made:
        yield made


async def test_two_gateways_and_two_workers_make_one_video_of_each_command(
    cluster: Cluster, postgres: PostgresServer
) -> None:
    studio = cluster.studio
    rooms = [room(studio, shard, 2) for shard in (0, 1)]
    for name, words in {
        "worker a": ["worker"],
        "worker b": ["worker"],
        "gateway a": ["gateway", "--shards", "0-0/2"],
        "gateway b": ["gateway", "--shards", "1/2"],
    }.items():
        await cluster.start(name, *words)
    assert sorted(session.shard for session in studio.discord.gateway.live) == [(0, 2), (1, 2)]
    assert studio.discord.gateway.closest_identifies() >= 0.5
    assert studio.discord.application.syncs == 1, "by whoever has shard 0"
    members = [studio.discord.person(f"m{place.id}", channel=place) for place in rooms for _ in range(2)]
    cards = [await member.slash("sora", prompt=f"p{at}").message() for at, member in enumerate(members)]
    for card in cards:
        await studio.wait_card(card, "Done")
    assert [len([m for m in studio.discord.messages(place) if studio.files(m)]) for place in rooms] == [2, 2]
    assert len(studio.uniall.jobs) == 4
    address = str(studio.bot.address)
    roles = await ask(postgres, address, "SELECT role, shards FROM process ORDER BY 1, 2")
    assert roles == [("gateway", "0-0/2"), ("gateway", "1-1/2"), ("worker", ""), ("worker", "")]
    await cluster.stop()
    for left in ("process", "leader", "generation WHERE lease_owner IS NOT NULL"):
        assert await ask(postgres, address, f"SELECT * FROM {left}") == []  # noqa: S608


@pytest.mark.long
async def test_a_second_gateway_for_the_same_shards_takes_over_when_the_first_stops(cluster: Cluster) -> None:
    studio, place = cluster.studio, room(cluster.studio, 0, 1)
    await cluster.start("worker", "worker")
    first = await cluster.start("gateway", "gateway", "--shards", "0-0/1")
    standby = await cluster.launch("standby", "gateway", "--shards", "0-0/1")
    await cluster.until("standby", '{"ready": true, "standby_for": "shards 0-0/1"}\n')
    assert [record["event"] for record in standby.records()].count("standby") == 1
    [before] = studio.discord.gateway.live
    wrong = await cluster.launch("another number", "gateway", "--shards", "1-1/2")
    assert await wrong.exited() == 1
    assert "sora-bot: another process holds shards of 1, and this one is to hold 1-1/2" in wrong.output()
    assert await first.stop() == 0
    await cluster.until("standby", '{"ready": true}\n')
    [after] = studio.discord.gateway.live
    assert after is not before
    await studio.discord.person("Mia", channel=place).slash("sora", prompt="p").message()
    assert await cluster.posted(place) == 1


@pytest.mark.long
async def test_a_command_whose_gateway_dies_is_still_made_and_posted_once(cluster: Cluster) -> None:
    studio, place = cluster.studio, room(cluster.studio, 0, 1)
    await cluster.start("worker", "worker")
    gateway = await cluster.start("gateway", "gateway", "--shards", "0-0/1")
    studio.uniall.seconds = 1.0
    card = await studio.discord.person("Mia", channel=place).slash("sora", prompt="p").message()
    gateway._process.send_signal(signal.SIGKILL) if gateway._process else None
    await gateway.exited()
    assert await cluster.posted(place) == 1
    assert studio.files(card) == []
    assert len(studio.uniall.jobs) == 1


@pytest.mark.long
async def test_a_reply_whose_gateway_dies_between_defer_and_card_is_completed_by_a_worker(cluster: Cluster) -> None:
    studio, place = cluster.studio, room(cluster.studio, 0, 1)
    await cluster.start("worker", "worker")
    mia = studio.discord.person("Mia", channel=place)

    async def deferred(prompt: str) -> tuple[Invocation, Fault]:
        slow = studio.discord.fail_next("GET", "^/ephemeral-attachments/", "slow")
        asked = mia.slash("sora", prompt=prompt, image=Upload(data=picture()))
        assert (await asked.first_answer()).deferred
        await studio.discord.wait_for(studio.database.deferred, "a reply that others can complete")
        return asked, slow

    gateway = await cluster.start("first", "gateway", "--shards", "0-0/1")
    lost, slow = await deferred("lost")
    await gateway.kill()
    slow.stop()
    assert "was restarted before" in said(await lost.message())
    gateway = await cluster.start("second", "gateway", "--shards", "0-0/1", FAILPOINT="accept.committed")
    kept, slow = await deferred("kept")
    slow.stop()
    assert await gateway.exited() == -signal.SIGKILL
    await studio.wait_card(await kept.message(), "Done")
    assert await cluster.posted(place) == 1
    assert [job.prompt for job in studio.uniall.jobs.values()] == ["kept"]
