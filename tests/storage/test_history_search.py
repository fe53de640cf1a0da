"""`/history` finds words whatever their case and script, and combines its filters; what it is about is kept and erased."""

from dataclasses import replace

import pytest

from bot.domain.generation import Image
from bot.domain.messages.delivery import LOST
from bot.domain.versions.history import HistoryQuery, KeptQuery
from bot.storage.store import SqlStore
from bot.storage.versions import history
from tests.storage.life import START, Life, terms

ENGINES = ("sqlite", "postgresql")

PROMPTS = ("A CAT on a roof", "a caterpillar at night", "Кошка НОЧЬЮ", "夜里的猫", "100% wool_yarn", "Ｃａｆé")


async def found(store: SqlStore, query: HistoryQuery, *, skip: int = 0, limit: int = 9) -> list[str]:
    page, count = await store.search_history("guild", "ann", query, skip=skip, limit=limit)
    if not skip and limit == 9:
        assert count == len(page)
    return [one.generation.prompt for one in page]


@pytest.mark.parametrize(
    ("find", "expected"),
    [
        ("cat", (1, 0)),
        ("ROOF cat", (0,)),
        ("кошка", (2,)),
        ("ночью КОШКА", (2,)),
        ("猫 夜里", (3,)),
        ("%", (4,)),
        ("_y", (4,)),
        ("L_Y", (4,)),
        ("wool-yarn", ()),
        ("CAFE\u0301", (5,)),
        ("cat dog", ()),
    ],
)
async def test_all_words_occur_whatever_their_case_and_nothing_is_a_wildcard(
    store: SqlStore, life: Life, find: str, expected: tuple[int, ...]
) -> None:
    for prompt in PROMPTS:
        await store.accept(replace(life.new(), accepted_at=life.later(seconds=1), prompt=prompt), terms(), now=life.now)
    await store.accept(replace(life.new(member="bob"), prompt="the cat of bob"), terms(), now=life.now)
    assert await found(store, HistoryQuery(find=find)) == [PROMPTS[number] for number in expected]


async def test_filters_hold_together_and_pages_are_in_order_past_many_rows(
    store: SqlStore, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "AT_ONCE", 20)
    for number in range(60):
        family = "Wan" if number % 3 else "Sora 2"
        new = replace(life.new(), accepted_at=life.later(milliseconds=1), prompt=f"cat {number}", family=family)
        await store.accept(new, terms(), now=life.now)
    everything, count = await store.search_history("guild", "ann", HistoryQuery(find="CAT"), skip=58, limit=5)
    assert ([one.generation.prompt for one in everything], count) == (["cat 1", "cat 0"], 60)
    both = HistoryQuery(find="cat 5", families=frozenset({"Sora 2"}))
    assert await found(store, both, limit=3) == ["cat 57", "cat 54", "cat 51"]
    assert await store.families_made("guild", "ann", limit=5) == ["Wan", "Sora 2"]
    assert await store.families_made("other", "ann", limit=5) == []


async def test_failed_and_pictured_are_what_they_say(store: SqlStore, life: Life) -> None:
    await life.undeliverable()
    failed = await life.failed()
    lost, claim = await life.posting()
    await store.give_up_delivery(f"d-{lost.id}", claim, why=LOST, now=life.now)
    pictured = await life.accept(life.new(image=Image(file="a.png", media_type="image/png")))
    found = [
        [one.generation.id for one in (await store.search_history("guild", "ann", query, skip=0, limit=9))[0]]
        for query in (HistoryQuery(failed=True), HistoryQuery(pictured=True), HistoryQuery(failed=True, pictured=True))
    ]
    assert found == [[lost.id, failed.id], [pictured.id], []]


async def test_what_a_page_is_about_is_kept_expires_and_is_erased_with_its_member(store: SqlStore) -> None:
    query = HistoryQuery(find="夜", families=frozenset({"Wan"}), failed=True, pictured=True)
    kept = KeptQuery(id="1a", guild_id="guild", member_id="ann", query=query, made_at=START)
    await store.keep_query(kept)
    await store.keep_query(replace(kept, id="1b", member_id="bob"))
    assert await store.kept_query("1a") == kept
    await store.forget("ann")
    assert (await store.kept_query("1a"), (await store.kept_query("1b")) is not None) == (None, True)
    await store.forget_queries(made_before=START.replace(year=2027))
    assert await store.kept_query("1b") is None
