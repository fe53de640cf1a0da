"""What the words, parameters and files of a reply make of the next version, and what is named and refused."""

import pytest

from tests.cogs.conftest import CHINESE, HAN
from tests.process.conftest import Room, image, picture, said
from tests.process.replies.conftest import Earlier
from tests.process.replies.hints import HINT_FOR_MENTIONS, HINT_FOR_NOTHING
from tests.standins.discord.model import User
from tests.tables import sampled

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_a_reply_does_not_say_stays_and_its_image_replaces_the_old_one(earlier: Earlier) -> None:
    await earlier.next_version(earlier.mia.reply(earlier.pictured, "kept image"))
    kept = earlier.studio.uniall.job("kept image")
    assert (kept.fields["model"], kept.image) == ("sora2-portrait-8s", picture())
    other = picture(50, 50)
    reply = earlier.mia.reply(earlier.pictured, "new image", files=[image(other, "x.png")])
    card = await earlier.next_version(reply)
    assert "another image" in said(card)
    assert [file.data for file in card.attachments] == [other]
    assert earlier.studio.uniall.job("new image").image == other
    reply = earlier.mia.reply(earlier.pictured, "", files=[image(other, "x.png")])
    await earlier.next_version(reply)
    jobs = [job for job in earlier.studio.uniall.jobs.values() if job.prompt == "with image"]
    assert [job.image for job in jobs] == [picture(), other]


UNDERSTOOD: list[tuple[str, str, dict[str, object]]] = [
    ("+ at night", "a cat in the grass at night", {"model": "sora2-landscape-4s"}),
    ("--portrait", "a cat in the grass", {"model": "sora2-portrait-4s"}),
    ("in snow --ar 9:16 --duration 8", "in snow", {"model": "sora2-portrait-8s"}),
    ("in rain —duration 12", "in rain", {"model": "sora2-landscape-12s"}),
    ("+ in HD --model pro-1080p", "a cat in the grass in HD", {"model": "sora2-pro-1080p", "duration": 4}),
    ("--duration 8 --model sora-2-pro", "a cat in the grass", {"model": "sora-2-pro", "seconds": "8"}),
    ("--model sora2-portrait-8s", "a cat in the grass", {"model": "sora2-portrait-8s"}),
    ("--landscape by the sea", "by the sea", {"model": "sora2-landscape-4s"}),
    ("+ 猫 🐈", "a cat in the grass 猫 🐈", {"model": "sora2-landscape-4s"}),
    ("＋在夜里", "a cat in the grass 在夜里", {"model": "sora2-landscape-4s"}),
    ("+, wearing a hat", "a cat in the grass, wearing a hat", {"model": "sora2-landscape-4s"}),
    ("+--portrait", "a cat in the grass", {"model": "sora2-portrait-4s"}),
    ("+ --ar 9:16 in fog --portrait", "a cat in the grass in fog", {"model": "sora2-portrait-4s"}),
    ("@, at noon", "at noon", {"model": "sora2-landscape-4s"}),
    ("@：傍晚", "傍晚", {"model": "sora2-landscape-4s"}),
    ("@, + bang", "a cat in the grass bang", {"model": "sora2-landscape-4s"}),
    ("@ 、＋--portrait", "a cat in the grass", {"model": "sora2-portrait-4s"}),
    ("clap, @ clap", "clap, clap", {"model": "sora2-landscape-4s"}),
]
QUICK = ("+ at night", "in snow --ar 9:16 --duration 8", "--duration 8 --model sora-2-pro", "＋在夜里", "clap, @ clap")


@pytest.mark.parametrize(
    ("text", "prompt", "fields"), sampled(UNDERSTOOD, [row for row in UNDERSTOOD if row[0] in QUICK])
)
async def test_words_and_parameters_are_understood(
    earlier: Earlier, text: str, prompt: str, fields: dict[str, object]
) -> None:
    before = len(earlier.studio.uniall.jobs)
    mention = earlier.studio.discord.world.bot.mention
    await earlier.next_version(earlier.mia.reply(earlier.result, text.replace("@", mention)))
    [job] = list(earlier.studio.uniall.jobs.values())[before:]
    assert (job.prompt, fields.items() <= job.fields.items()) == (prompt, True), job.fields


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("at night --mood anime", ("--mood", "--ar 9:16, --portrait")),
        ("at night --ar 21:9", ("--ar", "21:9", "--ar 9:16")),
        ("at night --ar 4:3", ("“Sora 2” cannot make that", "4:3", "Landscape or Portrait")),
        ("at night --seed 7", ("“Sora 2” cannot make that", "What does not fit: seed 7.")),
        ("at night --duration long", ("--duration", "long", "--duration 8")),
        ("at night --model", ("--model", "--model pro-1080p")),
        ("at night --portrait --ar 16:9", ("“--ar 16:9” contradicts “--portrait”",)),
        ("A dog --1080p", ("“--1080p”", "--ar 9:16, --portrait")),
        ("--9:16", ("“--9:16”", "--ar 9:16, --portrait")),
        ("--8s", ("“--8s”", "--ar 9:16, --portrait")),
        ("+ --8s", ("“--8s”", "--ar 9:16, --portrait")),
        ("at night --model nothing", ("no model", "nothing", "Sora 2")),
        ("at night --duration 20 --model sora-2-pro", ("“sora-2-pro” cannot make that",)),
        ("at night --duration 7", ("4, 8, 12, 16",)),
        ("", (HINT_FOR_NOTHING,)),
        ("+", (HINT_FOR_NOTHING,)),
        ("＋", (HINT_FOR_NOTHING,)),
        ("x --" + "y" * 1900, ("--yyy", "--ar 9:16")),
        ("x --a@everyone", ("--a@everyone",)),
    ],
)
async def test_what_cannot_be_understood_is_named_and_nothing_is_spent(
    earlier: Earlier, text: str, words: tuple[str, ...]
) -> None:
    someone = earlier.person()
    reply = someone.reply(earlier.result, text or earlier.studio.discord.world.bot.mention)
    answer = await earlier.refused(reply)
    assert [word for word in words if word not in answer] == [], answer
    assert "\n" not in answer
    assert earlier.studio.spent(someone) == (0, 0)
    assert (await earlier.room.answer_to(reply)).pinged == set()


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"just words", "PNG, JPEG or WebP"), (b"", "empty"), (b"\0" * (21 * 2**20), "too large")],
    ids=["text", "empty", "large"],
)
async def test_a_reply_with_a_file_that_is_no_image_is_refused(earlier: Earlier, data: bytes, words: str) -> None:
    someone = earlier.person()
    assert words in await earlier.refused(someone.reply(earlier.result, "x", files=[image(data)]))
    assert earlier.studio.spent(someone) == (0, 0)


async def test_what_is_added_may_not_make_the_prompt_too_long(earlier: Earlier) -> None:
    someone = earlier.person()
    result = await earlier.room.make(someone, "x" * 3990)
    assert "4,000" in await earlier.refused(someone.reply(result, "+ ten more signs"))
    await earlier.next_version(someone.reply(result, "+ nine more"[:9]))
    await earlier.studio.settled(someone, 2)


async def test_a_reply_pings_nobody_whatever_it_says(earlier: Earlier) -> None:
    someone, victim = earlier.person(), User(id="1", name="none")
    other = earlier.person()
    text = f"@everyone {other.user.mention} {victim.mention} **x** ~~y~~"
    card = await earlier.next_version(someone.reply(earlier.result, text))
    result = await earlier.room.result(card)
    assert card.pinged | result.pinged == {someone.id}


async def test_a_member_is_answered_in_the_language_of_their_newest_video_wherever_that_was(earlier: Earlier) -> None:
    studio, world = earlier.studio, earlier.studio.discord.world
    there = world.add_channel(world.add_guild("Elsewhere", locale="en-US"), "general")
    li = studio.discord.person("Li", channel=there, locale=CHINESE)
    await Room(studio, there).result(await li.slash("sora", prompt="一只猫").message())
    here = li.at(earlier.room.channel)
    assert "请在有视频的子区里提及我" in await earlier.refused(here.say(f"{world.bot.mention} 你好"))
    assert "请回复带视频的那条消息" in await earlier.refused(here.reply(earlier.card, "在夜里"))
    assert "“--8s”" in (unknown := await earlier.refused(here.reply(earlier.result, "在夜里 --8s")))
    assert "我不认识" in unknown
    assert "互相矛盾" in await earlier.refused(here.reply(earlier.result, "--portrait --landscape"))
    card = await earlier.next_version(here.reply(earlier.result, "在夜里"))
    assert "已完成" in await studio.wait_card(card, "已完成")
    assert "您的视频好了" in said(await earlier.room.result(card))


async def test_a_member_who_has_made_nothing_yet_is_answered_in_the_language_of_the_server(earlier: Earlier) -> None:
    studio, world = earlier.studio, earlier.studio.discord.world
    there = Room(studio, world.add_channel(world.add_guild("Chinese", locale=CHINESE), "general"))
    answer = await there.answer_to(there.person("New").say(f"{world.bot.mention} hello"))
    assert "请在有视频的子区里提及我" in said(answer)
    mia = there.person("Mia")
    mia.user = earlier.mia.user
    answer = await there.answer_to(mia.say(f"{world.bot.mention} hello"))
    assert HINT_FOR_MENTIONS in said(answer)
    assert not HAN.search(said(answer))
