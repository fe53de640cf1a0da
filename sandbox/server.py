"""Builds the Discord servers of the sandbox: their channels, roles and people.

Each has one example of everything that the bot treats differently: two ordinary channels, one where the bot may not
attach files, a member, a member with a role, and a moderator who may use `/quota` and `/config`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import discord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle, RoleHandle, UserHandle
from simcord.env import Env

Overwrites = dict[
    RoleHandle | MemberActor | UserHandle | discord.Role | discord.Member | discord.User | discord.ClientUser,
    discord.PermissionOverwrite,
]

BOT_NAME = "Sora Bot"
NAMES = ("Sora Studio", "Second Studio")
TOPICS = {
    "videos": "Type /sora or /video here. A marker such as [fail] in the prompt makes the stand-in misbehave.",
    "lounge": "A second channel, for /config channels and Post here.",
    "text-only": "The bot may not attach files here.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoServer:
    """Handles to everything in the server. A visitor starts with the first channel and the first person."""

    env: Env
    guild: GuildHandle
    channels: tuple[ChannelHandle, ...]
    people: tuple[MemberActor, ...]

    @property
    def threads(self) -> list[ChannelHandle]:
        """Return every thread under any channel, oldest first."""
        return sorted((t for channel in self.channels for t in channel.threads), key=lambda thread: thread.id)


def build_servers(env: Env, count: int = 1) -> tuple[DemoServer, ...]:
    """Build servers before `env.start()`, so that the bot finds them when it starts: one for each of `count` shards.

    The same people are in all of them. SimCord's clock starts in the past; it is set to now first, so that ids and times are
    of today.
    """
    env.backend.advance_clock(max(0.0, (datetime.now(UTC) - env.now()).total_seconds()))
    env.backend.bot_user.name = BOT_NAME
    people = (
        env.create_user("aliya", global_name="Aliya"),
        env.create_user("marat", global_name="Marat (Creators)"),
        env.create_user("grace", global_name="Grace (moderator)"),
    )
    owner = env.create_user("owner", global_name="Studio Owner")
    return tuple(_build(env, env.create_guild(NAMES[at], shard_id=at, owner=owner), people) for at in range(count))


def _build(env: Env, guild: GuildHandle, people: tuple[UserHandle, UserHandle, UserHandle]) -> DemoServer:
    moderators = guild.create_role(
        "Moderators",
        permissions=discord.Permissions(manage_guild=True, manage_messages=True, manage_threads=True),
        color=0x57F287,
        hoist=True,
    )
    creators = guild.create_role("Creators", color=0xEB459E)
    no_files: Overwrites = {guild.default_role: discord.PermissionOverwrite(attach_files=False)}
    channels = tuple(
        guild.create_text_channel(name, topic=topic, overwrites=no_files if name == "text-only" else None)
        for name, topic in TOPICS.items()
    )
    aliya, marat, grace = people
    members = (
        guild.add_member(aliya),
        guild.add_member(marat, roles=[creators]),
        guild.add_member(grace, roles=[moderators]),
    )
    return DemoServer(env=env, guild=guild, channels=channels, people=members)
