"""Answers that Discord no longer takes: cards and refusals whose token has ended cost nobody their video or quota."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.process.clean import logs
from tests.process.conftest import picture
from tests.process.discord_faults.stage import Stage
from tests.process.stage import Played, staged
from tests.standins.discord import Message, Upload
from tests.standins.discord.faults import Failure
from tests.standins.uniall import Script

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A bot on which all of this happens at once: discord.py itself tries some of it again for half a minute."""
    async with staged(tmp_path_factory.mktemp("tokens")) as studio:
        stage = Stage(studio)
        await asyncio.gather(play_late(stage), play_unanswered(stage))
        yield stage


TOKENS: list[tuple[str, Failure, int]] = [
    ("expired", 401, 50027),
    ("unknown", 404, 10015),
    ("500", 500, 0),
    ("503", 503, 0),
    ("reset", "reset", 0),
]

FINAL = [one for one in TOKENS if one[0] not in ("500", "503")]  # those discord.py tries again for a minute


async def play_late(stage: Stage) -> None:
    """Commands that were deferred, and whose card or refusal then meets each of these."""
    studio = stage.studio

    async def start(name: str, failure: Failure, code: int) -> None:
        person = studio.discord.person(name, channel=stage.channel())
        fault = studio.discord.fail_next("GET", rf"^/ephemeral-attachments/{person.channel.id}/", "slow")
        invocation = person.slash("sora", prompt=f"late {name}", model="sora-2", image=Upload(data=picture()))
        assert (await invocation.first_answer()).deferred
        token = rf"^/webhooks/\d+/{invocation.token}/messages/"
        studio.discord.fail_next("PATCH", token, failure, code=code, times=9)
        studio.discord.fail_next("GET", token, failure, code=code, times=9)
        fault.release()
        assert invocation.original
        stage.jobs[f"late {name}"] = Played(studio=studio, person=person, card=invocation.original, script=Script())

    async def refused(name: str, failure: Failure, code: int) -> None:
        person = studio.discord.person(f"{name} refused", channel=stage.channel())
        fault = studio.discord.fail_next("GET", rf"^/ephemeral-attachments/{person.channel.id}/", "slow")
        invocation = person.slash("sora", prompt=f"refused {name}", image=Upload(data=b"no picture"))
        assert (await invocation.first_answer()).deferred
        token = rf"^/webhooks/\d+/{invocation.token}"
        studio.discord.fail_next("DELETE", token, failure, code=code, times=9)
        studio.discord.fail_next("POST", token, failure, code=code, times=9)
        fault.release()
        stage.jobs[f"refused {name}"] = Played(
            studio=studio,
            person=person,
            card=Message(id="", channel=person.channel, author=person.user),
            script=Script(),
        )

    await asyncio.gather(*(start(*one) for one in TOKENS), *(refused(*one) for one in FINAL))


@pytest.mark.parametrize("fault", [name for name, *_ in TOKENS])
async def test_a_card_that_can_no_longer_be_shown_costs_nobody_their_video(stage: Stage, fault: str) -> None:
    job = stage.jobs[f"late {fault}"]
    await job.result()
    assert job.ledger() == (1, 0, ["reserve", "post"])


@pytest.mark.parametrize("fault", [name for name, *_ in FINAL])
async def test_a_refusal_that_can_no_longer_be_shown_costs_nothing(stage: Stage, fault: str) -> None:
    job = stage.jobs[f"refused {fault}"]
    told = lambda: logs(stage.studio.folder).count("refusal_not_shown") >= len(FINAL)  # noqa: E731
    await stage.studio.discord.wait_for(told, "a line in the log for each")
    assert job.ledger() == (0, 0, [])


UNANSWERED: list[tuple[str, Failure]] = [
    (f"{command} {failure}", failure) for command in ("usage", "help") for failure in (404, 503, "disconnect", 400)
]


async def play_unanswered(stage: Stage) -> None:
    """Commands for one person, each of whose answers meets one of these until the bot gives up."""
    for name, failure in UNANSWERED:
        person = stage.studio.discord.person(name, channel=stage.channel())
        invocation = person.slash(name.partition(" ")[0])
        stage.studio.discord.fail_next("POST", rf"^/interactions/{invocation.id}/", failure, times=9, code=10062)


async def test_an_answer_that_discord_does_not_take_is_one_line_in_the_log(stage: Stage) -> None:
    def lines() -> int:
        return [record["event"] for record in stage.studio.bot.records()].count("not_answered")

    await stage.studio.discord.wait_for(lambda: lines() >= len(UNANSWERED), "a line for each")
    assert lines() == len(UNANSWERED)
    assert "Traceback" not in logs(stage.studio.folder)
