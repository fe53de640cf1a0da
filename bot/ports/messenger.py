"""Messages on Discord, by channel and message id."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bot.domain.card import CardContext
from bot.domain.delivery import Delivery, Try
from bot.domain.generation import Generation
from bot.domain.posts import FoundPost, MessageStatus, PostedMessage, SmallerCopy


class Messenger(Protocol):
    """Discord, by channel and message id; never by an interaction's token, which dies after 15 minutes."""

    def begin(self, generation: Generation, delivery: Delivery) -> Try:
        """What is to be stored before a post goes to the delivery's channel."""
        ...

    async def find_post(self, generation: Generation, delivery: Delivery, tries: Sequence[Try]) -> FoundPost:
        """Look for a post in every place where one may be. Raises PostError; PostForbidden where one may not be looked
        into, unless that was waived, or Discord itself would answer the next post with that very message.
        """
        ...

    async def unseen(self, generation: Generation, tries: Sequence[Try]) -> list[Try]:
        """Those of these places that may not be looked into now; where the place is gone, so is the post.

        Raises PostError. Quick: a member waits for the answer.
        """
        ...

    async def post_result(self, generation: Generation, delivery: Delivery, file: Path) -> PostedMessage:
        """Post the video in the delivery's channel. Raises PostError."""
        ...

    async def post_smaller(
        self, generation: Generation, delivery: Delivery, file: Path, smaller: SmallerCopy
    ) -> PostedMessage:
        """Post a copy that was shrunk, and say so; else as `post_result`."""
        ...

    def upload_limit(self, generation: Generation) -> int:
        """The largest file, in bytes, that the place of this generation is said to take; it may take less."""
        ...

    async def post_link(self, generation: Generation, delivery: Delivery, link: str) -> PostedMessage:
        """Post where the video is, for a place that takes no file so large; else as `post_result`."""
        ...

    async def edit_card(self, generation: Generation, card_context: CardContext, shown: str) -> str:
        """Bring the card up to date unless it shows just that; returns the digest of what it shows. Raises PostError."""
        ...

    async def find_card(self, generation: Generation) -> tuple[str, str | None] | None:
        """The id and image of a card whose id was lost on its way to the store; None where it is certain that there is none.

        Raises PostError, also where that cannot be seen.
        """
        ...

    async def image_url(self, generation: Generation) -> str | None:
        """A fresh public address of the reference image, from the card; None where the card or image is gone.

        Raises PostError, also where the card may not be looked at.
        """
        ...

    async def image_data(self, generation: Generation) -> bytes | None:
        """The reference image itself, from the card; None where the card or image is gone. Raises PostError."""
        ...

    async def picture(self, address: str) -> bytes | None:
        """A file of Discord's by its address; None where it is gone. Raises PostError."""
        ...

    async def open_thread(self, generation: Generation, posted: PostedMessage) -> str:
        """Open a thread on a result, or find the one that it has; returns its id. Raises PostError."""
        ...

    async def message_status(self, channel_id: str, message_id: str) -> MessageStatus:
        """What became of a message of ours; one that cannot be seen is there. Raises PostError."""
        ...

    async def delete_message(self, channel_id: str, guild_id: str, message_id: str) -> None:
        """Delete a message of ours; one that is gone already is fine. Raises PostError."""
        ...
