"""The card of `/config show` and the log channel's messages keep Discord's limits, whatever a server has settled."""

from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.catalog.catalog import Catalog
from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation.audit import AuditAction, Change
from bot.domain.moderation.audit_facts import TermsFact, TextFact
from bot.domain.moderation.guild_settings import Block, GuildSettings, Pause, Threads
from bot.domain.moderation.reports import Removal, RemovalKind, Report, ReportCase, ReportReason
from bot.domain.moderation.server_log import LogEvent, LogEventKind
from bot.domain.quota.limits import Per, Unit
from bot.domain.quota.rules import Rule, Subject
from bot.usecases.moderation.removals import PostedResult
from bot.usecases.moderation.reports import Complaint
from cogs._ui.wording import LANGUAGES, in_language
from cogs.cards import result_message
from cogs.moderation import log_channel as log
from cogs.moderation.config import card
from cogs.moderation.config.lines import Holding
from cogs.moderation.config.values import HIDDEN_NAME
from tests.cogs.conftest import NOW, generation, parts, texts
from tests.tables import every_row

WILD = "**x** <@1> @everyone https://a.b \n# " * 60
IDS = frozenset(str(10**17 + number) for number in range(1000))


def fits(view: log.ui.LayoutView) -> str:
    found = parts(view)
    ids = [part["custom_id"] for part in found if part.get("custom_id")]
    assert len(found) <= 40
    assert len(texts(view)) <= 4000
    assert len(set(ids)) == len(ids)
    assert all(len(one) <= 100 for one in ids)
    for part in found:
        assert len(part.get("options") or []) <= 25
        assert len(part.get("default_values") or []) <= 25
    return texts(view)


def reports(members: Iterable[str]) -> tuple[Report, ...]:
    return tuple(
        Report(generation_id="1a", guild_id="1", reporter_id=one, at=NOW, reason=ReportReason.ILLEGAL, words=WILD[:400])
        for one in members
    )


def test_the_card_of_the_fullest_server_fits() -> None:
    settings = GuildSettings(
        guild_id="1",
        channels=frozenset(sorted(IDS)[:100]),
        families=frozenset(f"{WILD} {number}"[:80] for number in range(20)),
        blocks=frozenset(Block(member_id=one, until=NOW, reason=WILD) for one in IDS),
        terms=frozenset(f"{number} {WILD}"[:100] for number in range(500)),
        most_running=1,
        most_waiting=2,
        longest=3,
        dearest=4_000_000,
        log_channel_id="9",
        threads=Threads.ALWAYS,
        spoiler=True,
    )
    video = generation(prompt=WILD)
    posted = PostedResult(generation=video, channel_id="4", message_id="5")
    complaints = [
        Complaint(generation=generation(id=f"x{number}", prompt=WILD), reports=reports(IDS), posted=posted)
        for number in range(60)
    ]
    holding = Holding(
        pause=Pause(until=NOW, reason=WILD),
        blocks=sorted(settings.blocks, key=lambda block: block.member_id),
        rules=[
            Rule(id=f"{of}{unit}{per}", guild_id="1", subject=of, subject_id="", amount=10**12, unit=unit, per=per)
            for of in (Subject.EVERYONE, Subject.SERVER)
            for unit in Unit
            for per in Per
        ],
    )
    change = Change(guild_id="1", at=NOW, actor_id="2", action=AuditAction.SETTING, subject_id="threads", id=7)
    said = fits(card.card(settings, Catalog.read(), complaints, None, holding=holding, changed=change))
    assert "60 open" in said
    assert "config:channels" not in str(parts(card.card(settings, Catalog.read(), complaints, None)))
    assert "none open" in fits(card.card(GuildSettings(guild_id="1"), Catalog.read(), [], None))


@every_row("told", LogEventKind)
@every_row("did", AuditAction)
def test_every_line_of_the_log_fits_and_is_harmless(told: LogEventKind, did: AuditAction) -> None:
    change = Change(
        guild_id="1",
        at=NOW,
        actor_id="2",
        action=did,
        subject_id="3",
        before=TextFact(text=WILD),
        after=TermsFact(terms=(WILD,) * 3),
        reason=WILD,
    )
    event = LogEvent(
        kind=told,
        guild_id="1",
        member_id="2",
        generation=generation(prompt=WILD * 2, fault="timed_out"),
        posted=PostedMessage(channel_id="4", message_id="7"),
        case=ReportCase(generation_id="1a", guild_id="1", reports=reports(IDS)),
        removal=Removal(generation_id="1a", moderator_id="5", how=RemovalKind.UNPOSTED, at=NOW),
        blocked_by="5",
        change=change if told is LogEventKind.CHANGED else None,
        text=WILD,
    )
    said = fits(log.entry(event, frozenset(), "en-US"))
    for live in ("**x**", "<@1>", " @everyone", "https://a.b"):
        assert live not in said
    if told is LogEventKind.CHANGED:
        assert "<@3>" in said
        assert "<@&3>" in fits(log.entry(event, frozenset({"3"}), "en-US"))


def test_a_result_has_its_buttons_and_is_covered_where_wanted() -> None:
    server = GuildSettings(guild_id="1")
    for view in (
        result_message.render(generation(), "a.mp4", server),
        result_message.render_link(generation(), "https://a.b", server),
    ):
        assert [part["label"] for part in parts(view) if part["type"] == 2][-2:] == ["Delete", "Report"]
    for spoiler in (True, False):
        view = result_message.render(generation(), "a.mp4", replace(server, spoiler=spoiler))
        [gallery] = [part for part in parts(view) if part["type"] == 12]
        assert gallery["items"][0]["spoiler"] is spoiler


@every_row("language", LANGUAGES)
@every_row("prompt", ["x" * 4000, WILD * 2, "猫" * 4000, "😀" * 4000, ""])
def test_a_report_is_listed_however_long_its_prompt_is(prompt: str, language: str) -> None:
    complaint = Complaint(generation=generation(prompt=prompt), reports=reports(["1"]), posted=None)
    with in_language(language):
        view = card.card(GuildSettings(guild_id="1"), Catalog.read(), [complaint], None)
    fits(view)
    [menu] = [part for part in parts(view) if part.get("custom_id") == "config:report"]
    assert 1 <= len(menu["options"][0]["label"]) <= 100


def cached(name: str | None, rights: discord.Permissions, *, away: bool = False) -> Any:
    """A server as the cache has it, with one channel, or none where it is gone."""

    def permissions_for(_me: Any) -> discord.Permissions:
        return rights

    def get_thread(_channel_id: int) -> None:
        return None

    channels = {} if name is None else {9: SimpleNamespace(name=name, permissions_for=permissions_for)}
    return SimpleNamespace(unavailable=away, me=object(), get_channel_or_thread=channels.get, get_thread=get_thread)


WRITES = discord.Permissions(view_channel=True, send_messages=True)
READS = discord.Permissions(view_channel=True)
UNSEEN, CLOSED = "<#9> ⚠️ I cannot see it", "<#9> ⚠️ I may not write there"


@pytest.mark.parametrize(
    ("guild", "mark"),
    [
        pytest.param(cached("log", WRITES), None, id="usable"),
        pytest.param(cached("log", READS), CLOSED, id="closed"),
        pytest.param(cached("log", discord.Permissions.none()), UNSEEN, id="not seen"),
        pytest.param(cached(HIDDEN_NAME, WRITES), UNSEEN, id="hidden"),
        pytest.param(cached(None, WRITES), UNSEEN, id="gone"),
        pytest.param(cached("log", READS, away=True), None, id="the server is away"),
        pytest.param(None, None, id="no server"),
    ],
)
def test_a_log_channel_that_the_bot_cannot_use_is_marked_where_that_is_known(guild: Any, mark: str | None) -> None:
    said = fits(card.card(GuildSettings(guild_id="1", log_channel_id="9"), Catalog.read(), [], guild))
    assert "<#9>" in said
    assert [one for one in (UNSEEN, CLOSED) if one in said] == ([mark] if mark else [])


@pytest.mark.parametrize("there", [True, False])
def test_a_log_channel_that_the_bot_does_not_see_is_marked_and_can_be_switched_off(there: bool) -> None:
    guild = cached("log" if there else None, WRITES)
    view = card.card(GuildSettings(guild_id="1", log_channel_id="9"), Catalog.read(), [], guild)
    assert (UNSEEN in fits(view)) is not there
    assert ("config:log-off" in str(parts(view))) is not there
    off = card.card(GuildSettings(guild_id="1"), Catalog.read(), [], guild)
    assert "config:log-off" not in str(parts(off))


def test_more_models_than_a_menu_holds_are_left_to_the_command_and_that_is_said() -> None:
    [offer, *_] = Catalog.read().offers
    many = [replace(offer, family=f"Family {number}") for number in range(26)]
    settings = GuildSettings(guild_id="1")
    [menu] = [
        part
        for part in parts(card.card(settings, Catalog(many[:25]), [], None))
        if part.get("custom_id") == "config:models"
    ]
    assert len(menu["options"]) == 25
    view = card.card(settings, Catalog(many), [], None)
    assert "more than 25 models, too many for a menu: /config models" in fits(view)
    assert "config:models" not in [part.get("custom_id") for part in parts(view)]
