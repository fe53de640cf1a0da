"""Notices to the operator and to a server's log channel."""

from typing import Protocol

from bot.domain.messages.posts import PostedMessage
from bot.domain.moderation.server_log import LogEvent


class Notices(Protocol):
    """Messages beside the members' own: each is sent once, to its channel, without a ping."""

    async def post_log(self, channel_id: str, event: LogEvent) -> bool:
        """Post an event to a server's log channel; returns whether it is there now. Never raises."""
        ...

    async def post_report(self, channel_id: str, event: LogEvent, *, nonce: str) -> PostedMessage:
        """Post the reports of a result; the same nonce within minutes returns the same message. Raises PostError."""
        ...

    async def edit_log(self, message: PostedMessage, event: LogEvent) -> None:
        """Bring a message of a log channel up to date. Raises PostError."""
        ...

    async def tell_operator(self, text: str) -> None:
        """Send a text to the operator's channel and to each owner, where these are configured. Never raises."""
        ...
