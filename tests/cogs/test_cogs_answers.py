"""What a member reads: who asks where, their usage, the help page, and the models to choose from."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from discord import app_commands, ui

from bot.catalog.catalog import Catalog
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.quota.allowance import Allowance, EffectiveLimit
from bot.domain.quota.limits import Limit, LimitUsage, Per, Scope, Unit, window
from bot.domain.quota.rules import Binding
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.member_defaults import NO_DEFAULTS, MemberDefaults
from bot.domain.requests.request import Edits
from bot.usecases.moderation.styles import Styles
from bot.usecases.requests.commands import Commands
from bot.usecases.requests.suggestions import Suggestions
from cogs._ui.refusal_texts import sentence
from cogs._ui.suggestions import lengths
from cogs._ui.wording import in_language, words
from cogs.cards.accepting import THREADS, check_permissions, request_context
from cogs.help import TOPICS, Help, topic
from cogs.iteration.reply_syntax import parse
from cogs.sora import Sora
from cogs.usage import Usage
from sandbox.command import help_notes
from tests.cogs.conftest import NOW, parts, texts

SHIPPED = Catalog.read()


def use(unit: Unit = Unit.VIDEOS, amount: int = 5, scope: Scope = Scope.MEMBER, per: Per = Per.DAY) -> LimitUsage:
    limit = Limit(amount=amount, unit=unit, per=per, scope=scope)
    return LimitUsage(limit=limit, window=window(per, NOW, UTC), used=3, held=1)


def asking(allowed: discord.Permissions, kind: discord.ChannelType) -> Any:
    """An interaction as far as who asks where goes."""
    return SimpleNamespace(
        id=1,
        guild_id=3,
        channel_id=4,
        user=SimpleNamespace(id=5, _roles=[7, 8]),
        app_permissions=allowed,
        permissions=discord.Permissions.all(),
        type=discord.InteractionType.application_command,
        message=None,
        data={},
        channel=SimpleNamespace(type=kind),
        client=SimpleNamespace(services=SimpleNamespace(requests=Listener())),
    )


@pytest.mark.parametrize("missing", ["view_channel", "send_messages", "attach_files", "read_message_history"])
def test_a_missing_permission_is_named_as_discord_names_it(missing: str) -> None:
    allowed = discord.Permissions.all()
    setattr(allowed, missing, False)
    with pytest.raises(Refusal) as caught:
        request_context(asking(allowed, discord.ChannelType.text))
    assert missing.replace("_", " ").title() in sentence(caught.value)


@pytest.mark.parametrize("kind", ["public_thread", "private_thread", "news_thread"])
def test_in_a_thread_the_permission_of_threads_counts(kind: str) -> None:
    allowed = discord.Permissions.all()
    allowed.send_messages = False
    asked = request_context(asking(allowed, discord.ChannelType[kind]))
    assert (asked.ask_id, asked.guild_id, asked.channel_id, asked.member_id) == ("1", "3", "4", "5")
    assert asked.role_ids == {"7", "8"}
    allowed.send_messages_in_threads = False
    with pytest.raises(Refusal, match="missing_permissions"):
        request_context(asking(allowed, discord.ChannelType[kind]))


def test_every_kind_of_thread_is_one() -> None:
    assert set(THREADS) == {kind for kind in discord.ChannelType if "thread" in kind.name}


def test_what_else_is_needed_is_asked_for_too() -> None:
    allowed = discord.Permissions.all()
    allowed.create_public_threads = False
    check_permissions(allowed, thread=False)
    with pytest.raises(Refusal) as caught:
        check_permissions(allowed, thread=False, more=("create_public_threads",))
    assert "Create Public Threads" in sentence(caught.value)


class Listener:
    """An interaction that keeps what it is answered."""

    def __init__(
        self,
        *,
        catalog: Catalog = SHIPPED,
        allowance: Allowance | None = None,
        guild_id: int | None = 3,
        families: frozenset[str] = frozenset(),
    ) -> None:
        self.sent: dict[str, Any] = {}
        self.response = self
        self.guild_id = guild_id
        # As discord.py has them of the payload, while its cache lacks the server; that with the server's id is everyone's.
        self.user = SimpleNamespace(id=5, roles=[], _roles=[3, 8, 7])
        self._allowance = allowance or Allowance(bounds=(), pools=(), grants={})
        self._families = families
        self.channel, self.channel_id = None, 4
        store = SimpleNamespace(guild=self.settings, defaults=self.defaults)
        context = cast("Any", SimpleNamespace(catalog=catalog, store=store))
        services = SimpleNamespace(
            requests=self,
            quotas=self,
            guilds=self,
            suggestions=Suggestions(context, Commands(context, cast("Any", None), cast("Any", None), Styles(context))),
            catalog=catalog,
            help_notes=("A note.",),
        )
        self.client = SimpleNamespace(services=services, command_ids={})

    def check_guild(self, guild_id: str | None) -> None:
        if guild_id is None:
            raise Refusal(RefusalCode.GUILD_ONLY)

    async def allowance(self, guild_id: str, member_id: str, role_ids: Sequence[str]) -> Allowance:
        assert (guild_id, member_id, role_ids) == ("3", "5", ["7", "8"])
        return self._allowance

    async def settings(self, guild_id: str) -> GuildSettings:
        assert guild_id == "3"
        return GuildSettings(guild_id=guild_id, families=self._families)

    async def defaults(self, guild_id: str, member_id: str) -> MemberDefaults:
        return NO_DEFAULTS

    async def edit_message(self, **answer: Any) -> None:
        self.sent = answer

    async def send_message(self, **answer: Any) -> None:
        self.sent = answer

    @property
    def view(self) -> ui.LayoutView:
        """What was shown, to this member only and without a ping."""
        assert self.sent["ephemeral"] is True
        assert self.sent["allowed_mentions"].to_dict() == {"parse": []}
        assert len(parts(self.sent["view"])) <= 40
        assert len(texts(self.sent["view"])) <= 4000
        return self.sent["view"]


async def ask(command: Any, cog: object, interaction: Listener) -> str:
    await command.callback(cog, interaction)
    return texts(interaction.view)


async def about(name: str, interaction: Any) -> str:
    """A topic of /help, as its button shows it."""
    await topic(interaction, name)
    said = texts(interaction.sent["view"])
    assert len(said) <= 4000
    return said


def bound(one: LimitUsage) -> EffectiveLimit:
    """A limit that binds; by which rule, /usage does not say."""
    limit = one.limit
    return EffectiveLimit(binding=Binding(unit=limit.unit, per=limit.per, limit=limit, rule=None), use=one)


def lifted(unit: Unit, per: Per) -> EffectiveLimit:
    return EffectiveLimit(binding=Binding(unit=unit, per=per, limit=None, rule=None), use=None)


async def usage(
    *bounds: EffectiveLimit, pools: tuple[LimitUsage, ...] = (), grants: dict[Unit, int] | None = None
) -> str:
    allowance = Allowance(bounds=bounds, pools=pools, grants=grants or {})
    return await ask(Usage.usage, Usage(), Listener(allowance=allowance))


async def test_usage_shows_used_held_left_and_when_it_resets() -> None:
    said = await usage(bound(use()), bound(use(Unit.USD, 3_000_000)))
    resets = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp())
    assert "**5 videos per day** ▰▰▰▨▱ 1 video left" in said
    assert f"3 videos used · 1 video held by running jobs · resets <t:{resets}:R>" in said
    assert "**$3.00 per day**" in said


async def test_usage_shows_a_limit_exactly_a_closed_one_and_a_lifted_one() -> None:
    said = await usage(bound(use(Unit.USD, 272_000)), bound(use(amount=0)), lifted(Unit.SECONDS, Per.WEEK))
    assert "**$0.272 per day**" in said
    assert "**0 videos per day** · closed" in said
    assert "**No limit on seconds per week**" in said
    assert "You have no limits here." not in said


async def test_usage_shows_the_pools_apart_and_what_is_granted() -> None:
    pool = use(Unit.SECONDS, 100, Scope.GUILD, Per.MONTH)
    said = await usage(bound(use()), pools=(pool,), grants={Unit.VIDEOS: 2, Unit.SECONDS: 0, Unit.USD: 1_500_000})
    own, _, shared = said.partition("**The whole server together**")
    assert "**5 videos per day**" in own
    assert "**Extra** · 2 videos, $1.50" in own
    assert "**100 s per month**" in shared
    assert "96 s left" in shared


async def test_usage_without_a_limit_of_their_own_shows_what_the_server_shares() -> None:
    said = await usage(pools=(use(scope=Scope.GUILD),))
    assert "**The whole server together**" in said
    assert "You have no limits here." not in said


async def test_the_longest_usage_keeps_discords_limits() -> None:
    every = [use(unit, 10**12, per=per) for unit in Unit for per in Per]
    said = await usage(*map(bound, every), pools=tuple(every), grants=dict.fromkeys(Unit, 10**12))
    assert said.count("** ▰") + said.count("** ▱") > 15


async def test_usage_without_limits_says_so() -> None:
    said = await usage()
    assert said == "### Your quota\nYou have no limits here."


async def test_usage_outside_of_a_server_is_refused() -> None:
    with pytest.raises(Refusal, match="guild_only"):
        await ask(Usage.usage, Usage(), Listener(guild_id=None))


async def test_help_shows_every_family_with_its_price_and_lengths() -> None:
    start = await ask(Help.help, Help(), Listener())
    assert "Sora 2 · $0.068, Happy-Horse 720p · $0.0952" in start
    assert "**/video**" in start
    assert start.endswith("A note.")
    said = await about("models", Listener())
    assert "- Sora 2 · $0.068 · 4, 8, 12, 16, 20 s" in said
    assert "- Sora 2 Pro 1024p · $0.34 · 4, 8, 12 s" in said
    assert "- Kling 3 Std · about $0.084–$0.126 · 3–15 s · 16:9 9:16 1:1 · picture, end picture, sound on/off" in said
    assert "- Wan 2.6 Flash 720p · about $0.025–$0.05 · 5–15 s · the picture's shape · needs a picture" in said
    assert said.count("\n- ") == len(SHIPPED.families())


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
@pytest.mark.parametrize("guild_id", [3, None])
async def test_help_names_every_family_beside_the_notes_of_the_sandbox(language: str, guild_id: int | None) -> None:
    listener = Listener(guild_id=guild_id)
    listener.client.services.help_notes = help_notes()
    with in_language(language):
        said = await ask(Help.help, Help(), listener)
        replies = words()("help-replies")
    assert all(family in said for family in SHIPPED.families())
    assert said.endswith(help_notes()[-1])
    for parameter in (
        "--square",
        "--ar 9:16",
        "--duration 8",
        "--seed 7",
        "--no rain",
        "--style noir",
        "--model kling",
    ):
        assert f"`{parameter}`" in replies
        assert parse(parameter) != Edits()


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
async def test_every_topic_of_help_has_a_button_and_commands_that_can_be_clicked(language: str) -> None:
    for name, about in TOPICS.items():
        listener: Any = Listener()
        listener.client.command_ids = dict.fromkeys(("sora", "video", "quota", "style"), 99)
        with in_language(language):
            await topic(listener, name)
            title = words()(about.title)
        said, shown = texts(listener.sent["view"]), parts(listener.sent["view"])
        assert said.startswith(title)
        assert len(said) <= 4000
        pressed = {part["custom_id"]: part.get("disabled", False) for part in shown if part["type"] == 2}
        assert pressed == {f"help:{other}": other == name for other in TOPICS}
        assert ("</video:99>" in said) == (name in ("start", "make", "models"))
        assert ("</quota set:99>" in said) == (name == "moderators")


async def test_help_names_only_the_models_that_the_server_allows() -> None:
    kling = frozenset({"Kling 3 Std"})
    assert "second** · Kling 3 Std · about $0.084–$0.126\n" in await ask(Help.help, Help(), Listener(families=kling))
    assert (await about("models", Listener(families=kling))).count("\n- ") == 1


async def test_help_shows_only_what_is_on() -> None:
    catalog = Catalog.read()
    catalog.listed({"sora2-pro-1080p"})
    said = await about("models", Listener(catalog=catalog))
    assert said.count("\n- ") == 1
    catalog.refuse("sora2-pro-1080p")
    assert "No model is available right now." in await ask(Help.help, Help(), Listener(catalog=catalog))


async def test_help_outside_of_a_server_says_where_to_go() -> None:
    assert "I work in servers" in await ask(Help.help, Help(), Listener(guild_id=None))


async def offered(
    typed: str, catalog: Catalog = SHIPPED, guild_id: int | None = 3, families: frozenset[str] = frozenset()
) -> list[str]:
    sora: Any = Sora()
    listener = Listener(catalog=catalog, guild_id=guild_id, families=families)
    choices: list[app_commands.Choice[str]] = await sora.models(listener, typed)
    assert len(choices) <= 25
    for choice in choices:
        assert 1 <= len(choice.name) <= 100
        assert choice.name.startswith(f"{choice.value} · ")
        assert choice.name.endswith(" a second")
    return [choice.value for choice in choices]


async def test_the_models_to_choose_from_are_families_and_ids_once_something_is_typed() -> None:
    assert await offered("") == SHIPPED.families()
    assert await offered(" PRO 1080") == ["Sora 2 Pro 1080p"]
    assert await offered("portrait") == ["sora2-portrait-4s", "sora2-portrait-8s", "sora2-portrait-12s"]
    assert await offered("veo") == []


async def test_only_models_that_the_server_allows_are_offered_raw_ids_by_their_family() -> None:
    pro = frozenset({"Sora 2 Pro 1080p"})
    assert await offered("", families=pro) == ["Sora 2 Pro 1080p"]
    assert await offered("1080", families=pro) == ["Sora 2 Pro 1080p", "sora2-pro-1080p"]
    assert await offered("portrait", families=pro) == []
    assert await offered("", families=frozenset({"Veo"})) == []
    both = await offered("sora", families=pro | {"Sora 2"})
    assert {"Sora 2", "Sora 2 Pro 1080p", "sora2-portrait-4s"} <= set(both) < set(SHIPPED.names())


async def test_outside_of_a_server_every_model_is_offered() -> None:
    assert await offered("", guild_id=None, families=frozenset({"Veo"})) == SHIPPED.families()


@pytest.mark.parametrize(
    ("typed", "first"),
    [("", [3, 4]), ("1", [10, 11, 12, 13, 14, 15]), ("20", [15, 14]), ("2", [3, 4]), ("8 s", [8]), ("900", [15, 14])],
)
async def test_of_lengths_those_that_begin_as_typed_are_suggested_else_the_nearest_first(
    typed: str, first: list[int]
) -> None:
    listener: Any = Listener()
    listener.data = {"options": [{"name": "model", "value": "Kling 3 Std"}]}
    found = [choice.value for choice in await lengths(listener, typed)]
    assert found[: len(first)] == first
    assert len(found) == (len(first) if typed in ("1", "8 s") else 13)


async def test_of_many_models_the_first_25_are_offered() -> None:
    many = [replace(SHIPPED.offers[0], family=f"f{number}", model=f"m{number}") for number in range(60)]
    assert len(await offered("", Catalog(many))) == 25
    assert len(await offered("m", Catalog(many))) == 25


async def test_help_of_a_hundred_models_says_how_many_are_left_out() -> None:
    many = [replace(SHIPPED.offers[0], family=f"Family {number}") for number in range(100)]
    said = await ask(Help.help, Help(), Listener(catalog=Catalog(many)))
    assert "more" in said
    assert said.endswith("A note.")
    assert "more" in await about("models", Listener(catalog=Catalog(many)))
