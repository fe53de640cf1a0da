"""Each reader in their language: a member's own, a card's whoever looks, the log channel's whoever acted."""

import re
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from discord import Locale

from bot.domain.generation import State
from bot.domain.messages.card import CardContext
from bot.domain.messages.delivery import DeliveryState
from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation.audit import AuditAction, Change
from bot.domain.moderation.audit_facts import ThreadsFact
from bot.domain.moderation.guild_settings import Threads
from bot.domain.moderation.reports import Report, ReportCase
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from cogs._ui import phrases
from cogs._ui.buttons import button
from cogs._ui.errors import guild_check, on_error, run_handler
from cogs._ui.wording import DEFAULT, current_language, in_language, language, server_language, set_locale, words
from cogs.cards import result_message, status_card
from cogs.moderation import log_channel as log
from tests.cogs.conftest import CHINESE, HAN, LATIN, NOW, delivered, generation, parts, situations, texts
from tests.cogs.test_cogs_cards import SERVER, check_limits
from tests.tables import every_row


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What a test hears is forgotten after it; an interaction's task ends by itself."""
    with in_language(DEFAULT):
        yield


def asker(locale: str, guild_locale: str | None = "en-US") -> Any:
    """An interaction as far as its languages go."""
    return SimpleNamespace(locale=Locale(locale), guild_locale=Locale(guild_locale) if guild_locale else None)


@every_row(
    ("member", "guild", "spoken_to"),
    [
        ("zh-CN", "en-US", "zh-CN"),
        ("en-US", "zh-CN", "en-US"),
        ("en-GB", "zh-CN", "en-US"),
        ("fr", "zh-CN", "zh-CN"),
        ("fr", "en-GB", "en-US"),
        ("fr", "de", "en-US"),
        ("zh-TW", "zh-CN", "zh-CN"),
        ("zh-CN", None, "zh-CN"),
        ("fr", None, "en-US"),
        (None, "zh-CN", "zh-CN"),
        (None, None, "en-US"),
        ("unknown", "", "en-US"),
    ],
)
def test_the_members_language_decides_else_the_servers_else_english(
    member: str | None, guild: str | None, spoken_to: str
) -> None:
    assert language(member, guild) == spoken_to


def test_what_is_heard_is_spoken_from_then_on() -> None:
    set_locale(asker("zh-CN"))
    assert (current_language(), words()("button-cancel")) == ("zh-CN", "取消")
    set_locale(asker("en-GB", "zh-CN"))
    assert (current_language(), words()("button-cancel")) == ("en-US", "Cancel")
    set_locale(asker("zh-CN", None))
    assert server_language(asker("zh-CN", "en-US")) == "en-US"
    assert server_language(asker("en-US", "zh-CN")) == "zh-CN"
    assert server_language(asker("zh-CN", None)) == "en-US"


def test_another_language_is_spoken_for_a_while_only() -> None:
    set_locale(asker("zh-CN"))
    with in_language("en-US"):
        with in_language("zh-CN"):
            assert current_language() == "zh-CN"
        assert current_language() == "en-US"
        with pytest.raises(LookupError), in_language("zh-CN"):
            raise LookupError
        assert current_language() == "en-US"
    assert current_language() == "zh-CN"
    with in_language("tlh"):
        assert current_language() == "en-US", "a language without words is English"


async def test_every_way_in_is_heard() -> None:
    entered: list[str] = []

    async def work() -> None:
        entered.append(current_language())
        raise Refusal(RefusalCode.TOO_LATE)

    answers: list[str] = []

    async def answer(content: str, **_: Any) -> None:
        answers.append(content)

    def too_old(_interaction_id: int) -> bool:
        return False

    def entering(locale: str) -> Any:
        response = SimpleNamespace(is_done=lambda: False, send_message=answer)
        services = SimpleNamespace(second_copy=SimpleNamespace(leaving=False))
        seen = SimpleNamespace(too_old=too_old)
        client = SimpleNamespace(is_closed=lambda: False, services=services, seen=seen)
        more = {"client": client, "guild_id": None, "user": SimpleNamespace(id=5), "response": response, "type": None}
        return SimpleNamespace(**vars(asker(locale)), **more, id=1)

    await run_handler(entering("zh-CN"), work())
    assert entered == ["zh-CN"]
    with in_language("en-US"):
        assert await guild_check(entering("zh-CN"))
        assert current_language() == "zh-CN"
    with in_language("en-US"):
        error: Any = Refusal(RefusalCode.TOO_LATE)
        await on_error(entering("zh-CN"), error)
    assert answers == [words(CHINESE)("refusal-too_late")] * 2


def test_a_card_and_a_result_speak_the_language_of_their_generation_whoever_looks() -> None:
    done = generation(State.SUCCEEDED, finished_at=NOW, locale="zh-CN")
    for heard in ("en-US", "zh-CN"):
        with in_language(heard):
            chinese, english = (generation(locale=one) for one in ("zh-CN", "en-US"))
            assert "横屏 · 4 秒" in texts(status_card.render(chinese, CardContext()))
            assert "Landscape · 4 s" in texts(status_card.render(english, CardContext()))
            for view in (
                result_message.render(chinese, "x.mp4", SERVER),
                result_message.render_link(chinese, "https://a.b", SERVER),
            ):
                assert "您的视频好了" in texts(view)
                assert [part["label"] for part in parts(view) if part["type"] == 2] == [
                    "再来一次",
                    "改编",
                    "续拍",
                    "子区",
                    "删除",
                    "举报",
                ]
            for view in (
                result_message.render(english, "x.mp4", SERVER),
                result_message.render_link(english, "https://a.b", SERVER),
            ):
                assert "your video is ready" in texts(view)
                assert [part["label"] for part in parts(view) if part["type"] == 2] == [
                    "Again",
                    "Remix",
                    "Continue",
                    "Thread",
                    "Delete",
                    "Report",
                ]
            labels = [
                part["label"]
                for one in (chinese, english)
                for part in parts(status_card.render(one, CardContext()))
                if part["type"] == 2
            ]
            assert labels == ["取消", "Cancel"]
            assert "已完成" in texts(status_card.render(done, CardContext(delivery=delivered())))
            assert current_language() == heard
    with in_language("zh-CN"):
        assert button("cancel", "1").to_component_dict()["label"] == "取消"


def test_a_card_whose_language_is_gone_is_english() -> None:
    assert "Landscape" in texts(status_card.render(generation(locale="tlh"), CardContext()))


@pytest.mark.parametrize("prompt", ["一只猫在草地上奔跑" * 400, "*_~|>`" * 667, "a cat"])
def test_a_chinese_card_keeps_discords_limits_and_has_no_english_words(prompt: str) -> None:
    for one, card_context in situations(prompt):
        view = status_card.render(replace(one, locale=CHINESE, family="Sora 2"), card_context)
        check_limits(view)
        said = [line for line in texts(view).splitlines() if not line.startswith("> ")]
        bare = re.sub(r"\(https://\S+\)|<t:\d+:R>", "", "\n".join(said))
        own = set(re.findall("[A-Za-z]{2,}", prompt))  # what to avoid is in the member's own words
        assert not set(re.findall("[A-Za-z]{2,}", bare)) - LATIN - own
        assert all(HAN.search(line) for line in said)


def test_every_state_of_a_chinese_card_is_told_apart() -> None:
    said = {texts(status_card.render(generation(state, locale=CHINESE), CardContext())) for state in State}
    assert len(said) == len(State)
    kept = delivered(DeliveryState.UNDELIVERABLE)
    done = generation(State.SUCCEEDED, finished_at=NOW, locale=CHINESE)
    assert "已为您保留" in texts(status_card.render(done, CardContext(delivery=kept)))


@every_row("told", LogEventKind)
@every_row("heard", ["en-US", "zh-CN"])
def test_the_log_channel_speaks_the_servers_language_whoever_acted(told: LogEventKind, heard: str) -> None:
    change = Change(
        guild_id="1",
        at=NOW,
        actor_id="2",
        action=AuditAction.SETTING,
        subject_id="threads",
        before=ThreadsFact(mode=Threads.NEVER),
        after=ThreadsFact(mode=Threads.ALWAYS),
    )
    event = LogEvent(
        kind=told,
        guild_id="1",
        member_id="2",
        generation=generation(fault="timed_out"),
        posted=PostedMessage(channel_id="4", message_id="7"),
        case=ReportCase(
            generation_id="1a",
            guild_id="1",
            reports=(Report(generation_id="1a", guild_id="1", reporter_id="2", at=NOW, words="词"),),
        ),
        change=change if told is LogEventKind.CHANGED else None,
        text="词",
    )
    with in_language(heard):
        chinese, other = log.entry(event, frozenset(), "zh-CN"), log.entry(event, frozenset(), "de")
    bare = re.sub(r"\(https://\S+\)|(?m:^> .*)", "", texts(chinese))
    assert HAN.search(bare)
    assert not set(re.findall("[A-Za-z]{2,}", bare)) - LATIN
    assert re.search("[A-Za-z]{4,}", texts(other))
    labels = [part["label"] for part in parts(chinese) if part["type"] == 2]
    acting = {LogEventKind.STARTED: ["移除", "禁用成员"], LogEventKind.REPORTED: ["移除", "禁用成员", "忽略"]}
    assert labels == acting.get(told, [])


def test_the_log_names_a_setting_in_words_and_one_it_does_not_know_as_it_was_kept() -> None:
    assert phrases.setting(words(CHINESE), "log-channel") == "日志频道"
    assert phrases.setting(words(DEFAULT), "log-channel") == "log-channel"
    assert phrases.setting(words(CHINESE), "**new**") == r"\*\*new\*\*"
