"""A version: a generation as a member of a family."""

from dataclasses import dataclass

from bot.domain.generation import Generation
from bot.domain.messages.delivery import Delivery
from bot.domain.messages.result_status import ResultStatus, posted_message, result_status


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A generation as a member of a family. delivery: the post of its result, once there is one.

    elsewhere: the reader may not read it, and nothing in it describes it (`visibility.hidden`).
    """

    generation: Generation
    delivery: Delivery | None = None
    elsewhere: bool = False

    @property
    def status(self) -> ResultStatus:
        """What became of its video."""
        return result_status(self.generation, self.delivery)

    @property
    def link(self) -> str | None:
        """The address of its video's message, else of its card; None where neither can be seen."""
        of = self.generation
        if posted := posted_message(of, self.delivery):
            return f"https://discord.com/channels/{of.guild_id}/{posted.channel_id}/{posted.message_id}"
        if of.card_message_id:
            return f"https://discord.com/channels/{of.guild_id}/{of.channel_id}/{of.card_message_id}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyNode:
    """The place of a version in its family: its id and that of the version it was made from."""

    id: str
    parent_id: str | None
