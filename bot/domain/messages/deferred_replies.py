"""Deferred replies: what a member sees as "thinking…" until the reply itself comes.

Only the token of the interaction can complete such a reply, for fifteen minutes. It is kept until then, so that another
process can do so if this one dies before.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredReply:
    """One deferred reply. process_id: who is about to complete it. locale: the language of the member who waits for it.

    sealed_token: the interaction's token as `Messenger.seal` returns it, because it is stored.
    """

    interaction_id: str
    sealed_token: str = field(repr=False)
    process_id: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonedReply:
    """A deferred reply whose process is gone. accepted: whether the request was accepted."""

    reply: DeferredReply
    accepted: bool
