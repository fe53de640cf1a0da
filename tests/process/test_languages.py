"""The whole bot speaks to each in their language: the member's own, else the server's."""

import re

import pytest

from tests.cogs.conftest import CHINESE, HAN, LATIN
from tests.process.conftest import Studio, buttons, said
from tests.standins.discord import Invocation, Message, Permission, Person
from tests.standins.discord.model import walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


def english(shown: str) -> set[str]:
    """The English words in what is shown; none of it is a link, a moment, a prompt, a parameter or the id of a video."""
    bare = re.sub(r"`--[^`]*`|\(https?://\S+\)|<t:\d+:R>|(?m:^> .*)|\b[0-9a-z]{20}\b", "", shown)
    return set(re.findall("[A-Za-z]{2,}", bare)) - LATIN


def is_chinese(shown: str) -> bool:
    return bool(HAN.search(shown)) and not english(shown)


async def private(invocation: Invocation) -> str:
    """What only whoever asked reads."""
    answer = await invocation.answer()
    assert answer.ephemeral
    return said(await invocation.message())


async def reported(person: Person, message: Message, label: str = "Report") -> str:
    """What somebody reads who reports a video."""
    opened = person.press(message, label)
    await opened.answer()
    return await private(person.submit_modal(opened, {"reason": "other", "words": ""}))


async def film(studio: Studio, person: Person, prompt: str) -> tuple[Message, Message]:
    """A card that is closed, and its result."""
    before = len(studio.results())
    card = await person.slash("sora", prompt=prompt).message()
    result = (await studio.wait_results(before + 1))[-1]
    await studio.discord.wait_for(lambda: result.id in said(card), "a closed card")
    return card, result


def shown_over_time(message: Message) -> list[str]:
    """Everything a message has said, oldest first."""
    return ["\n".join(part.get("content", "") for part in walk(one["components"])) for one in message.versions]


async def test_a_chinese_member_of_an_english_server_reads_a_chinese_card_and_result(studio: Studio) -> None:
    studio.uniall.seconds = 2
    await studio.start()
    li, mia = studio.discord.person("Li", locale=CHINESE), studio.person("Mia")
    asked = li.slash("sora", prompt="一只猫在草地上奔跑")
    assert is_chinese((await asked.answer()).text)
    card = await asked.message()
    [result] = await studio.wait_results(1)
    assert "横屏 · 4 秒" in await studio.wait_card(card, "已完成")
    shown = shown_over_time(card)
    assert len(shown) > 1
    assert all(map(is_chinese, shown))
    assert is_chinese(said(result))
    assert "您的视频好了" in said(result)
    assert buttons(result) == ["再来一次", "改编", "续拍", "子区", "删除", "举报"]
    # Whoever else presses its buttons is answered in their own language.
    assert "Only the member who asked" in await private(mia.press(result, "删除"))
    assert "Reported" in await reported(mia, result, "举报")
    assert "要删除此视频吗" in await private(li.press(result, "删除"))


async def test_a_chinese_member_of_an_english_server_reads_chinese_quotas_and_refusals(studio: Studio) -> None:
    await studio.start(DEFAULT_QUOTA="1 videos per day")
    li = studio.discord.person("Li", locale=CHINESE)
    await film(studio, li, "一只猫在草地上奔跑")
    usage = await private(li.slash("usage"))
    assert is_chinese(usage)
    assert "每天 1 个视频" in usage
    refused = await private(li.slash("sora", prompt="又一只猫"))
    assert refused.startswith("这会超出您的限额（每天 1 个视频）：已用 1 个视频")
    assert is_chinese(refused)


@pytest.mark.parametrize(("locale", "chinese"), [("en-US", False), ("en-GB", False), ("fr", True), (CHINESE, True)])
async def test_in_a_chinese_server_those_without_words_of_their_own_read_chinese(
    studio: Studio, locale: str, chinese: bool
) -> None:
    studio.discord.guild.locale = CHINESE
    await studio.start(DEFAULT_QUOTA="5 videos per day")
    person = studio.discord.person("Sam", locale=locale)
    for command in ("usage", "help", "privacy show"):
        shown = await private(person.slash(command))
        without_names = re.sub(r"\*\*Sora.*|- Sora.*|- sora.*|</[^>]+>|\*\*每秒价格.*", "", shown)
        assert is_chinese(without_names) is chinese, shown
        assert bool(english(shown)) is not chinese or command == "help", shown
    refused = await private(person.slash("sora", prompt="x", model="Veo"))
    assert ("没有“Veo”这个模型" in refused) is chinese
    assert ("There is no model “Veo”" in refused) is not chinese


async def test_a_card_and_a_result_are_in_the_language_of_whoever_asked_for_them(studio: Studio) -> None:
    studio.discord.guild.locale = CHINESE
    await studio.start()
    for locale, words in (("en-US", "your video is ready"), ("fr", "您的视频好了"), (CHINESE, "您的视频好了")):
        card, result = await film(studio, studio.discord.person(locale, locale=locale), f"a cat for {locale}")
        assert words in said(result)
        assert ("已完成" in said(card)) is (locale != "en-US")


async def test_the_log_of_a_server_is_in_its_language_whoever_acts(studio: Studio) -> None:
    studio.discord.guild.locale = CHINESE
    await studio.start(DEFAULT_QUOTA="unlimited")
    log = studio.discord.world.add_channel(studio.discord.guild, "log")
    ann = studio.discord.person("Ann", permissions=Permission.MANAGE_GUILD)
    answer = await private(ann.slash("config log-channel", channel=log))
    assert "Changed" in answer
    assert not HAN.search(answer)
    answer = await private(ann.slash("quota set", limit=5, unit="videos", per="day", member=ann, reason="why"))
    assert "**5 videos per day**" in answer
    assert "always" in await private(ann.slash("config threads", mode="always"))
    await film(studio, studio.person("Mia"), "a fox")
    await studio.discord.wait_for(lambda: len(studio.discord.messages(log)) >= 5, "hello, three changes and a start")
    told = "\n".join(said(message) for message in studio.discord.messages(log))
    for words in (
        "我的日志频道",
        "更改了设置 · 日志频道",
        "设置了限额",
        "→ 每天 5 个视频",
        "按需 → 总是",
        "开始生成视频",
    ):
        assert words in told, told
    assert not re.search("changed|videos per day|always|started", told)


async def test_what_a_moderator_changed_is_answered_in_their_language_and_read_in_each_readers(studio: Studio) -> None:
    await studio.start(DEFAULT_QUOTA="5 videos per day")
    li = studio.discord.person("Li", locale=CHINESE, permissions=Permission.MANAGE_GUILD)
    await film(studio, studio.person("Mia"), "a fox")
    answer = await private(li.slash("quota set", limit=3, unit="videos", per="day"))
    assert "所有人：**每天 3 个视频**" in answer
    assert not english(answer)
    offered = (await li.autocomplete("quota remove", "rule", rule="").answer()).choices
    assert [choice["name"] for choice in offered] == ["所有人：每天 3 个视频"]
    [mia] = [user for user in studio.discord.world.users.values() if user.name == "Mia"]
    asking = await li.slash("quota reset", member=mia).message()
    await li.press(asking, "重置").message()
    await studio.discord.wait_for(lambda: "已重置用量" in said(asking), "the answer")
    assert "每天 1 个视频 / 3 个视频 → **当前周期内没有用量**" in said(asking)
    ann = studio.discord.person("Ann", permissions=Permission.MANAGE_GUILD)
    read = await private(ann.slash("quota log"))
    assert "→ 3 videos per day for everyone" in read
    assert "1 video of 3 videos per day → nothing used in the current windows" in read
    read = await private(li.slash("quota log"))
    assert "每天 1 个视频 / 3 个视频 → 当前周期内没有用量" in read
    assert not english(read)
    card = await private(li.slash("config show"))
    assert is_chinese(card.replace("UTC", ""))


async def test_discord_is_told_of_the_commands_in_chinese_and_of_a_restart_nothing(studio: Studio) -> None:
    await studio.start()
    commands = {str(command["name"]): command for command in studio.discord.application.commands}
    assert commands["usage"]["name_localizations"] == {CHINESE: "用量"}
    assert commands["sora"]["description_localizations"] == {CHINESE: "用文字生成视频"}
    options = {option["name"]: option for option in commands["sora"]["options"]}
    assert options["prompt"]["name_localizations"] == {CHINESE: "提示词"}
    assert options["orientation"]["choices"][1]["name_localizations"] == {CHINESE: "竖屏"}
    await studio.bot.stop()
    await studio.bot.start()
    assert studio.discord.application.syncs == 1


async def test_a_report_is_settled_in_the_language_of_the_message_that_shows_it(studio: Studio) -> None:
    studio.discord.guild.locale = CHINESE
    await studio.start()
    log = studio.discord.world.add_channel(studio.discord.guild, "log")
    ann = studio.discord.person("Ann", permissions=Permission.MANAGE_GUILD)
    _, first = await film(studio, studio.person("Mia"), "one")
    _, second = await film(studio, studio.person("Ben"), "two")
    await reported(ann, second)  # before there is a log channel
    await private(ann.slash("config log-channel", channel=log))
    await reported(ann, first)
    told = await studio.discord.wait_message(lambda message: "举报了" in message.text, channel=log)
    await ann.press(told, "禁用成员").answer()
    assert "禁用了" in told.text
    assert told.labels == ["移除", "忽略"]
    await ann.press(told, "移除").message()
    await studio.discord.wait_for(lambda: "移除了此视频" in told.text, "the outcome")
    assert is_chinese(told.text)
    shown = await ann.slash("config show").message()
    [menu] = [part for part in walk(shown.components) if part.get("custom_id") == "config:report"]
    opened = await ann.select(shown, "config:report", [menu["options"][0]["value"]]).message()
    assert opened.labels == ["Remove", "Block member", "Dismiss"]
    await ann.press(opened, "Dismiss").answer()
    assert "closed the report: the video stays" in said(opened)
    assert not HAN.search(said(opened))
