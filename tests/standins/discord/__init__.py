"""A scriptable Discord over real loopback sockets: REST, files and gateway, with Discord's own rules.

async with DiscordStandIn() as discord:
    ...start a bot with DISCORD_API_BASE_URL=discord.base_url and DISCORD_TOKEN=discord.token...
    await discord.ready()
    ada = discord.person("ada")
    card = await ada.slash("sora", prompt="a fox").message()
"""

from tests.standins.discord.invocation import Answer, Invocation, NotAnswered
from tests.standins.discord.journal import Exchange
from tests.standins.discord.model import Attachment, Channel, Guild, Message, Role, User
from tests.standins.discord.payloads import Upload
from tests.standins.discord.permissions import Permission
from tests.standins.discord.person import Person
from tests.standins.discord.rules import Rules
from tests.standins.discord.standin import DiscordStandIn
from tests.standins.discord.waiting import TooLate

__all__ = [
    "Answer",
    "Attachment",
    "Channel",
    "DiscordStandIn",
    "Exchange",
    "Guild",
    "Invocation",
    "Message",
    "NotAnswered",
    "Permission",
    "Person",
    "Role",
    "Rules",
    "TooLate",
    "Upload",
    "User",
]
