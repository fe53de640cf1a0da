"""Sends, edits and finds Discord messages by channel and message id, with the bot's own token."""

from bot.messenger.clock import DiscordClock
from bot.messenger.guilds import AskedServers, DiscordGuilds
from bot.messenger.notices import DiscordNotices
from bot.messenger.posts import DiscordMessenger, Look
from bot.messenger.readers import DiscordReaders
from bot.messenger.renderer import Renderer

__all__ = [
    "AskedServers",
    "DiscordClock",
    "DiscordGuilds",
    "DiscordMessenger",
    "DiscordNotices",
    "DiscordReaders",
    "Look",
    "Renderer",
]
