"""Messages on Discord, by channel and message id."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bot.domain.generation import Generation, Image
from bot.domain.messages.card import CardContext
from bot.domain.messages.deferred_replies import DeferredReply
from bot.domain.messages.delivery import Delivery, Try
from bot.domain.messages.failure_notice import FailureNotice
from bot.domain.messages.posts import CardPictures, FoundPost, MessageStatus, PostedMessage, SmallerCopy
from bot.domain.requests.questions import Question
from bot.domain.versions.joins import Join


class Messenger(Protocol):
    """Messages on Discord, by channel and message id. Only a deferred reply needs the token of its interaction, which
    expires after 15 minutes.
    """

    def begin(self, generation: Generation, delivery: Delivery) -> Try:
        """The `Try` to store before a post goes to the delivery's channel."""
        ...

    async def find_post(self, generation: Generation, delivery: Delivery, tries: Sequence[Try]) -> FoundPost:
        """Search for a post in every channel that may contain one.

        Raises PostError. Raises PostForbidden where a channel may not be searched, unless that was waived or Discord
        itself would return that message for the next post.
        """
        ...

    async def unseen(self, generation: Generation, tries: Sequence[Try]) -> list[Try]:
        """The tries, out of `tries`, whose channel may not be searched now. A deleted channel has no post.

        Raises PostError. Quick: a member waits for the result.
        """
        ...

    async def post_result(self, generation: Generation, delivery: Delivery, file: Path) -> PostedMessage:
        """Post the video in the delivery's channel. Raises PostError."""
        ...

    async def post_smaller(
        self, generation: Generation, delivery: Delivery, file: Path, smaller: SmallerCopy
    ) -> PostedMessage:
        """Post a smaller copy with a note that says so; otherwise like `post_result`."""
        ...

    async def upload_limit(self, generation: Generation) -> int:
        """The largest file, in bytes, that this generation's channel should accept; the actual limit may be lower.

        Raises PostError where the server is not known and Discord does not say.
        """
        ...

    async def post_link(self, generation: Generation, delivery: Delivery, link: str) -> PostedMessage:
        """Post the video's address, for a channel that does not accept a file of its size; otherwise like `post_result`."""
        ...

    async def edit_card(self, generation: Generation, card_context: CardContext, shown: str) -> str:
        """Update the card unless it already shows the digest `shown`; returns the digest of what it shows now.

        Raises PostError.
        """
        ...

    async def post_failure(self, notice: FailureNotice) -> None:
        """Tell the author that their job has failed, in reply to its card. Raises PostError."""
        ...

    async def find_failure(self, generation: Generation) -> bool:
        """Whether the author has been told already, in the channel of the request.

        Raises PostError, also where the channel cannot be searched.
        """
        ...

    async def find_card(self, generation: Generation) -> tuple[str, CardPictures] | None:
        """The id and pictures of a card whose id was not stored; None where there certainly is no card.

        Raises PostError, also where the channel cannot be searched.
        """
        ...

    def seal(self, interaction_id: str, token: str) -> str:
        """The token of an interaction as it may be stored: only this bot can read it."""
        ...

    async def complete_with_card(
        self,
        reply: DeferredReply,
        generation: Generation,
        card_context: CardContext,
        pictures: Sequence[tuple[Image, bytes]],
    ) -> tuple[str, CardPictures] | None:
        """Put the card, with these pictures, in the place of "thinking…", also where it is there already.

        Returns its id and its pictures; None where Discord no longer takes the reply. Raises PostError.
        """
        ...

    async def complete_without_card(self, reply: DeferredReply) -> bool:
        """Say in the place of "thinking…" that the request was not accepted; whether Discord still took it.

        Raises PostError.
        """
        ...

    async def image_urls(self, generation: Generation) -> CardPictures:
        """Fresh public addresses of the pictures, from the card; none where the card or the picture is gone.

        Raises PostError, also where the card may not be read.
        """
        ...

    async def image_data(self, generation: Generation, *, end: bool = False) -> bytes | None:
        """The bytes of the reference image, from the card; None where the card or image is gone. Raises PostError.

        end: those of the picture that the video ends with.
        """
        ...

    async def picture(self, address: str) -> bytes | None:
        """A file on Discord by its address; None where it is gone. Raises PostError."""
        ...

    async def video_data(self, generation: Generation, posted: PostedMessage) -> bytes | None:
        """The video in the message that shows it; None where the message or its file is gone, or has a link only.

        Raises PostError.
        """
        ...

    async def tell_join_failed(self, join: Join) -> None:
        """Tell the member who asked for a join, in that channel, that there is none. Raises PostError."""
        ...

    async def open_thread(self, generation: Generation, posted: PostedMessage) -> str:
        """Open a thread on a result, or find the existing one; returns its id. Raises PostError."""
        ...

    async def close_question(self, question: Question) -> None:
        """Replace the message of an answered question by what became of it, without buttons. Raises PostError."""
        ...

    async def message_status(self, channel_id: str, message_id: str) -> MessageStatus:
        """What became of a message of the bot; one that the bot may not read counts as there. Raises PostError."""
        ...

    async def place_gone(self, guild_id: str, posted: PostedMessage) -> bool:
        """Whether the channel or thread of a message was deleted. Raises PostError. Quick, and mostly without a request."""
        ...

    async def delete_message(self, channel_id: str, guild_id: str, message_id: str) -> None:
        """Delete a message of the bot; succeeds where it is already gone. Raises PostError."""
        ...
