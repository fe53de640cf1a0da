"""A version: a generation as one of a family."""

from dataclasses import dataclass

from bot.domain.delivery import Delivery
from bot.domain.generation import Generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A generation as one of a family. delivery: the post of its result, once there is one.

    elsewhere: whoever sees this may not read it, and nothing is left in it that says what it is (`reading.hidden`).
    """

    generation: Generation
    delivery: Delivery | None = None
    elsewhere: bool = False

    @property
    def link(self) -> str | None:
        """Where its video is, or else its card; None where neither can be seen."""
        of, post = self.generation, self.delivery
        if post and post.message_id:
            return f"https://discord.com/channels/{of.guild_id}/{post.channel_id}/{post.message_id}"
        if of.card_message_id:
            return f"https://discord.com/channels/{of.guild_id}/{of.channel_id}/{of.card_message_id}"
        return None
