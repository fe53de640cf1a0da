"""The use cases. They know the domain and the ports, never an adapter."""

from dataclasses import dataclass

from bot.catalog.catalog import Catalog
from bot.usecases.generate import Requests
from bot.usecases.guild_settings import Guilds
from bot.usecases.iterate import Versions
from bot.usecases.privacy import Privacy
from bot.usecases.quotas import Quotas
from bot.usecases.results import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the commands may use. help_notes: paragraphs that whoever runs the bot adds to /help."""

    requests: Requests
    versions: Versions
    quotas: Quotas
    guilds: Guilds
    results: Results
    privacy: Privacy
    catalog: Catalog
    help_notes: tuple[str, ...] = ()
