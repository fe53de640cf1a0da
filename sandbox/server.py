"""Builds the Discord server of the sandbox: its channels, roles and people.

It has one example of everything that the bot treats differently: two ordinary channels, one where the bot may not
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


def build_server(env: Env) -> DemoServer:
    """Build the server before `env.start()`, so that the bot finds it when it starts.

    SimCord's clock starts in the past; it is set to now first, so that ids and times are of today.
    """
    env.backend.advance_clock(max(0.0, (datetime.now(UTC) - env.now()).total_seconds()))
    env.backend.bot_user.name = BOT_NAME
    guild = env.create_guild("Sora Studio", owner=env.create_user("owner", global_name="Studio Owner"))
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
    people = (
        guild.add_member(env.create_user("aliya", global_name="Aliya")),
        guild.add_member(env.create_user("marat", global_name="Marat (Creators)"), roles=[creators]),
        guild.add_member(env.create_user("grace", global_name="Grace (moderator)"), roles=[moderators]),
    )
    return DemoServer(env=env, guild=guild, channels=channels, people=people)
