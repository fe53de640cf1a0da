"""What stands in the audit log from before it kept facts is read as the text it is, and nothing in it stops a page."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.moderation.audit import AuditAction
from bot.domain.moderation.audit_facts import Fact, TextFact, ZoneFact
from bot.storage.database import Writing
from bot.storage.moderation.audit_facts import from_column, to_column
from bot.storage.store import SqlStore
from cogs._ui.wording import LANGUAGES, words
from cogs.moderation import audit_words
from tests.storage.conformance.auditing import FACTS
from tests.storage.life import Life
from tests.tables import every_row

ENGINES = ("sqlite", "postgresql")


KEPT = [fact for facts in FACTS.values() for fact in facts if fact]
PROSE = [
    *(
        "5 videos per day for everyone",
        "-1",
        "$2.50 per week",
        "#general, #videos",
        "每天 3 个视频",
        "\\",
        "null",
        "[]",
    ),
    *('{"kind": "zone", "zone": "UTC"}', '{"kind": "terms"}', "{", '"text"'),
]


@pytest.mark.parametrize("prose", PROSE)
async def test_a_row_of_an_earlier_version_reads_as_its_text_whatever_a_moderator_typed(
    store: SqlStore, life: Life, prose: str
) -> None:
    async def work(writing: Writing) -> None:
        await writing.execute(
            "INSERT INTO change (guild_id, at, actor_id, did, subject_id, before, after, reason)"
            " VALUES ('guild', 0, 'mod', 'setting', 'filter', '', ?, '')",
            (prose,),
        )

    await store.db.write(work)
    [line] = await store.changes("guild", None, before_id=None, limit=9)
    assert (line.action, line.before, line.after) == (AuditAction.SETTING, None, TextFact(text=prose))


@every_row("fact", KEPT)
def test_what_is_kept_is_json_and_keys_that_are_not_known_are_passed_over(fact: Fact) -> None:
    column = to_column(fact)
    if isinstance(fact, TextFact):
        assert column == fact.text
        return
    kept: dict[str, Any] = json.loads(column)
    assert column.startswith(" {")
    assert from_column(" " + json.dumps({**kept, "since": {"version": 99}})) == fact


@every_row("fact", [fact for fact in KEPT if not isinstance(fact, TextFact)])
@every_row("language", sorted(set(LANGUAGES.values())))
def test_a_fact_that_lacks_a_key_or_holds_another_value_is_shown_and_stops_nothing(fact: Fact, language: str) -> None:
    kept: dict[str, Any] = json.loads(to_column(fact))
    others: list[Any] = [None, "x", [], [1], {}, -1, 2**63 - 1, 10**40, 1e300]
    for key in kept:
        tried: list[dict[str, Any]] = [{name: kept[name] for name in kept if name != key}]
        tried += [{**kept, key: other} for other in others]
        for broken in tried:
            found = from_column(" " + json.dumps(broken))
            assert len(audit_words.value(words(language), found, 160)) <= 160


@pytest.mark.parametrize("broken", [" ", " {", " null", " []", " 1", ' "x"', ' {"kind": []}', " [" * 100_000])
def test_broken_json_is_shown_as_it_stands(broken: str) -> None:
    assert from_column(broken) == TextFact(text=broken.strip())


@given(st.text())
def test_no_column_stops_a_page(column: str) -> None:
    assert len(audit_words.value(words(), from_column(column), 160)) <= 160


def test_a_kind_of_a_later_version_is_shown_as_it_stands() -> None:
    assert from_column(' {"kind": "pause", "minutes": 5}') == TextFact(text='{"kind": "pause", "minutes": 5}')
    assert from_column(' {"kind": "zone", "zone": "UTC"}') == ZoneFact(zone="UTC")
