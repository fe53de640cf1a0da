"""What the operator and a server's log channel are told."""

from typing import Protocol

from bot.domain.server_log import LogEvent


class Notices(Protocol):
    """What is said beside the members' messages; each in its place, once, without a ping."""

    async def post_log(self, channel_id: str, event: LogEvent) -> bool:
        """Say something in a server's log channel; whether it is there now. Never raises."""
        ...

    async def tell_operator(self, text: str) -> None:
        """Say something in the operator's channel and to each owner, where there are any; never raises."""
        ...
