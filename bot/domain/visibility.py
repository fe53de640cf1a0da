"""Who may read which version: its author, and whoever can read the channel that it was asked in, now.

The one rule behind `/history`, Again, Remix, forms, replies, threads and cards. What may not be read is shown as "a version
in another place", and `hidden` takes everything out of it that could say more. Whether a member can read a channel is
Discord's to say, through `Readers`; a card is read by many, so what it says of another version follows from where both are.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.domain.generation import Generation
from bot.domain.result_status import may_be_visible, posted_message
from bot.domain.versions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A member who asks, with the roles that Discord has just named.

    here: channels that they are known to read at this moment, because they act there: nobody is asked about those.
    """

    guild_id: str
    member_id: str
    role_ids: frozenset[str] = frozenset()
    here: frozenset[str] = frozenset()


def places(version: Version) -> frozenset[str]:
    """The channels where it can be read: where it was asked, and where its video is posted, or is just being posted: members
    may see it there before that is recorded.
    """
    generation, post = version.generation, version.delivery
    if post is None or not may_be_visible(generation, post):
        return frozenset({generation.channel_id})
    return frozenset({generation.channel_id, post.channel_id})


def may_read(reader: Reader, version: Version, readable: Collection[str]) -> bool:
    """Whether the member may see it; readable: those of its places that they can read."""
    generation = version.generation
    if generation.guild_id != reader.guild_id:
        return False
    return generation.member_id == reader.member_id or not places(version).isdisjoint(readable)


def shown_to_all(version: Version, card: Generation) -> bool:
    """Whether everybody who reads the card of a generation can surely read this version too.

    Whoever reads a thread reads its channel, and whoever reads a channel reads its public threads; a private thread has
    itself as its channel (`Generation.parent_channel_id`). Two channels may have different readers.
    """
    old = version.generation
    if old.guild_id != card.guild_id:
        return False
    read = {card.channel_id, card.parent_channel_id or card.channel_id}
    posted = posted_message(old, version.delivery)
    below = posted is not None and posted.message_id == card.channel_id  # a thread has its message's id
    return below or not places(version).isdisjoint(read) or old.parent_channel_id in read


def hidden(version: Version) -> Version:
    """The version without all that is not everybody's to know: its place in the family is left."""
    bare = replace(
        version.generation,
        interaction_id="",
        channel_id="",
        member_id="",
        prompt="",
        family="",
        model="",
        seconds=0,
        price_micros=0,
        image=None,
        job_id=None,
        progress=None,
        video_url=None,
        video=None,
        fault=None,
        hold=None,
        card_message_id=None,
        parent_channel_id=None,
        draft_id=None,
    )
    return Version(generation=bare, elsewhere=True)
