"""Names of members, roles and channels, as Discord sends them with an interaction or a message."""

from collections.abc import Iterable, Mapping
from typing import Any

import discord

from bot.domain.requests.mentions import Names
from cogs._ui.wording import words


def names_with(interaction: discord.Interaction[Any]) -> Names:
    """Return the names that came with an interaction: of everything its options refer to, and of the member who acts."""
    data: dict[str, Any] = dict(interaction.data or {})
    resolved: Any = data.get("resolved") or {}
    found: dict[str, dict[str, Any]] = resolved
    members, people = _part(found, "members"), _part(found, "users")
    nicks = {user_id: member.get("nick") for user_id, member in members.items()}
    users: dict[str, str | None] = {
        user_id: nicks.get(user_id) or user.get("global_name") or user.get("username")
        for user_id, user in people.items()
    }
    return _names(
        {**_people([interaction.user]), **users},
        {role_id: role.get("name") for role_id, role in _part(found, "roles").items()},
        {channel_id: channel.get("name") for channel_id, channel in _part(found, "channels").items()},
    )


def _part(found: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    return found.get(name) or {}


def names_in(message: discord.Message) -> Names:
    """Return the names that came with a message: of everyone and everything that it mentions, and of its author."""
    roles = {str(role.id): role.name for role in message.role_mentions}
    return _names(_people([*message.mentions, message.author]), roles, {})


def _people(people: Iterable[object]) -> dict[str, str | None]:
    return {
        str(getattr(person, "id", "")): getattr(person, "display_name", None) for person in people if person is not None
    }


def _names(
    users: Mapping[str, str | None], roles: Mapping[str, str | None], channels: Mapping[str, str | None]
) -> Names:
    say = words()
    return Names(
        users={user_id: name for user_id, name in users.items() if name},
        roles={role_id: name for role_id, name in roles.items() if name},
        channels={channel_id: name for channel_id, name in channels.items() if name},
        someone=say("mention-someone"),
        a_role=say("mention-role"),
        a_channel=say("mention-channel"),
    )
