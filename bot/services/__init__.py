"""The use cases. They know the domain and the ports, never an adapter."""

from dataclasses import dataclass

from bot.catalog import Catalog
from bot.services.request import Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the commands may use. help_notes: paragraphs that whoever runs the bot adds to /help."""

    requests: Requests
    catalog: Catalog
    help_notes: tuple[str, ...] = ()
