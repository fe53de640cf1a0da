"""The one rule of who may read which version, and what is left of one that may not be read."""

from dataclasses import fields, replace

from bot.domain.generation import Generation, Image, State, Video
from bot.domain.messages.delivery import DeliveryState
from bot.domain.versions.version import Version
from bot.domain.versions.visibility import Reader, hidden, may_read, places, shown_to_all
from tests.cogs.conftest import delivered, generation
from tests.tables import every_row

READER = Reader(guild_id="1", member_id="5")


def version(
    channel: str = "10", parent: str | None = None, member: str = "6", guild: str = "1", posted: str = ""
) -> Version:
    state = State.SUCCEEDED if posted else State.SUBMITTED
    made = generation(state, channel_id=channel, parent_channel_id=parent, member_id=member, guild_id=guild)
    return Version(
        generation=made, delivery=replace(delivered(), channel_id=posted, message_id="77") if posted else None
    )


def test_a_member_reads_their_own_and_what_is_where_they_can_read() -> None:
    assert may_read(READER, version(member="5"), [])
    assert may_read(READER, version(), ["10"])
    assert may_read(READER, version(posted="11"), ["11"])
    assert not may_read(READER, version(posted="11"), ["12"])
    assert not may_read(READER, version(guild="2", member="5"), ["10"])


def test_a_video_that_is_not_there_yet_or_was_taken_away_is_nowhere() -> None:
    gone = version(posted="11")
    assert gone.delivery
    queued = replace(gone.delivery, state=DeliveryState.QUEUED, attempts=0)
    for post in (replace(gone.delivery, message_id=None), queued):
        assert places(replace(gone, delivery=post)) == {"10"}


def test_a_video_that_is_just_being_posted_can_be_read_there_before_that_is_recorded() -> None:
    seen = version(posted="11")
    assert seen.delivery
    for state in (DeliveryState.SENDING, DeliveryState.QUEUED):  # the latter where the answer was lost
        under_way = replace(seen, delivery=replace(seen.delivery, state=state, message_id=None, attempts=1))
        assert places(under_way) == {"10", "11"}


@every_row(
    ("old", "card", "shown"),
    [
        (version("10"), version("10"), True),
        (version("10"), version("20", parent="10"), True),
        (version("20", parent="10"), version("10"), True),
        (version("20", parent="10"), version("21", parent="10"), True),
        (version("30", parent="30"), version("30", parent="30"), True),
        (version("30", parent="30", posted="10"), version("10"), True),
        (version("10", posted="10"), version("77"), True),
        (version("10"), version("11"), False),
        (version("30", parent="30"), version("10"), False),
        (version("30", parent="30"), version("20", parent="10"), False),
        (version("30", parent="30"), version("31", parent="31"), False),
        (version("10", guild="2"), version("10"), False),
        (version("30", parent="30", member="5"), version("10", member="5"), False),
    ],
)
def test_a_card_tells_of_a_version_only_where_all_its_readers_can_read_that(
    old: Version, card: Version, shown: bool
) -> None:
    assert shown_to_all(old, card.generation) is shown


def test_nothing_is_left_of_a_hidden_version_but_its_place_in_the_family() -> None:
    full = generation(
        State.SUCCEEDED,
        prompt="secret",
        image=Image(file="i.png", media_type="image/png"),
        end_image=Image(file="e.png", media_type="image/png"),
        shape_from_image=True,
        sound=True,
        avoid="rain",
        seed=7,
        estimate=True,
        video=Video(file="v.mp4", size=1, media_type="video/mp4", sha256="0"),
        card_message_id="9",
        parent_id="p",
        root_id="r",
        version=3,
        parent_channel_id="10",
        job_id="j",
        video_url="https://x",
        draft_id="d",
    )
    left = hidden(Version(generation=full, delivery=delivered()))
    assert (left.elsewhere, left.delivery, left.link) == (True, None, None)
    kept = {
        "id",
        "guild_id",
        "format",
        "orientation",
        "state",
        "accepted_at",
        "due_at",
        "parent_id",
        "root_id",
        "version",
        "locale",
    }
    for field in fields(Generation):
        value = getattr(left.generation, field.name)
        assert field.name in kept or not value or value == field.default or field.name.endswith("_at"), field.name
