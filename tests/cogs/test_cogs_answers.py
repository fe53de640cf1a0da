"""What a member reads: a sentence for every refusal, their usage, the help page, and the models to choose from."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from bot.catalog import Catalog, Offer
from bot.domain.errors import Refusal
from bot.domain.generation import Orientation
from bot.domain.jobs import Format
from bot.domain.ledger import Amount
from bot.domain.quota import Limit, Per, Scope, Unit, Use, window
from cogs.answers import sentence
from cogs.help import Help
from cogs.sora import Sora, check_permissions
from cogs.usage import Usage
from tests.cogs.conftest import NOW, parts, refusal_codes, texts

WILD = "**x** @everyone <@1> https://a.b " * 20
SHIPPED = Catalog.read()


def use(unit: Unit = Unit.VIDEOS, amount: int = 5, scope: Scope = Scope.MEMBER, per: Per = Per.DAY) -> Use:
    limit = Limit(amount=amount, unit=unit, per=per, scope=scope)
    return Use(limit=limit, window=window(per, NOW, UTC), used=3, held=1)


COST = Amount(videos=1, seconds=8, micros=544_000)
DETAILS: dict[str, dict[str, Any]] = {
    "prompt_too_long": {"most": 4000, "length": 5000},
    "orientation_unknown": {"word": WILD},
    "model_unknown": {"model": WILD, "names": "Sora 2"},
    "model_off": {"model": "Sora 2", "names": "Sora 2 Pro 720p"},
    "no_fit": {"model": "Sora 2", "offers": SHIPPED.offers, "image": True},
    "image_too_large": {"most": 20},
    "image_too_many_pixels": {"most": 50},
    "quota": {"use": use(), "amount": COST},
    "too_many_open": {"most": 25},
    "missing_permissions": {"permissions": "view_channel,send_messages_in_threads,attach_files"},
    "unexpected": {"reference": "0a1b2c3d"},
}


@pytest.mark.parametrize("code", sorted(refusal_codes()))
def test_every_refusal_is_one_clear_sentence(code: str) -> None:
    said = sentence(Refusal(code, **DETAILS.get(code, {})))
    assert 10 < len(said) <= 2000
    assert "\n" not in said
    assert not set("{}") & set(said)
    assert said[0].isupper() or said[0] == "“"
    assert said.endswith(".")
    for live in ("**", "<@", " @everyone", "https://"):
        assert live not in said


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


def test_what_would_fit_is_named_by_shapes_and_lengths() -> None:
    def fits(model: str, image: bool = False) -> str:
        offers = tuple(offer for offer in SHIPPED.offers if model in (offer.model, offer.family))
        return sentence(Refusal("no_fit", model=model, offers=offers, image=image))

    assert fits("sora2-portrait-12s") == "“sora2-portrait-12s” cannot make that. It makes: Portrait of 12 s."
    assert fits("sora-2") == "“sora-2” cannot make that. It makes: Landscape / Portrait of 4, 8, 12 s."
    assert "Landscape / Portrait of 4, 8, 12, 16, 20 s" in fits("Sora 2")


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
    assert said == "“a” cannot make that. It makes: Landscape / Portrait of 4 s; without an image."


@pytest.mark.parametrize("missing", ["view_channel", "send_messages", "attach_files", "read_message_history"])
def test_a_missing_permission_is_named_as_discord_names_it(missing: str) -> None:
    allowed = discord.Permissions.all()
    setattr(allowed, missing, False)
    interaction: Any = SimpleNamespace(app_permissions=allowed, channel=SimpleNamespace(type=discord.ChannelType.text))
    with pytest.raises(Refusal) as caught:
        check_permissions(interaction)
    assert missing.replace("_", " ").title() in sentence(caught.value)


@pytest.mark.parametrize("kind", ["public_thread", "private_thread", "news_thread"])
def test_in_a_thread_the_permission_of_threads_counts(kind: str) -> None:
    channel = SimpleNamespace(type=discord.ChannelType[kind])
    interaction: Any = SimpleNamespace(app_permissions=discord.Permissions.all(), channel=channel)
    interaction.app_permissions.send_messages = False
    check_permissions(interaction)
    interaction.app_permissions.send_messages_in_threads = False
    with pytest.raises(Refusal, match="missing_permissions"):
        check_permissions(interaction)


class Listener:
    """An interaction that keeps what it is answered."""

    def __init__(self, *, catalog: Catalog = SHIPPED, uses: tuple[Use, ...] = (), guild_id: int | None = 3) -> None:
        self.sent: dict[str, Any] = {}
        self.response = self
        self.guild_id = guild_id
        self.user = SimpleNamespace(id=5)
        self._uses = list(uses)
        self.client = SimpleNamespace(services=SimpleNamespace(requests=self, catalog=catalog, help_notes=("A note.",)))

    def check_guild(self, guild_id: str | None) -> None:
        if guild_id is None:
            raise Refusal("guild_only")

    async def usage(self, guild_id: str, member_id: str) -> list[Use]:
        assert (guild_id, member_id) == ("3", "5")
        return self._uses

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


async def test_usage_shows_used_held_left_and_when_it_resets() -> None:
    said = await ask(Usage.usage, Usage(), Listener(uses=(use(), use(Unit.USD, 3_000_000))))
    resets = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp())
    assert "**5 videos per day** ▰▰▰▰▰▰▰▰▱▱ 1 video left" in said
    assert f"3 videos used · 1 video held by running jobs · resets <t:{resets}:R>" in said
    assert "**$3.00 per day**" in said


async def test_usage_without_limits_says_so() -> None:
    assert "You have no limits here." in await ask(Usage.usage, Usage(), Listener())


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


async def offered(typed: str, catalog: Catalog = SHIPPED) -> list[str]:
    sora: Any = Sora()
    choices: list[app_commands.Choice[str]] = await sora.models(Listener(catalog=catalog), typed)
    assert len(choices) <= 25
    assert all(1 <= len(choice.name) <= 100 and choice.name == choice.value for choice in choices)
    return [choice.name for choice in choices]


async def test_the_models_to_choose_from_are_families_then_ids_that_contain_what_is_typed() -> None:
    assert await offered("") == SHIPPED.names()
    assert await offered(" PRO 1080") == ["Sora 2 Pro 1080p"]
    assert await offered("portrait") == ["sora2-portrait-4s", "sora2-portrait-8s", "sora2-portrait-12s"]
    assert await offered("veo") == []


async def test_of_many_models_the_first_25_are_offered() -> None:
    many = [replace(SHIPPED.offers[0], model=f"m{number}") for number in range(60)]
    assert len(await offered("", Catalog(many))) == 25
