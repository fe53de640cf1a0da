"""Replaces mentions, emoji, channels, commands and times in a prompt, as Discord encodes them, by readable text.

`<@123>` means nothing to a model or to the word filter. Source: Discord's reference, "Message Formatting".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

_WRITTEN = re.compile(
    r"<(?:@!?(?P<user>[0-9]{1,20})|@&(?P<role>[0-9]{1,20})|\#(?P<channel>[0-9]{1,20})"
    r"|a?:(?P<emoji>[A-Za-z0-9_]{1,32}):[0-9]{1,20}"
    r"|/(?P<command>[^<>:\n]{1,100}):[0-9]{1,20}"
    r"|t:(?P<time>-?[0-9]{1,14})(?::(?P<style>[tTdDfFsSR]))?"
    r"|id:(?P<page>customize|browse|guide|home|linked-roles)(?::[0-9]{1,20})?)>"
)
_PAGES = {
    "customize": "Channels & Roles",
    "browse": "Browse Channels",
    "guide": "Server Guide",
    "home": "Server Guide",
    "linked-roles": "Linked Roles",
}
_STYLES = {"t": "%H:%M UTC", "T": "%H:%M:%S UTC", "d": "%Y-%m-%d", "D": "%Y-%m-%d"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentioned:
    """The ids of every user, role and channel that a prompt mentions."""

    users: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.users or self.roles or self.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of ids. someone, a_role, a_channel: the text for those whose name is not known."""

    users: Mapping[str, str] = field(default_factory=dict[str, str])
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    channels: Mapping[str, str] = field(default_factory=dict[str, str])
    someone: str = "someone"
    a_role: str = "role"
    a_channel: str = "channel"

    def lacking(self, ids: Mentioned) -> Mentioned:
        """The ids, out of `ids`, that have no name here."""
        return Mentioned(
            users=ids.users - set(self.users),
            roles=ids.roles - set(self.roles),
            channels=ids.channels - set(self.channels),
        )

    def with_more(self, other: "Names") -> "Names":
        """These names and the other's. Where both have one, this one's is used; so are its texts for ids without a name."""
        return Names(
            users={**other.users, **self.users},
            roles={**other.roles, **self.roles},
            channels={**other.channels, **self.channels},
            someone=self.someone,
            a_role=self.a_role,
            a_channel=self.a_channel,
        )


def mentioned(prompt: str) -> Mentioned:
    """The ids that a prompt mentions."""
    found = list(_WRITTEN.finditer(prompt))
    return Mentioned(
        users=frozenset(match["user"] for match in found if match["user"]),
        roles=frozenset(match["role"] for match in found if match["role"]),
        channels=frozenset(match["channel"] for match in found if match["channel"]),
    )


def with_names(prompt: str, names: Names) -> str:
    """The prompt as people read it: `@Ann`, `@Painters`, `#general`, `:cat:`, `/sora`."""

    def readable(match: re.Match[str]) -> str:
        if user := match["user"]:
            return f"@{names.users.get(user) or names.someone}"
        if role := match["role"]:
            return f"@{(names.roles.get(role) or names.a_role).removeprefix('@')}"
        if channel := match["channel"]:
            return f"#{names.channels.get(channel) or names.a_channel}"
        if emoji := match["emoji"]:
            return f":{emoji}:"
        if command := match["command"]:
            return f"/{command}"
        return _PAGES[match["page"]] if match["page"] else _moment(int(match["time"]), match["style"])

    return _WRITTEN.sub(readable, prompt)


def _moment(seconds: int, style: str | None) -> str:
    """A time as text; a time outside the calendar, as its number."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime(_STYLES.get(style or "", "%Y-%m-%d %H:%M UTC"))
    except (ValueError, OverflowError, OSError):
        return str(seconds)
