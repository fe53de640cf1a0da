"""What a member reads: a sentence for every refusal, their usage, the help page, and the models to choose from."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from bot.catalog.catalog import Catalog, Offer
from bot.domain.allowance import Allowance, EffectiveLimit
from bot.domain.errors import Refusal
from bot.domain.generation import Orientation
from bot.domain.guild_settings import GuildSettings
from bot.domain.jobs import Format
from bot.domain.ledger import Amount
from bot.domain.parameters import KNOWN
from bot.domain.quota import Limit, LimitUsage, Per, Scope, Unit, window
from bot.domain.rules import Binding
from bot.domain.settings_edits import zone_named
from cogs._ui.refusals import CHANNELS_NAMED, sentence
from cogs.cards.accepting import THREADS, asker, check_permissions
from cogs.help import Help
from cogs.sora import Sora
from cogs.usage import Usage
from tests.cogs.conftest import NOW, parts, refusal_codes, refusals, texts

WILD = "**x** @everyone <@1> https://a.b " * 20
SHIPPED = Catalog.read()


def use(unit: Unit = Unit.VIDEOS, amount: int = 5, scope: Scope = Scope.MEMBER, per: Per = Per.DAY) -> LimitUsage:
    limit = Limit(amount=amount, unit=unit, per=per, scope=scope)
    return LimitUsage(limit=limit, window=window(per, NOW, UTC), used=3, held=1)


LINK = "https://discord.com/channels/300000000000000000/400000000000000000/600000000000000000"
COST = Amount(videos=1, seconds=8, micros=544_000)
DETAILS: dict[str, dict[str, Any]] = {
    "prompt_too_long": {"most": 4000, "length": 5000},
    "orientation_unknown": {"word": WILD},
    "model_unknown": {"model": WILD, "names": "Sora 2"},
    "model_off": {"model": WILD, "names": "Sora 2 Pro 720p", "prices": SHIPPED.prices()},
    "dearer_only": {"model": WILD, "offers": SHIPPED.offers},
    "dearer_now": {"price": "$0.54", "before": "$0.27"},
    "no_fit": {"model": "Sora 2", "offers": SHIPPED.offers, "image": True},
    "image_too_large": {"most": 20},
    "image_too_many_pixels": {"most": 25},
    "quota": {"use": use(), "amount": COST, "grants": 0},
    "too_many_open": {"count": 25},
    "too_many_running": {"running": 2},
    "too_many_waiting": {"running": 1, "waiting": 2},
    "missing_permissions": {"permissions": "view_channel,send_messages_in_threads,attach_files"},
    "unexpected": {"reference": "0a1b2c3d"},
    "amount_too_large": {"most": 1_000_000},
    "channel_not_allowed": {"channels": tuple(str(10**18 + number) for number in range(100))},
    "channel_not_listed": {"channels": ("400000000000000000",)},
    "days_out_of_range": {"most": 366},
    "log_channel_closed": {"channels": ("400000000000000000",)},
    "log_channel_slow": {"channels": ("400000000000000000",)},
    "model_not_allowed": {"model": WILD, "names": WILD},
    "model_not_listed": {"model": WILD},
    "reason_too_long": {"most": 512},
    "term_there": {"term": WILD},
    "term_too_long": {"most": 100},
    "timezone_too_often": {"most": 20},
    "timezone_unknown": {"zone": WILD},
    "too_dear": {"price": "$0.54", "most": "$0.50"},
    "too_long": {"seconds": 12, "most": 8},
    "too_many_blocked": {"most": 1000},
    "too_many_channels": {"most": 100},
    "too_many_terms": {"most": 500},
    "word_unknown": {"word": WILD},
    "parameter_missing": {"name": "--ar", "example": "--ar 9:16"},
    "parameters_contradict": {"name": f"--model {WILD}", "other": f"--model {WILD}"},
    "parameter_unknown": {"name": f"--{WILD}", "known": KNOWN},
    "parameter_value": {"name": "--ar", "value": WILD, "example": "--ar 9:16"},
    "form_sent": {"link": LINK},
    "posted_already": {"link": LINK},
    "maybe_posted": {"channels": ("400000000000000000", "400000000000000001"), "doubt": "9"},
}


def test_what_refusals_bring_along_is_what_is_tried_here() -> None:
    for code, details in refusals():
        assert details == set(DETAILS.get(code, {})), code


@pytest.mark.parametrize("code", sorted(refusal_codes()))
def test_every_refusal_is_one_clear_sentence(code: str) -> None:
    said = sentence(Refusal(code, **DETAILS.get(code, {})))
    assert 10 < len(said) <= 2000
    assert "\n" not in said
    assert not set("{}") & set(said)
    assert said[0].isupper() or said[0] == "“"
    assert said.endswith(".")
    for live in ("**", "<@", " @everyone", "https://"):
        assert live not in said.replace(f"]({LINK})", "")
    assert (f"]({LINK})" in said) == ("link" in DETAILS.get(code, {}))
    for name, value in DETAILS.get(code, {}).items():
        if isinstance(value, int) and name in ("most", "length", "seconds", "count", "running", "waiting"):
            assert f"{value}" in said.replace(",", ""), name


@pytest.mark.parametrize("number", [1, CHANNELS_NAMED, CHANNELS_NAMED + 1, 100])
def test_channels_are_named_as_links_but_not_a_hundred_of_them(number: int) -> None:
    channels = tuple(str(10**18 + one) for one in range(number))
    said = sentence(Refusal("channel_not_allowed", channels=channels))
    assert said.count("<#") == min(number, CHANNELS_NAMED)
    assert f"<#{channels[0]}>" in said
    assert ("…" in said) == (number > CHANNELS_NAMED)


def test_what_the_filter_found_is_not_repeated() -> None:
    said = sentence(Refusal("filtered"))
    assert said == "The prompt contains something that this server does not allow. Try other words."


def test_a_time_zone_that_is_unknown_is_shown_as_it_was_typed_and_harmless() -> None:
    with pytest.raises(Refusal, match="timezone_unknown") as caught:
        zone_named("Mars_Base/**One**")
    assert sentence(caught.value).startswith(r"“Mars\_Base/\*\*One\*\*” is not a time zone")


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("per", Per)
@pytest.mark.parametrize("scope", Scope)
def test_a_quota_is_said_with_its_numbers_and_when_it_opens(unit: Unit, per: Per, scope: Scope) -> None:
    reached = use(unit, 5_000_000 if unit is Unit.USD else 50, scope, per)
    said = sentence(Refusal("quota", use=reached, amount=COST))
    shown = {
        Unit.VIDEOS: ("50 videos", "1 video"),
        Unit.SECONDS: ("50 s", "8 s"),
        Unit.USD: ("$5.00", "$0.54"),
    }[unit]
    assert f"{shown[0]} per {per}" in said
    assert f"needs {shown[1]}" in said
    assert f"<t:{int(reached.window.end.timestamp())}:R>" in said
    assert {Scope.MEMBER: "your", Scope.GUILD: "this server's", Scope.OPERATOR: "the operator's"}[scope] in said


def test_a_limit_of_zero_is_said_to_be_closed() -> None:
    said = sentence(Refusal("quota", use=use(amount=0), amount=COST))
    assert said.startswith("Videos are closed")
    assert "opens again" not in said


@pytest.mark.parametrize("unit", Unit)
def test_extra_quota_is_named_where_it_could_have_helped(unit: Unit) -> None:
    limit = 5_000_000 if unit is Unit.USD else 50
    left = {Unit.VIDEOS: "3 videos", Unit.SECONDS: "3 s", Unit.USD: "$0.30"}[unit]
    grants = 300_000 if unit is Unit.USD else 3

    def said(scope: Scope, has: int) -> str:
        return sentence(Refusal("quota", use=use(unit, limit, scope), amount=COST, grants=has))

    assert said(Scope.MEMBER, grants).endswith(f"Your extra quota has {left} left.")
    assert "extra quota" not in said(Scope.MEMBER, 0)
    assert "extra quota" not in said(Scope.GUILD, grants), "grants never cover a pool"
    assert "extra quota" not in said(Scope.OPERATOR, grants), "nor the operator's budget"


def test_a_video_is_said_never_to_fit_only_where_extra_quota_would_not_help_either() -> None:
    def said(grants: int, scope: Scope = Scope.MEMBER) -> str:
        return sentence(Refusal("quota", use=use(Unit.SECONDS, 6, scope), amount=COST, grants=grants))

    assert "ever allows" in said(0)
    assert "ever allows" in said(1)
    assert "opens again" in said(2)
    assert "ever allows" in said(2, Scope.GUILD)


def test_what_would_fit_is_named_by_shapes_and_lengths() -> None:
    def fits(model: str, image: bool = False) -> str:
        offers = tuple(offer for offer in SHIPPED.offers if model in (offer.model, offer.family))
        return sentence(Refusal("no_fit", model=model, offers=offers, image=image))

    assert fits("sora2-portrait-12s") == "“sora2-portrait-12s” cannot make that. It makes: Portrait of 12 s."
    assert fits("sora-2") == "“sora-2” cannot make that. It makes: Landscape or Portrait of 4, 8 or 12 s."
    assert fits("Sora 2") == "“Sora 2” cannot make that. It makes: Landscape or Portrait of 4, 8, 12, 16 or 20 s."


def test_what_can_be_had_instead_is_named_with_its_price() -> None:
    said = sentence(Refusal("model_off", model="A", names="", prices=(("B", 68_000, 68_000), ("C", 40_000, 204_000))))
    assert "B ($0.068 a second), C ($0.04–$0.204 a second)" in said
    said = sentence(Refusal("dearer_only", model="Sora 2", offers=SHIPPED.offers[-2:]))
    assert "sora2-pro-1080p ($0.34 a second), sora2-pro-true-1080p ($0.476 a second)" in said


def test_shapes_of_different_lengths_are_told_apart_and_each_is_named_once() -> None:
    def made(shape: Orientation, *seconds: int, image: bool = True) -> Offer:
        return replace(SHIPPED.offers[0], orientations=(shape,), seconds=seconds, image=image)

    offers = (
        made(Orientation.LANDSCAPE, 4),
        made(Orientation.PORTRAIT, 8),
        made(Orientation.LANDSCAPE, 6, 4),
        made(Orientation.PORTRAIT, 12, image=False),
    )
    assert "It makes: Landscape of 4 or 6 s; Portrait of 8 or 12 s." in sentence(
        Refusal("no_fit", model="a", offers=offers, image=False)
    )
    assert "It makes: Landscape of 4 or 6 s; Portrait of 8 s." in sentence(
        Refusal("no_fit", model="a", offers=offers, image=True)
    )


def test_a_model_without_images_says_so() -> None:
    offer = Offer(
        family="A",
        model="a",
        format=Format.TASK,
        orientations=tuple(Orientation),
        seconds=(4,),
        micros_per_second=1,
        encoded=False,
        image=False,
        resolution=None,
        sizes=None,
        sunset=None,
    )
    said = sentence(Refusal("no_fit", model="a", offers=(offer,), image=True))
    assert said == "“a” cannot make that. It makes: Landscape or Portrait of 4 s; without an image."


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
        asker(asking(allowed, discord.ChannelType.text))
    assert missing.replace("_", " ").title() in sentence(caught.value)


@pytest.mark.parametrize("kind", ["public_thread", "private_thread", "news_thread"])
def test_in_a_thread_the_permission_of_threads_counts(kind: str) -> None:
    allowed = discord.Permissions.all()
    allowed.send_messages = False
    asked = asker(asking(allowed, discord.ChannelType[kind]))
    assert (asked.ask_id, asked.guild_id, asked.channel_id, asked.member_id) == ("1", "3", "4", "5")
    assert asked.role_ids == {"7", "8"}
    allowed.send_messages_in_threads = False
    with pytest.raises(Refusal, match="missing_permissions"):
        asker(asking(allowed, discord.ChannelType[kind]))


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
        services = SimpleNamespace(requests=self, quotas=self, guilds=self, catalog=catalog, help_notes=("A note.",))
        self.client = SimpleNamespace(services=services)

    def check_guild(self, guild_id: str | None) -> None:
        if guild_id is None:
            raise Refusal("guild_only")

    async def allowance(self, guild_id: str, member_id: str, role_ids: Sequence[str]) -> Allowance:
        assert (guild_id, member_id, role_ids) == ("3", "5", ["7", "8"])
        return self._allowance

    async def settings(self, guild_id: str) -> GuildSettings:
        assert guild_id == "3"
        return GuildSettings(guild_id=guild_id, families=self._families)

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
    assert "**5 videos per day** ▰▰▰▰▰▰▰▰▱▱ 1 video left" in said
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
    said = await ask(Help.help, Help(), Listener())
    assert "- Sora 2 · $0.068 · 4, 8, 12, 16, 20 s" in said
    assert "- Sora 2 Pro 1024p · $0.34 · 4, 8, 12 s" in said
    assert said.count("\n- ") == 5
    assert said.endswith("A note.")


async def test_help_shows_only_what_is_on() -> None:
    catalog = Catalog.read()
    catalog.listed({"sora2-pro-1080p"})
    said = await ask(Help.help, Help(), Listener(catalog=catalog))
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
    assert all(1 <= len(choice.name) <= 100 and choice.name == choice.value for choice in choices)
    return [choice.name for choice in choices]


async def test_the_models_to_choose_from_are_families_then_ids_that_contain_what_is_typed() -> None:
    assert await offered("") == SHIPPED.names()
    assert await offered(" PRO 1080") == ["Sora 2 Pro 1080p"]
    assert await offered("portrait") == ["sora2-portrait-4s", "sora2-portrait-8s", "sora2-portrait-12s"]
    assert await offered("veo") == []


async def test_only_models_that_the_server_allows_are_offered_raw_ids_by_their_family() -> None:
    pro = frozenset({"Sora 2 Pro 1080p"})
    assert await offered("", families=pro) == ["Sora 2 Pro 1080p", "sora2-pro-1080p"]
    assert await offered("portrait", families=pro) == []
    assert await offered("", families=frozenset({"Veo"})) == []
    both = await offered("", families=pro | {"Sora 2"})
    assert {"Sora 2", "Sora 2 Pro 1080p", "sora2-portrait-4s"} <= set(both) < set(SHIPPED.names())


async def test_outside_of_a_server_every_model_is_offered() -> None:
    assert await offered("", guild_id=None, families=frozenset({"Veo"})) == SHIPPED.names()


async def test_of_many_models_the_first_25_are_offered() -> None:
    many = [replace(SHIPPED.offers[0], model=f"m{number}") for number in range(60)]
    assert len(await offered("", Catalog(many))) == 25
