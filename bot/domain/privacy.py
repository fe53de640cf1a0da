"""How much is stored about a member."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredData:
    """How much is stored about one member, over all servers. generations, since: of those that are not forgotten."""

    generations: int
    forgotten: int
    images: int
    since: datetime | None
