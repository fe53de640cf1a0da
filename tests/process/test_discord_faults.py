"""Every fault of Discord, to the whole bot: a finished video is posted once or kept, and the member can tell which."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from tests.process.conftest import Studio, logs, picture
from tests.process.stage import Played, backdate, books_agree, play, play_waiting, staged, tried_for_a_day
from tests.standins.discord import Channel, Guild, Message, Permission, Upload
from tests.standins.discord.faults import Failure
from tests.standins.uniall import Script

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEPT = "the video could not be posted here. It is kept."


@dataclass(slots=True)
class Stage:
    """One bot; every fault has a channel of its own. `jobs` by the name of their fault."""

    studio: Studio
    jobs: dict[str, Played] = field(default_factory=dict[str, Played])

    def channel(self, guild: Guild | None = None) -> Channel:
        """A new channel."""
        world = self.studio.discord.world
        return world.add_channel(guild or self.studio.discord.guild, f"c{len(world.channels)}")


Name = tuple[str, Failure, bool]


def failing(*failures: Failure) -> list[Name]:
    """Each failure before the request was carried out, and after it, so that only the answer is lost."""
    return [
        (f"{failure}{' after' if after else ''}", failure, after) for failure in failures for after in (False, True)
    ]


# -- the post of a result

POSTS = failing(500, 502, 503, 504, "disconnect", "reset")


async def play_posting(stage: Stage) -> None:
    """Results whose first post fails in each of these ways."""
    studio = stage.studio

    async def start(name: str, failure: Failure, after: bool) -> None:
        channel = stage.channel()
        path = rf"^/channels/{channel.id}/messages$"
        studio.discord.fail_next("POST", path, failure, after_processing=after)
        if name.endswith("after"):  # and the look whether it is there is disturbed too
            studio.discord.fail_next("GET", path, 503 if failure == "reset" else "reset")
        stage.jobs[f"post {name}"] = await play(studio, f"post {name}", channel=channel)

    await asyncio.gather(*(start(*one) for one in POSTS))


@pytest.mark.parametrize("fault", [name for name, *_ in POSTS])
async def test_a_post_that_fails_is_made_again_and_seen_once(stage: Stage, fault: str) -> None:
    job = stage.jobs[f"post {fault}"]
    result = await job.done()
    assert result.reply_to is job.card
    assert len(job.channel.messages) == 2


# -- the first answer of a command

ANSWERS = [*failing(500, 502, 503, "disconnect", "reset"), ("429", 429, False)]


async def play_answering(stage: Stage) -> None:
    """Jobs whose card is answered with each of these."""
    studio = stage.studio

    def start(name: str, failure: Failure, after: bool) -> None:
        person = studio.discord.person(name, channel=stage.channel())
        invocation = person.slash("sora", prompt=f"answer {name}")
        path = rf"^/interactions/{invocation.id}/"
        studio.discord.fail_next("POST", path, failure, after_processing=after, retry_after=0.1)
        card = Message(id="", channel=person.channel, author=studio.discord.world.bot)
        stage.jobs[f"answer {name}"] = Played(studio=studio, person=person, card=card, script=Script())

    for one in ANSWERS:
        start(*one)


@pytest.mark.parametrize("fault", [name for name, *_ in ANSWERS])
async def test_a_command_whose_answer_fails_is_carried_out_once_and_its_video_posted(stage: Stage, fault: str) -> None:
    job = stage.jobs[f"answer {fault}"]
    result = await job.result()
    shown = [message for message in job.channel.messages.values() if message is not result]
    # Only these never reached Discord; on a busy machine it was a defer that did not, and the card came after it.
    assert len(shown) <= 1 if fault in ("disconnect", "reset") else len(shown) == 1
    assert result.reply_to in (shown or [None])
    for card in shown:
        await stage.studio.wait_card(card, "Done")
    assert job.ledger() == (1, 0, ["reserve", "post"])


# -- edits of the card

EDITS: list[tuple[str, Failure]] = [("500", 500), ("429", 429), ("503", 503), ("disconnect", "disconnect")]


async def play_editing(stage: Stage) -> None:
    """Cards whose next edits fail."""
    studio = stage.studio
    for name, failure in EDITS:
        job = await play_waiting(studio, f"edit {name}", channel=stage.channel())
        path = rf"^/channels/{job.channel.id}/messages/\d+$"
        studio.discord.fail_next("PATCH", path, failure, retry_after=0.1)
        job.go.set()
        stage.jobs[f"edit {name}"] = job


# -- what became of the place meanwhile

World = Callable[[Stage, Played], None]
Place = tuple[World, str]  # what happens; what becomes of the video: "posted", "alone" (without a reply) or "kept"


def card_deleted(stage: Stage, job: Played) -> None:
    stage.studio.discord.world.delete(job.card)


def channel_deleted(stage: Stage, job: Played) -> None:
    stage.studio.discord.world.delete_channel(job.channel)


def revoked(permission: Permission) -> World:
    return lambda stage, job: stage.studio.discord.revoke(job.channel, permission)


def thread(*, archived: bool, locked: bool) -> World:
    return lambda stage, job: stage.studio.discord.world.archive(job.channel, archived=archived, locked=locked)


def removed(stage: Stage, job: Played) -> None:
    assert job.channel.guild
    stage.studio.discord.world.remove_bot(job.channel.guild)


def removed_and_invited(stage: Stage, job: Played) -> None:
    assert job.channel.guild
    removed(stage, job)
    stage.studio.discord.world.invite_bot(job.channel.guild)


PLACES: dict[str, Place] = {
    "card deleted": (card_deleted, "alone"),
    "channel deleted": (channel_deleted, "kept"),
    "thread archived": (thread(archived=True, locked=False), "posted"),
    "thread locked": (thread(archived=False, locked=True), "elsewhere"),
    "thread locked and archived": (thread(archived=True, locked=True), "elsewhere"),
    "thread deleted": (channel_deleted, "elsewhere"),
    "may not view": (revoked(Permission.VIEW_CHANNEL), "kept"),
    "may not send": (revoked(Permission.SEND_MESSAGES), "kept"),
    "may not attach": (revoked(Permission.ATTACH_FILES), "kept"),
    "may not read history": (revoked(Permission.READ_MESSAGE_HISTORY), "alone"),
    "removed from the server": (removed, "kept"),
    "removed and invited again": (removed_and_invited, "posted"),
}
NO_CARD = ("channel deleted", "may not view", "removed from the server")


async def play_moving(stage: Stage) -> None:
    """Jobs whose place changes while they are rendered."""
    studio, world = stage.studio, stage.studio.discord.world

    async def start(name: str, happens: World) -> None:
        channel = stage.channel(world.add_guild(name) if "removed" in name else None)
        if name.startswith("thread"):
            channel = world.add_thread(channel, name, world.bot, starter=None, minutes=60)
        job = stage.jobs[name] = await play_waiting(studio, f"place {name}", channel=channel)
        happens(stage, job)
        job.go.set()

    await asyncio.gather(*(start(name, happens) for name, (happens, _) in PLACES.items()))


@pytest.mark.parametrize("fault", PLACES)
async def test_a_video_whose_place_has_changed_is_posted_or_kept(stage: Stage, fault: str) -> None:
    job, becomes = stage.jobs[fault], PLACES[fault][1]
    match becomes:
        case "kept":
            await job.kept()
            if fault not in NO_CARD:
                assert KEPT in await stage.studio.wait_card(job.card, "Done")
        case "elsewhere":
            result = await job.result()
            assert (result.reply_to, result.channel) == (None, job.channel.parent)
            assert job.ledger() == (1, 0, ["reserve", "post"])
        case "alone":
            assert (await job.result()).reply_to is None
            assert job.ledger() == (1, 0, ["reserve", "post"])
        case _:
            assert (await job.done()).reply_to is job.card


async def test_a_bot_that_is_invited_again_works_again_and_what_it_kept_is_still_there(stage: Stage) -> None:
    job = stage.jobs["removed from the server"]
    await job.kept()
    assert job.channel.guild
    stage.studio.discord.world.invite_bot(job.channel.guild)
    await (await play(stage.studio, "back again", channel=job.channel)).done()
    await job.kept()


# -- the token of an interaction, and what else goes by it

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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A bot on which everything above happens at once."""
    async with staged(tmp_path_factory.mktemp("discord")) as studio:
        stage = Stage(studio)
        plays = (play_editing, play_posting, play_answering, play_moving, play_late)
        await asyncio.gather(*(playing(stage) for playing in plays))
        yield stage


# -- the address of an image, and the Delete button

IMAGES: list[tuple[str, Failure]] = [("503", 503), ("500", 500), ("reset", "reset")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pictured(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Jobs with an image whose address has expired, where Discord does not give a new one at once."""
    async with staged(tmp_path_factory.mktemp("pictured")) as studio:
        stage = Stage(studio)
        studio.discord.cdn.lifetime = 60
        for name, failure in IMAGES:
            channel = stage.channel()
            studio.discord.fail_next("GET", rf"^/channels/{channel.id}/messages/\d+$", failure)
            upload = Upload(data=picture())
            stage.jobs[name] = await play(studio, f"image {name}", channel=channel, image=upload)
        yield stage


@pytest.mark.parametrize("fault", [name for name, _ in IMAGES])
async def test_an_image_that_discord_cannot_be_asked_for_is_asked_for_again(pictured: Stage, fault: str) -> None:
    job = pictured.jobs[fault]
    await job.done()
    assert job.script.heard == 1
    assert pictured.studio.uniall.job(f"image {fault}").image == picture()


DELETES: list[tuple[Failure, int, str, bool]] = [
    (503, 0, "Discord did not delete the video just now", True),
    (403, 50013, "Discord does not let me delete that video", True),
    ("reset", 0, "The video is gone", False),  # aiohttp itself repeats what may be repeated
]


@pytest.mark.parametrize(("failure", "code", "words", "there"), DELETES)
async def test_whoever_deletes_a_video_is_told_whether_discord_did_it(
    stage: Stage, failure: Failure, code: int, words: str, there: bool
) -> None:
    job = await play(stage.studio, f"delete {failure}", channel=stage.channel())
    result = await job.done()
    path = rf"^/channels/{job.channel.id}/messages/{result.id}$"
    stage.studio.discord.fail_next("DELETE", path, failure, code=code)
    asked = await job.person.press(result, "Delete").message()
    await job.person.press(asked, "Delete for everyone").answer()
    await stage.studio.wait_card(asked, words)
    assert (job.delivery(), bool(job.results())) == ("sent", there)
    assert job.ledger()[:2] == (1, 0)


# -- what takes long


@dataclass(slots=True)
class Waiting(Stage):
    """A bot that was stopped while posts were waiting, and started once they had been tried for a day.

    `early`: what was posted before that.
    """

    early: list[str] = field(default_factory=list[str])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def waiting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Waiting]:
    """Channels that Discord limits for long, one where it fails for good, and one where all is well."""
    async with staged(tmp_path_factory.mktemp("waiting")) as studio:
        stage = Waiting(studio)
        discord = studio.discord
        limited, globally, broken, quiet = (stage.channel() for _ in range(4))
        limit = discord.fail_next("POST", rf"^/channels/{limited.id}/messages$", 429, retry_after=40, times=99)
        path = rf"^/channels/{globally.id}/messages$"
        over_all = discord.fail_next("POST", path, 429, retry_after=40, is_global=True, times=99)
        forever = discord.fail_next("POST", rf"^/channels/{broken.id}/messages$", 503, times=999)
        for number in range(5):  # more than are posted at once
            stage.jobs[f"limited {number}"] = await play(studio, f"limited {number}", channel=limited)
        stage.jobs["global"] = await play(studio, "global", channel=globally)
        stage.jobs["broken"] = await play(studio, "broken", channel=broken)
        await discord.wait_for(lambda: limit.hits and over_all.hits and forever.hits, "every trouble met")
        stage.jobs["quiet"] = await play(studio, "quiet", channel=quiet)
        await stage.jobs["quiet"].done()
        queued = lambda: {job.delivery() for name, job in stage.jobs.items() if name != "quiet"} <= {"queued"}  # noqa: E731
        await discord.wait_for(queued, "all others queued")
        assert limit.hits <= 5, "a wait that Discord asked for was not respected"
        stage.early = [name for name, job in stage.jobs.items() if job.results()]
        assert await studio.bot.stop() == 0
        await books_agree(studio)
        limit.stop()
        over_all.stop()
        backdate(studio)
        tried_for_a_day(studio)
        await studio.start()
        yield stage


async def test_a_long_rate_limit_in_one_channel_holds_up_no_other_and_loses_nothing(waiting: Waiting) -> None:
    assert waiting.early == ["quiet"]
    for number in range(5):
        await waiting.jobs[f"limited {number}"].done()


async def test_a_long_global_rate_limit_stops_nothing_for_good(waiting: Waiting) -> None:
    await waiting.jobs["global"].done()


async def test_a_video_that_cannot_be_posted_for_a_day_is_kept_and_its_card_says_so(waiting: Waiting) -> None:
    job = waiting.jobs["broken"]
    await job.kept()
    assert KEPT in await waiting.studio.wait_card(job.card, "Done")


# -- the start

STARTS: list[tuple[str, str, Failure]] = [
    ("GET", "/users/@me", 503),
    ("GET", "/oauth2/applications/@me", "reset"),
    ("PUT", "/applications/", 503),
    ("PUT", "/applications/", "disconnect"),
    ("GET", "/gateway/bot", 503),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def starting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[tuple[str, str, Failure], Studio]]:
    """Bots that meet each of these when they start."""
    async with AsyncExitStack() as stack:

        async def start(one: tuple[str, str, Failure]) -> Studio:
            method, path, failure = one
            studio = await stack.enter_async_context(staged(tmp_path_factory.mktemp("start"), start=False))
            studio.discord.fail_next(method, f"^{path}", failure)
            await studio.bot.launch()
            return studio

        yield dict(zip(STARTS, await asyncio.gather(*(start(one) for one in STARTS)), strict=True))


@pytest.mark.parametrize("fault", STARTS, ids=lambda one: " ".join(str(part) for part in one))
async def test_a_start_that_discord_disturbs_is_tried_again(
    starting: dict[tuple[str, str, Failure], Studio], fault: tuple[str, str, Failure]
) -> None:
    studio = starting[fault]
    await studio.discord.ready()
    await (await play(studio, "p")).done()


# -- the gateway


async def test_through_drops_reconnects_and_an_invalid_session_every_command_is_answered_and_every_video_posted(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("gateway")) as studio:
        gateway = studio.discord.gateway
        ends: list[Callable[[], Awaitable[None]]] = [
            gateway.drop,
            lambda: gateway.drop(4000),
            lambda: asked_to_reconnect(studio),
        ]
        jobs: list[Played] = []
        for number, end in enumerate(ends):
            [session] = gateway.sessions
            resumes = len(session.resumes)
            waiting = await play_waiting(studio, f"during {number}")
            await end()
            jobs += [waiting, await play(studio, f"missed {number}")]  # what is said meanwhile comes with the resume
            await studio.discord.wait_for(lambda before=resumes, s=session: len(s.resumes) > before, "a resume")
            waiting.go.set()
        during = await play_waiting(studio, "during an invalid session")
        gateway.invalidate()
        during.go.set()
        await during.result()  # posts need no session
        await studio.discord.wait_for(lambda: len(gateway.sessions) == 2 and len(gateway.live) == 1, "a new session")
        jobs += [during, await play(studio, "after an invalid session")]
        for job in jobs:
            await job.done()


async def asked_to_reconnect(studio: Studio) -> None:
    """Discord asks for a new connection."""
    studio.discord.gateway.reconnect()


async def test_a_token_that_is_withdrawn_while_it_runs_ends_the_bot_with_its_reason_and_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("withdrawn")) as studio:
        job = await play_waiting(studio, "p")
        await studio.discord.gateway.drop(4004)
        assert await studio.bot.exited() == 1
        assert "has closed the connection for good" in studio.bot.output().strip().splitlines()[-1]
        assert job.ledger() == (0, 1, ["reserve"])
        job.go.set()
        await studio.start()
        await job.done()


@pytest.mark.parametrize("fault", [name for name, _ in EDITS])
async def test_a_card_that_cannot_be_edited_delays_no_video_and_is_brought_up_to_date_later(
    stage: Stage, fault: str
) -> None:
    # Last, for Discord is asked again a quarter of a minute later.
    job = stage.jobs[f"edit {fault}"]
    await job.result()
    await job.done()
