"""All pairs: `NEEDS`."""

from tests.storage.concurrency.pairs import (
    claims,
    forgetting,
    grants,
    joins,
    limits,
    moderation,
    one_job,
    orders,
    processes,
)
from tests.storage.concurrency.pairs.registry import NEEDS

__all__ = ["NEEDS", "claims", "forgetting", "grants", "joins", "limits", "moderation", "one_job", "orders", "processes"]
