"""Who may read which version: its author, and everyone who can read the channel it was requested in, at this moment.

This is the one rule behind `/history`, Again, Remix, forms, replies, threads and cards. A version that the reader may
not read is shown as "a version in another place"; `hidden` removes everything else from it. Discord decides whether a
member can read a channel (the `Readers` port). A card has many readers, so what it shows of another version depends
only on the channels of both (`shown_to_all`).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.domain.generation import Generation
from bot.domain.messages.result_status import may_be_visible, posted_message
from bot.domain.requests.origins import NOTHING_TAKEN
from bot.domain.versions.version import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A member who wants to read something, with their current roles from Discord.

    here: channels that they certainly can read now, because they act there; Discord is not asked about these.
    """

    guild_id: str
    member_id: str
    role_ids: frozenset[str] = frozenset()
    here: frozenset[str] = frozenset()


def places(version: Version) -> frozenset[str]:
    """The channels where a version can be read: where it was requested, and where its video is posted or being posted.

    Members may see a post before it is recorded.
    """
    generation, post = version.generation, version.delivery
    if post is None or not may_be_visible(generation, post):
        return frozenset({generation.channel_id})
    return frozenset({generation.channel_id, post.channel_id})


def may_read(reader: Reader, version: Version, readable: Collection[str]) -> bool:
    """Whether the member may read it. readable: those of its `places` that they can read."""
    generation = version.generation
    if generation.guild_id != reader.guild_id:
        return False
    return generation.member_id == reader.member_id or not places(version).isdisjoint(readable)


def shown_to_all(version: Version, card: Generation) -> bool:
    """Whether everyone who can read the card of a generation can certainly read this version too.

    Everyone who reads a thread can read its channel, and everyone who reads a channel can read its public threads. A
    private thread counts as its own channel (`Generation.parent_channel_id`). Two channels may have different readers.
    """
    old = version.generation
    if old.guild_id != card.guild_id:
        return False
    read = {card.channel_id, card.parent_channel_id or card.channel_id}
    posted = posted_message(old, version.delivery)
    below = posted is not None and posted.message_id == card.channel_id  # a thread has its message's id
    return below or not places(version).isdisjoint(read) or old.parent_channel_id in read


def hidden(version: Version) -> Version:
    """The version without everything that the reader may not know; only its place in the family is left."""
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
        estimate=False,
        image=None,
        end_image=None,
        shape_from_image=False,
        sound=None,
        avoid=None,
        seed=None,
        style=None,
        origins=NOTHING_TAKEN,
        job_id=None,
        progress=None,
        video_url=None,
        video=None,
        fault=None,
        hold=None,
        card_message_id=None,
        parent_channel_id=None,
        draft_id=None,
        continues_id=None,
        joined=(),
    )
    return Version(generation=bare, elsewhere=True)
