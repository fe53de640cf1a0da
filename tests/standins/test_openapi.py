"""The check against Discord's API description: what discord.py sends fits, what is wrong is named, and where."""

from dataclasses import dataclass, field

import discord as discord_py
import pytest

from tests.standins.discord import DiscordStandIn, Permission, Upload
from tests.standins.openapi import Description, openapi_spec
from tests.standins.sample_bot import Card, SampleBot
from tests.standins.shapes import Json
from tests.standins.test_discord_posting import clip
from tests.tables import every_row

CHANNEL = "/channels/1/messages"


@dataclass
class Asked:
    method: str
    path: str
    body: Json = None
    query: dict[str, str] = field(default_factory=dict[str, str])
    status: int | None = None
    response: Json = None


async def everything(discord: DiscordStandIn, bot: SampleBot) -> None:
    """Each kind of request once."""
    ada = discord.person("ada", permissions=Permission.MANAGE_GUILD)
    place = bot.get_partial_messageable(int(discord.channel.id), guild_id=int(discord.guild.id))
    card = await ada.slash("draw", prompt="a fox", image=Upload(data=b"1")).message()
    await ada.slash("slow").followup()
    opened = ada.slash("ask")
    await opened.answer()
    await ada.submit_modal(opened).answer()
    await ada.press(card, "Again").answer()
    await ada.autocomplete("draw", "model", model="s").answer()
    await ada.slash("quota set", limit=1, member=ada).answer()
    user = discord_py.Object(int(ada.id))
    mentions = discord_py.AllowedMentions(users=[user], replied_user=True)
    reference = place.get_partial_message(int(card.id))
    posted = await place.send(
        view=Card("x", "clip.mp4"), file=clip(), reference=reference, allowed_mentions=mentions, nonce="n"
    )
    await place.get_partial_message(posted.id).edit(
        view=Card("y", "clip.mp4"), attachments=[clip()], allowed_mentions=mentions
    )
    thread = await posted.create_thread(name="t")
    await thread.edit(archived=True)
    await place.typing()
    await posted.fetch()
    assert [message async for message in place.history(limit=5)]
    await bot.fetch_guild(int(discord.guild.id))
    await bot.fetch_channel(int(discord.channel.id))
    guild = bot.get_guild(int(discord.guild.id))
    assert guild
    await guild.fetch_member(int(ada.id))
    await bot.fetch_user(int(ada.id))
    await bot.tree.fetch_commands()
    await posted.delete()


async def test_what_discord_py_sends_and_what_the_stand_in_answers_fit(
    discord: DiscordStandIn, bot: SampleBot, description: Description
):
    await everything(discord, bot)
    assert len(discord.journal.exchanges) > 25
    for exchange in discord.journal.exchanges:
        assert description.violations(exchange) == []
        assert description.answer_violations(exchange) == []


@every_row(
    ("asked", "said"),
    [
        (Asked("POST", CHANNEL, {"content": 5}), "content: 5 is not of type 'string', 'null'"),
        (Asked("POST", CHANNEL, {"nonce": "n" * 26}), "nonce: 'nnnnnnnnnnnnnnnnnnnnnnnnnn' is too long"),
        (
            Asked("POST", CHANNEL, {"components": [{"type": 17, "components": [{"type": 10}]}]}),
            "components.0.components.0: 'content' is a required property",
        ),
        (
            Asked("POST", CHANNEL, {"components": [{"type": 99}]}),
            'components.0: type 99 {"type": 99} fits none of the 7 forms',
        ),
        (
            Asked("POST", "/interactions/1/t/callback", {"type": 9, "data": {"title": "", "components": []}}),
            "data: 'custom_id' is a required property",
        ),
        (
            Asked("POST", "/webhooks/1/t", {"components": [{"type": 1, "components": [{"type": 2, "style": 9}]}]}),
            "components.0.components.0.style: 9 is none of 1, 2, 3, 4, 5, 6",
        ),
        (Asked("POST", CHANNEL, None), "no body"),
        (Asked("GET", "/channels/x/messages"), "channel_id: body: 'x' does not match '^(0|[1-9][0-9]*)$'"),
        (Asked("GET", CHANNEL, query={"limits": "1"}), "?limits: no such query parameter"),
        (Asked("PUT", CHANNEL, {}), "no such path and method"),
        (Asked("PUT", "/applications/1/commands", [{"name": "x" * 33}]), f"0.name: '{'x' * 33}' is too long"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(description: Description, asked: Asked, said: str):
    found = description.violations(asked)
    assert found
    assert f"{asked.method} {asked.path}: {said}" in "\n".join(found)


def test_ids_are_strings_everywhere(description: Description):
    wrong = {
        "allowed_mentions": {"parse": [], "users": [1], "roles": [2]},
        "attachments": [{"id": 0}],
        "message_reference": {"message_id": 1, "channel_id": 2, "guild_id": 3},
    }
    for key, value in wrong.items():
        assert description.violations(Asked("POST", CHANNEL, {key: value})) != []


def test_without_the_description_there_is_no_check(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DISCORD_OPENAPI_SPEC", raising=False)
    assert openapi_spec() is None
