"""The numbers of Discord that a test may turn."""

from dataclasses import dataclass

_MIB = 1 << 20
_BOOSTED = {0: 20 * _MIB, 1: 20 * _MIB, 2: 50 * _MIB, 3: 100 * _MIB}


@dataclass(slots=True, kw_only=True)
class Rules:
    """Discord's own values; seconds and bytes.

    Except `answer_within`: Discord waits three seconds for the first answer. A test machine that does ten things at once
    gets more; how fast the answer comes is for a benchmark.

    `upload_limit` replaces the one that follows from a server's boosts; `attachment_size_limit` is what interactions
    name, and by default the same. `privileged_intents` are those switched on in the developer portal. `shards` are those
    that are recommended. `identify_gap`: a session of the same key that begins sooner after the last is invalid.
    """

    answer_within: float = 30.0
    token_lifetime: float = 900.0
    nonce_window: float = 300.0
    upload_limit: int | None = None
    attachment_size_limit: int | None = None
    privileged_intents: int = 0
    heartbeat_interval_ms: int = 41_250
    identifies_left: int = 1000
    identifies_total: int = 1000
    max_concurrency: int = 1
    identify_gap: float = 0.0
    shards: int = 1

    def upload_limit_of(self, premium_tier: int) -> int:
        """The largest file that the bot may post in a server with these boosts."""
        return self.upload_limit if self.upload_limit is not None else _BOOSTED[premium_tier]

    def interaction_limit_of(self, premium_tier: int) -> int:
        """The largest file in an answer to an interaction."""
        own = self.attachment_size_limit
        return own if own is not None else self.upload_limit_of(premium_tier)
