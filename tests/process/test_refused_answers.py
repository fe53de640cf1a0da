"""What Discord has definitely not taken costs nothing: given back before anything is sent, by whatever way it was asked."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio

from tests.process.clean import logs
from tests.process.conftest import Studio, picture
from tests.process.stage import books_agree, ledger, staged
from tests.standins.discord import Channel, Invocation, Person, Upload
from tests.standins.discord.model import Snowflakes
from tests.standins.process import BotProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")

# status, code, and whether whoever asked can still be told
REFUSALS = {
    "unknown interaction": (404, 10062, False),
    "invalid token": (401, 50027, False),
    "archived thread": (400, 50083, True),
    "no permission": (403, 50013, True),
    "no access": (403, 50001, True),
    "no channel": (404, 10003, True),
    "link filter": (400, 240000, True),
}
NOTHING = (0, 0, ["reserve", "void"])


@dataclass(slots=True)
class Asked:
    """Who asked, and for what."""

    person: Person
    invocation: Invocation | None = None


@dataclass(slots=True)
class Stage:
    """One bot, of which everything is asked at once."""

    studio: Studio
    asked: dict[str, Asked] = field(default_factory=dict[str, Asked])

    def place(self) -> Channel:
        world = self.studio.discord.world
        return world.add_channel(self.studio.discord.guild, f"c{len(world.channels)}")

    def sora(self, name: str, status: int, code: int, **options: object) -> Invocation:
        """A member asks, and the first answer is refused so."""
        person = self.studio.discord.person(name, channel=self.place())
        invocation = person.slash("sora", prompt=f"p {name}", **options)
        self.studio.discord.fail_next("POST", rf"^/interactions/{invocation.id}/", status, code=code)
        self.asked[name] = Asked(person, invocation)
        return invocation

    async def withdrawn(self, name: str) -> None:
        """Everything was given back, and UniAll has heard of nothing."""
        person = self.asked[name].person
        await self.studio.discord.wait_for(lambda: ledger(self.studio, person) == NOTHING, f"{name} given back")
        asked = [job.prompt for job in self.studio.uniall.jobs.values()]
        assert f"p {name}" not in asked
        [job] = self.studio.database.generations(f"p {name}")
        assert (job.state, job.attempts) == ("cancelled", 0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("refused")) as studio:
        yield Stage(studio)


async def test_a_command_whose_answer_was_refused_is_given_back_and_never_sent(stage: Stage) -> None:
    for name, (status, code, _) in REFUSALS.items():
        stage.sora(name, status, code)
    stage.sora("with image", 404, 10062, image=Upload(data=picture()))
    for name, (_, _, told) in REFUSALS.items():
        await stage.withdrawn(name)
        if told:
            answer = await stage.asked[name].invocation.answer()  # type: ignore[union-attr] # it is a command
            assert answer.ephemeral
            assert "nothing was spent" in answer.text
    await stage.withdrawn("with image")
    await stage.studio.discord.wait_for(lambda: not list(stage.studio.bot.media.iterdir()), "no image is left")


async def test_what_is_refused_when_it_should_take_longer_is_given_back(stage: Stage) -> None:
    studio = stage.studio
    slow = studio.discord.fail_next("GET", "^/ephemeral-attachments/", "slow", times=2)
    late = stage.sora("late", 404, 10062, image=Upload(data=picture()))
    locked = stage.studio.discord.person("locked", channel=stage.place())
    invocation = locked.slash("sora", prompt="p locked", image=Upload(data=picture()))
    stage.asked["locked"] = Asked(locked, invocation)
    assert (await invocation.first_answer()).deferred
    await studio.discord.wait_for(lambda: studio.discord.requests("POST", late.id, status=404), "a refused defer")
    studio.discord.fail_next("PATCH", f"^/webhooks/\\d+/{invocation.token}/", 400, code=50083)
    slow.release()
    for name in ("late", "locked"):
        await stage.withdrawn(name)
    assert "nothing was spent" in (await invocation.followup()).content
    assert invocation.original is not None
    assert invocation.original.deleted


async def test_a_slow_command_that_discord_sends_twice_is_answered_once(stage: Stage) -> None:
    studio = stage.studio
    person = studio.discord.person("twice", channel=stage.place())
    slow = studio.discord.fail_next("GET", "^/ephemeral-attachments/", "slow", times=2)
    invocation = person.slash("sora", prompt="p twice", image=Upload(data=picture()))
    studio.deliver_again(invocation)
    assert (await invocation.first_answer()).deferred
    slow.stop()
    await studio.wait_card(await invocation.message(), "Done")
    assert len(studio.discord.requests("POST", f"/interactions/{invocation.id}/")) == 1
    assert ledger(studio, person) == (1, 0, ["reserve", "post"])


@pytest.mark.parametrize("failure", ["disconnect", "reset"])
async def test_a_picture_whose_card_is_cut_off_while_it_fills_the_placeholder_is_made(
    stage: Stage, failure: Literal["disconnect", "reset"]
) -> None:
    studio = stage.studio
    person = studio.discord.person(failure, channel=stage.place())
    slow = studio.discord.fail_next("GET", f"^/ephemeral-attachments/{person.channel.id}/", "slow")
    invocation = person.slash("sora", prompt=f"p {failure}", model="sora-2", image=Upload(data=picture()))
    assert (await invocation.first_answer()).deferred
    cut = studio.discord.fail_next("PATCH", f"^/webhooks/\\d+/{invocation.token}/", failure, times=2)
    slow.release()
    await studio.wait_card(await invocation.message(), "Done")
    assert cut.hits == 2
    assert ledger(studio, person) == (1, 0, ["reserve", "post"])


async def test_an_answer_that_cannot_be_read_leaves_no_job_waiting_for_ever(stage: Stage) -> None:
    """200, and a body that is none of Discord's: nobody knows whether the card is there."""
    studio = stage.studio
    asked = {shown: studio.discord.person(f"unread {shown}", channel=stage.place()) for shown in (True, False)}
    for shown, person in asked.items():
        invocation = person.slash("sora", prompt=f"p unread {shown}")
        studio.discord.fail_next("POST", rf"^/interactions/{invocation.id}/", 200, after_processing=shown)
    for shown, person in asked.items():
        await studio.discord.wait_for(lambda: ledger(studio, person)[:2] == (1, 0), "paid once")  # noqa: B023 - waited for
        cards = [m for m in person.channel.messages.values() if not studio.files(m)]
        assert len(cards) == shown
        for card in cards:
            await studio.wait_card(card, "Done")


async def test_again_and_a_reply_whose_card_was_refused_are_given_back(stage: Stage) -> None:
    studio, place = stage.studio, stage.place()
    ann = studio.discord.person("Ann", channel=place)
    card = await ann.slash("sora", prompt="p shown").message()
    await studio.wait_card(card, "Done")
    [result] = [message for message in place.messages.values() if studio.files(message)]
    bob, eve = (studio.discord.person(name, channel=place) for name in ("Bob", "Eve"))
    pressed = bob.press(result, "Again")
    studio.discord.fail_next("POST", rf"^/interactions/{pressed.id}/", 404, code=10062)
    await studio.discord.wait_for(lambda: ledger(studio, bob) == NOTHING, "Again given back")
    studio.discord.fail_next("POST", rf"^/channels/{place.id}/messages$", 403, code=50013)
    eve.reply(result, "+ at night")
    await studio.discord.wait_for(lambda: ledger(studio, eve) == NOTHING, "the reply given back")
    assert len([job for job in studio.uniall.jobs.values() if job.prompt.startswith("p shown")]) == 1


async def test_an_interaction_that_is_replayed_after_an_outage_is_not_even_accepted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = stage.studio
    person = studio.discord.person("Old", channel=stage.place())
    (await person.slash("usage").answer()).text.index("quota")
    monkeypatch.setattr(studio.discord.world, "ids", _TwelveSecondsAgo())
    typed = [person.slash("sora", prompt=f"p old {number}") for number in range(3)]
    monkeypatch.undo()
    await studio.discord.wait_for(lambda: logs(studio.folder).count("too_old") == 3, "three passed over")
    (await person.slash("usage").answer()).text.index("quota")
    assert ledger(studio, person) == (0, 0, [])
    assert [one.first for one in typed] == [None] * 3


async def test_a_card_whose_answer_takes_long_is_not_sent_before_it_is_there(stage: Stage) -> None:
    studio, place = stage.studio, stage.place()
    late, quick = (studio.discord.person(name, channel=place) for name in ("Late", "Quick"))
    invocation = late.slash("sora", prompt="p unsettled")
    slow = studio.discord.fail_next("POST", rf"^/interactions/{invocation.id}/", "slow")
    await studio.discord.wait_for(lambda: slow.hits, "the answer under way")
    await asyncio.to_thread(studio.database.accepted_earlier, "p unsettled", seconds=60)
    await studio.wait_card(await quick.slash("sora", prompt="p quick").message(), "Done")
    assert [job.state for job in studio.database.generations("p unsettled")] == ["reserved"]
    slow.release()
    await studio.wait_card(await invocation.message(), "Done")


class _TwelveSecondsAgo(Snowflakes):
    def next(self) -> str:
        return str(int(super().next()) - (12_000 << 22))


@pytest.mark.parametrize("deferred", [False, True])
async def test_of_two_copies_with_two_databases_the_loser_gives_back_tells_and_stops(
    tmp_path: Path, deferred: bool
) -> None:
    async with staged(tmp_path) as studio:
        operators = studio.discord.world.add_channel(studio.discord.guild, "operators")
        folder = tmp_path / "second"
        folder.mkdir()
        env = {"UNIALL_API_KEY": studio.uniall.key, "DEFAULT_QUOTA": "unlimited", "OPERATOR_CHANNEL_ID": operators.id}
        second = BotProcess(studio.discord, folder, uniall_base_url=studio.uniall.base_url, env=env)
        await second.launch()
        await studio.discord.ready(sessions=2)
        first = studio.bot
        mia = studio.person()
        studio.uniall.seconds = 2  # the loser looks after half a second, and the card says whose it is until it is done
        # Whichever is quicker keeps the job; the other one finds the card of a database that is not its own.
        options = {"image": Upload(data=picture())} if deferred else {}
        slow = studio.discord.fail_next("GET", "^/ephemeral-attachments/", "slow", times=2 if deferred else 0)
        invocation = mia.slash("sora", prompt="p", **options)
        if deferred:
            await studio.discord.wait_for(lambda: studio.discord.requests("POST", "callback$", status=400), "a loser")
            slow.release()
        card = await invocation.message()
        await studio.discord.wait_for(lambda: not (first.running and second.running), "one that stops")
        loser, winner = (first, second) if not first.running else (second, first)
        assert await loser.exited() == 78
        lines = [line for line in loser.stderr.read_text().splitlines() if line.startswith("sora-bot: ")]
        assert len(lines) == 1
        assert "another copy" in lines[0]
        await studio.wait_card(card, "Done")
        assert winner.running
        assert (len(studio.uniall.jobs), len(studio.results())) == (1, 1)
        told = [m.content for m in operators.messages.values() if "Another copy" in m.content]
        assert len(told) == (loser is second)
        studio.bot = loser
        assert [job.state for job in studio.database.generations()] == ["cancelled"]
        await books_agree(studio)
        assert ledger(studio, mia) == NOTHING
        studio.bot = winner
        assert await winner.stop() == 0
        assert "Traceback" not in logs(folder)


@pytest.mark.sqlite_only("a copy of a PostgreSQL database is refused at its start: tests/storage/postgres")
async def test_of_two_copies_that_both_reply_to_one_message_the_later_one_tells_and_stops(tmp_path: Path) -> None:
    async with staged(tmp_path) as studio:
        first, mia = studio.bot, studio.person()
        await studio.wait_card(await mia.slash("sora", prompt="p").message(), "Done")
        await first.stop()
        folder = tmp_path / "second"
        shutil.copytree(first.media, folder / "media")
        shutil.copy(first.database, folder)
        env = {"UNIALL_API_KEY": studio.uniall.key, "DEFAULT_QUOTA": "unlimited"}
        second = BotProcess(studio.discord, folder, uniall_base_url=studio.uniall.base_url, env=env)
        begun = len(studio.discord.gateway.sessions)
        operators = studio.discord.world.add_channel(studio.discord.guild, "operators")
        for one in (first, second):
            one.env["OPERATOR_CHANNEL_ID"] = operators.id
            await one.launch()
        await studio.discord.wait_for(lambda: len(studio.discord.gateway.sessions) == begun + 2, "two sessions")
        await studio.discord.ready(sessions=2)
        mia.reply(studio.results()[0], "+ at night")
        await studio.discord.wait_for(lambda: not (first.running and second.running), "one that stops")
        loser, winner = (first, second) if not first.running else (second, first)
        assert await loser.exited() == 78
        [told] = [m.content for m in operators.messages.values() if "Another copy" in m.content]
        assert "both have replied to one message" in told
        await studio.discord.wait_for(lambda: len(studio.results()) >= 2, "the video of the one that stays")
        assert winner.running
        assert await winner.stop() == 0
        assert "Traceback" not in logs(folder)
