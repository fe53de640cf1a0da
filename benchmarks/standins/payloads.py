"""What the Discord stand-in says, as JSON objects complete enough for discord.py."""

import json
import time
from datetime import UTC, datetime
from itertools import count
from typing import Any

JsonObject = dict[str, Any]

GUILDS, CHANNELS, MEMBERS = 4, 5, 5_000  # servers, channels in each, members who ask
BOT, OWNER = "1100000000000000001", "1100000000000000002"
_EPOCH_MS = 1_420_070_400_000
_EVERYTHING = str((1 << 53) - 1)
_numbers = count()
encoded = json.JSONEncoder(separators=(",", ":")).encode  # made once: json.dumps makes one each time


def snowflake() -> str:
    """A new id of this moment."""
    return str((int(time.time() * 1000) - _EPOCH_MS << 22) + next(_numbers) % (1 << 22))


def guild_id(number: int) -> str:
    """The id of a server, from 0."""
    return str(1_900_000_000_000_000_000 + number)


def channel_id(guild: int, number: int) -> str:
    """The id of a channel of a server, both from 0."""
    return str(1_700_000_000_000_000_000 + guild * 1_000 + number)


def guild_of(channel: str) -> str:
    """The id of the server that a channel is in."""
    return guild_id((int(channel) - int(channel_id(0, 0))) // 1_000)


def member_id(number: int) -> str:
    """The id of a member, from 0."""
    return str(1_400_000_000_000_000_000 + number)


def moment() -> str:
    """Now, as Discord writes it."""
    return datetime.now(UTC).isoformat()


def user(key: str, *, bot: bool = False) -> JsonObject:
    """A user."""
    name = "sora" if bot else f"member{key[-5:]}"
    return {"id": key, "username": name, "global_name": name, "discriminator": "0", "avatar": None, "bot": bot}


def member(key: str, *, bot: bool = False) -> JsonObject:
    """A member with their user."""
    return {
        "user": user(key, bot=bot),
        "nick": None,
        "avatar": None,
        "roles": [],
        "joined_at": "2026-01-01T00:00:00.000000+00:00",
        "premium_since": None,
        "flags": 0,
        "pending": False,
        "mute": False,
        "deaf": False,
    }


def channel(guild: int, number: int) -> JsonObject:
    """A text channel."""
    return {
        "id": channel_id(guild, number),
        "type": 0,
        "guild_id": guild_id(guild),
        "name": f"channel-{number}",
        "topic": None,
        "position": number,
        "permission_overwrites": [],
        "parent_id": None,
        "nsfw": False,
        "rate_limit_per_user": 0,
        "last_message_id": None,
        "flags": 0,
    }


def guild(number: int) -> JsonObject:
    """GUILD_CREATE."""
    key = guild_id(number)
    everyone = {
        "id": key,
        "name": "@everyone",
        "permissions": _EVERYTHING,
        "position": 0,
        "color": 0,
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    empty = ("emojis", "stickers", "features", "threads", "voice_states", "presences", "stage_instances")
    return {
        **{name: [] for name in (*empty, "guild_scheduled_events", "soundboard_sounds")},
        "id": key,
        "name": f"Server {number}",
        "owner_id": OWNER,
        "premium_tier": 0,
        "preferred_locale": "en-US",
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "system_channel_flags": 0,
        "afk_timeout": 300,
        "large": False,
        "unavailable": False,
        "member_count": MEMBERS,
        "joined_at": "2026-01-01T00:00:00.000000+00:00",
        "roles": [everyone],
        "members": [member(BOT, bot=True)],
        "channels": [channel(number, at) for at in range(CHANNELS)],
    }


def application() -> JsonObject:
    """The bot's application."""
    return {
        "id": BOT,
        "name": "sora",
        "icon": None,
        "description": "",
        "bot": user(BOT, bot=True),
        "owner": user(OWNER),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "team": None,
        "tags": [],
    }


def interaction(number: int, token: str, data: JsonObject, *, asker: str | None = None) -> JsonObject:
    """INTERACTION_CREATE for the command number `number` of a run: each from another member, channel and server.

    asker: the id of a member who asks each time, always in the first channel of the first server.
    """
    guild_number, channel_number = (0, 0) if asker else (number % GUILDS, number // GUILDS % CHANNELS)
    place, key = guild_id(guild_number), asker or member_id(number * 7919 % MEMBERS)
    here = channel(guild_number, channel_number) | {"permissions": _EVERYTHING}
    del here["permission_overwrites"]
    return {
        "id": snowflake(),
        "application_id": BOT,
        "type": 2,
        "token": token,
        "version": 1,
        "data": data,
        "channel_id": here["id"],
        "channel": here,
        "guild_id": place,
        "guild": {"id": place, "locale": "en-US", "features": []},
        "guild_locale": "en-US",
        "locale": "en-US",
        "app_permissions": _EVERYTHING,
        "attachment_size_limit": 20 * 2**20,
        "authorizing_integration_owners": {"0": place},
        "context": 0,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "member": member(key) | {"permissions": _EVERYTHING},
    }


def message(channel: str, sent: JsonObject, *, files: int = 0, size: int = 0) -> JsonObject:
    """A message of the bot as the API gives it back. files, size: of each, in bytes."""
    address = f"https://cdn.example/attachments/{channel}/1/video.mp4?ex=7fffffff&is=0&hm=0"
    attached = {"filename": "video.mp4", "size": size, "url": address, "proxy_url": address}
    body: JsonObject = {
        "id": snowflake(),
        "channel_id": channel,
        "author": user(BOT, bot=True),
        "type": 0,
        "content": sent.get("content") or "",
        "embeds": [],
        "components": _shown(sent.get("components") or [], [0]),
        "attachments": [] if sent.get("components") else [attached | {"id": snowflake()} for _ in range(files)],
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "timestamp": moment(),
        "edited_timestamp": None,
        "flags": sent.get("flags") or 0,
        "pinned": False,
        "tts": False,
    }
    if "nonce" in sent:
        body["nonce"] = sent["nonce"]
    return body


def _shown(components: list[JsonObject], last: list[int]) -> list[JsonObject]:
    """Components with the ids that Discord adds, and media with an address."""
    shown: list[JsonObject] = []
    for part in components:
        last[0] += 1
        out: JsonObject = {"id": last[0], **part}
        items: list[JsonObject] = out.get("items") or []
        for item in items:
            item["media"] = {
                "id": "1",
                "url": "https://cdn.example/1/video.mp4?ex=7fffffff",
                "content_type": "video/mp4",
            }
        if "components" in out:
            out["components"] = _shown(out["components"], last)
        if "accessory" in out:
            [out["accessory"]] = _shown([out["accessory"]], last)
        shown.append(out)
    return shown
