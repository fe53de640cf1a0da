"""What Discord says of a member's channels, worked out from its answers; not knowing means no."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.domain.requests.mentions import Mentioned
from bot.domain.versions.visibility import Reader
from bot.messenger import readers
from bot.messenger.guilds import DiscordGuilds
from bot.messenger.readers import DiscordReaders, permissions

VIEW, HISTORY, CONNECT, MANAGE_THREADS, ADMIN = 1 << 10, 1 << 16, 1 << 20, 1 << 34, 1 << 3
BOTH = VIEW | HISTORY
GUILD = {
    "id": "1",
    "owner_id": "9",
    "roles": [
        {"id": "1", "name": "@everyone", "permissions": str(BOTH | CONNECT)},
        {"id": "50", "name": "painters", "permissions": "0"},
        {"id": "51", "name": "admins", "permissions": str(ADMIN)},
        {"id": "52", "name": "keepers", "permissions": str(MANAGE_THREADS)},
    ],
}
DENIED = {"id": "1", "type": 0, "allow": "0", "deny": str(VIEW)}


def channel(kind: int = 0, *overwrites: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"guild_id": "1", "type": kind, "name": "room", "permission_overwrites": list(overwrites), **other}


def allowing(to: str, bits: int = VIEW, kind: int = 0) -> dict[str, Any]:
    return {"id": to, "type": kind, "allow": str(bits), "deny": "0"}


CHANNELS = {
    10: channel(),
    11: channel(0, DENIED),
    12: channel(0, DENIED, allowing("50")),
    13: channel(0, DENIED, allowing("5", kind=1)),
    14: channel(0, {"id": "1", "type": 0, "allow": "0", "deny": str(HISTORY)}),
    15: channel(2, {"id": "1", "type": 0, "allow": "0", "deny": str(CONNECT)}),
    16: channel(0, guild_id="2"),
    20: channel(11, parent_id="10"),
    21: channel(11, parent_id="11"),
    22: channel(12, parent_id="10"),
    23: channel(12, parent_id="10"),
    24: channel(12, parent_id="11"),
}
JOINED = {(22, 5), (24, 5)}


def no(status: int) -> discord.HTTPException:
    kinds = {403: discord.Forbidden, 404: discord.NotFound, 500: discord.HTTPException}
    return kinds[status](cast(Any, SimpleNamespace(status=status, reason="")), {"code": 0, "message": "no"})


class Http:
    """Discord's answers to the four questions."""

    guild_fails: discord.HTTPException | None = None

    async def get_guild(self, guild_id: int, *, with_counts: bool) -> Any:
        if self.guild_fails:
            raise self.guild_fails
        return GUILD

    async def get_channel(self, channel_id: int) -> Any:
        if channel_id == 404:
            raise no(404)
        if channel_id == 500:
            raise no(500)
        if channel_id == 99:
            await asyncio.Event().wait()
        if channel_id not in CHANNELS:
            raise no(403)
        return CHANNELS[channel_id]

    async def get_thread_member(self, channel_id: int, user_id: int) -> Any:
        if (channel_id, user_id) not in JOINED:
            raise no(404)
        return {"id": str(channel_id), "user_id": str(user_id)}

    async def get_member(self, guild_id: int, user_id: int) -> Any:
        if user_id != 7:
            raise no(404)
        return {"nick": None, "user": {"username": "ann", "global_name": "Ann"}}


def asking(http: Http) -> DiscordReaders:
    roles = [SimpleNamespace(id=50, name="painters")]
    guild = SimpleNamespace(roles=roles, unavailable=False)

    def get_guild(_: int) -> object:
        return guild

    client = cast(Any, SimpleNamespace(http=http, get_guild=get_guild))
    return DiscordReaders(client, DiscordGuilds(client))


def reader(member: str = "5", *roles: str, here: frozenset[str] = frozenset()) -> Reader:
    return Reader(guild_id="1", member_id=member, role_ids=frozenset(roles), here=here)


EVERYWHERE = [*map(str, CHANNELS), "30", "404", "500"]


@pytest.mark.parametrize(
    ("who", "can"),
    [
        (reader("6"), "10 20"),
        (reader("5"), "10 13 20 22"),
        (reader("6", "50"), "10 12 20"),
        (reader("6", "52"), "10 20 22 23"),
        (reader("6", "51"), "10 11 12 13 14 15 20 21 22 23 24"),
        (reader("9"), "10 11 12 13 14 15 20 21 22 23 24"),
    ],
    ids=["member", "member by name, in two private threads", "role", "manages threads", "administrator", "owner"],
)
async def test_a_member_reads_what_discord_says_they_can_read_now(who: Reader, can: str) -> None:
    assert await asking(Http()).readable(who, EVERYWHERE) == set(can.split())


async def test_where_they_act_nobody_is_asked_and_not_knowing_means_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "REPLY_TIMEOUT", 0.05)
    silent = DiscordReaders(cast(Any, SimpleNamespace(http=None)), cast(Any, None))
    assert await silent.readable(reader(here=frozenset({"10", "77"})), ["10"]) == {"10"}
    assert await asking(Http()).readable(reader(), ["99"]) == frozenset()
    failing = Http()
    failing.guild_fails = no(500)
    assert await asking(failing).readable(reader("9", here=frozenset({"11"})), ["10", "11"]) == {"11"}


async def test_names_are_those_of_the_server_and_a_channel_is_named_to_those_who_can_read_it() -> None:
    asked = Mentioned(
        users=frozenset({"7", "8"}), roles=frozenset({"50", "60"}), channels=frozenset({"10", "11", "404"})
    )
    found = await asking(Http()).names(reader(), asked)
    assert (found.users, found.roles, found.channels) == ({"7": "Ann"}, {"50": "painters"}, {"10": "room"})


def test_overwrites_go_from_everyone_over_roles_to_the_member() -> None:
    room = channel(0, DENIED, allowing("50"), {"id": "5", "type": 1, "allow": "0", "deny": str(HISTORY)})
    got = permissions(GUILD, room, "5", ["50"])
    assert (got.view_channel, got.read_message_history) == (True, False)
