"""The use cases. They know the domain and the ports, never an adapter."""

from dataclasses import dataclass

from bot.catalog import Catalog
from bot.services.guilds import Guilds
from bot.services.privacy import Privacy
from bot.services.quotas import Quotas
from bot.services.request import Requests
from bot.services.results import Results
from bot.services.versions import Versions


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
