"""Every edit of a server's settings, the one that undoes it, and what either refuses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.domain.moderation import settings_edits as edits
from bot.domain.moderation.guild_settings import Block, GuildSettings, Pause, Threads
from bot.domain.refusals.refusal import Refusal
from tests.tables import every_row

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
BLOCK = Block(member_id="1")
PLAIN = GuildSettings(guild_id="guild")
Edit = Callable[[GuildSettings], GuildSettings]


@every_row(
    ("edit", "inverse"),
    [
        (partial(edits.with_channel, channel_id="1"), partial(edits.without_channel, channel_id="1")),
        (partial(edits.with_family, family="Sora 2"), partial(edits.without_family, family="sora 2")),
        (partial(edits.with_term, term=" Bad  Thing "), partial(edits.without_term, term="bad thing")),
        (partial(edits.with_block, block=BLOCK, now=NOW), partial(edits.without_block, member_id="1", now=NOW)),
        (partial(edits.with_pause, pause=Pause(reason="late")), partial(edits.without_pause, now=NOW)),
        (
            partial(edits.with_limits, running=1, waiting=0, longest=8, dearest=0.5),
            partial(edits.with_limits, running=-1, waiting=-1, longest=-1, dearest=-1),
        ),
        (partial(edits.with_log_channel, channel_id="9"), partial(edits.with_log_channel, channel_id=None)),
        (partial(edits.with_threads, mode=Threads.ALWAYS), partial(edits.with_threads, mode=PLAIN.threads)),
        (partial(edits.with_spoiler, spoiler=True), partial(edits.with_spoiler, spoiler=False)),
        (
            partial(edits.with_channels, channel_ids=frozenset({"1"})),
            partial(edits.with_channels, channel_ids=frozenset()),
        ),
        (partial(edits.with_families, families=frozenset({"x"})), partial(edits.with_families, families=frozenset())),
    ],
)
def test_an_edit_changes_the_settings_and_its_inverse_undoes_it(edit: Edit, inverse: Edit) -> None:
    changed = edit(PLAIN)
    assert changed != PLAIN
    assert inverse(changed) == PLAIN


FULL = GuildSettings(
    guild_id="guild",
    channels=frozenset(map(str, range(edits.MOST_CHANNELS))),
    blocks=frozenset(Block(member_id=str(number)) for number in range(edits.MOST_BLOCKED)),
    terms=frozenset(f"term {number}" for number in range(edits.MOST_TERMS)),
)


@every_row(
    ("settings", "edit", "code"),
    [
        (FULL, partial(edits.with_channel, channel_id="new"), "too_many_channels"),
        (PLAIN, partial(edits.with_channels, channel_ids=FULL.channels | {"new"}), "too_many_channels"),
        (PLAIN, partial(edits.without_channel, channel_id="1"), "channel_not_listed"),
        (PLAIN, partial(edits.without_family, family="x"), "model_not_listed"),
        (PLAIN, partial(edits.with_term, term="..."), "term_empty"),
        (PLAIN, partial(edits.with_term, term="x" * (edits.LONGEST_TERM + 1)), "term_too_long"),
        (FULL, partial(edits.with_term, term="TÉRM 1"), "term_there"),
        (FULL, partial(edits.with_term, term="new"), "too_many_terms"),
        (PLAIN, partial(edits.without_term, term="x"), "term_unknown"),
        (FULL, partial(edits.with_block, block=BLOCK, now=NOW), "blocked_already"),
        (FULL, partial(edits.with_block, block=Block(member_id="new"), now=NOW), "too_many_blocked"),
        (PLAIN, partial(edits.without_block, member_id="1", now=NOW), "not_blocked"),
        (PLAIN, partial(edits.without_pause, now=NOW), "not_paused"),
        (
            edits.with_pause(PLAIN, Pause(until=NOW)),
            partial(edits.without_pause, now=NOW),
            "not_paused",
        ),
        *((PLAIN, partial(edits.with_limits, **{name: 0}), "limit_zero") for name in ("running", "longest", "dearest")),
    ],
)
def test_an_edit_that_must_not_be_done_says_why(settings: GuildSettings, edit: Edit, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        edit(settings)
    assert refusal.value.code == code


def test_what_is_there_already_stays_also_where_the_list_is_full() -> None:
    assert edits.with_channel(FULL, "1") == FULL
    assert edits.with_zone(PLAIN, "UTC", NOW) is PLAIN


def test_a_block_that_has_ended_is_none_and_one_that_holds_gets_a_new_end_and_keeps_its_reason() -> None:
    timed = edits.with_block(PLAIN, Block(member_id="1", until=NOW + timedelta(hours=1), reason="spam"), now=NOW)
    assert edits.with_block(timed, BLOCK, now=NOW).block_of("1") == Block(member_id="1", reason="spam")
    later = NOW + timedelta(hours=1)
    with pytest.raises(Refusal, match="not_blocked"):
        edits.without_block(timed, "1", now=later)
    assert edits.with_block(timed, BLOCK, now=later).block_of("1") == BLOCK
    assert edits.with_block(timed, Block(member_id="2"), now=later).blocks == {Block(member_id="2")}


def test_only_the_limits_that_are_named_change_and_a_price_is_never_nothing() -> None:
    some = edits.with_limits(PLAIN, running=2, dearest=0.5)
    assert edits.with_limits(some, waiting=0) == edits.with_limits(PLAIN, running=2, waiting=0, dearest=0.5)
    assert edits.with_limits(PLAIN, dearest=1e-9).dearest == 1


def test_a_zone_changes_so_often_within_the_longest_window_and_then_not_until_that_is_over() -> None:
    settings = PLAIN
    for number in range(edits.MOST_ZONE_CHANGES):
        settings = edits.with_zone(settings, ["Europe/Berlin", "Asia/Tokyo"][number % 2], NOW + timedelta(hours=number))
    with pytest.raises(Refusal, match="timezone_too_often"):
        edits.with_zone(settings, "UTC", NOW + timedelta(days=30))
    assert edits.with_zone(settings, "UTC", NOW + timedelta(days=32)).zone == "UTC"


def test_a_zone_is_found_however_it_is_typed() -> None:
    assert edits.zone_named(" new york ".replace("new", "america/new")) == "America/New_York"
    assert edits.zones()[0] == "UTC"
    with pytest.raises(Refusal, match="timezone_unknown"):
        edits.zone_named("Mars/Olympus")
