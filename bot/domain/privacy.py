"""How much is stored about a member."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredData:
    """How much is stored about one member, over all servers. generations, since: of those whose words are kept.

    forgotten: those that the member has deleted; expired: those whose words are older than they are kept. defaults: servers in
    which the member has chosen defaults.
    """

    generations: int
    forgotten: int
    images: int
    since: datetime | None
    defaults: int = 0
    expired: int = 0
