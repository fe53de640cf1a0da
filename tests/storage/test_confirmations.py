"""What a moderator is asked to confirm is taken once, and not kept for ever."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.moderation.audit import Actor
from bot.domain.moderation.confirmation import CONFIRMATIONS_KEPT, Confirmation
from bot.domain.refusals.refusal import Refusal
from bot.storage.store import SqlStore
from bot.usecases.moderation.quotas import Quotas
from tests.model.outside import Outside
from tests.storage.life import Life

ENGINES = ("sqlite", "postgresql")

BY = Actor(guild_id="guild", actor_id="mod", reason="a good one")
ROLES = frozenset({"7", "8"})


def quotas_of(store: SqlStore, life: Life) -> Quotas:
    """The use case on a real store, at a time that can be moved."""

    class Now:
        def now(self) -> datetime:
            return life.now

    class Fresh:
        def new(self) -> str:
            return life.fresh("confirmation")

    return Quotas(replace(Outside().world(store, life.now), clock=Now(), ids=Fresh()))


async def rows(store: SqlStore) -> int:
    return len(await store.db.read("SELECT id FROM confirmation"))


async def test_of_many_presses_at_once_one_takes_a_confirmation(store: SqlStore, life: Life) -> None:
    quotas = quotas_of(store, life)
    asked = await quotas.request_confirmation(BY, "ann", ROLES)
    with pytest.raises(Refusal, match="draft_gone"):
        await quotas.take_confirmation("another server", asked)
    took = await asyncio.gather(*(quotas.take_confirmation("guild", asked) for _ in range(8)), return_exceptions=True)
    [taken] = [one for one in took if isinstance(one, Confirmation)]
    assert taken == Confirmation(
        id=asked,
        guild_id="guild",
        actor_id="mod",
        subject_id="ann",
        reason="a good one",
        role_ids=ROLES,
        made_at=life.now,
    )
    assert {one.code for one in took if isinstance(one, Refusal)} == {"draft_gone"}
    assert await rows(store) == 0


async def test_a_confirmation_expires_and_is_removed(store: SqlStore, life: Life) -> None:
    quotas = quotas_of(store, life)
    old = await quotas.request_confirmation(BY, "ann", ROLES)
    life.later(seconds=CONFIRMATIONS_KEPT.total_seconds())
    assert (await quotas.take_confirmation("guild", old)).id == old
    late = await quotas.request_confirmation(BY, "ann", ROLES)
    life.later(seconds=CONFIRMATIONS_KEPT.total_seconds(), milliseconds=1)
    fresh = await quotas.request_confirmation(BY, "ann", ROLES)
    with pytest.raises(Refusal, match="draft_gone"):
        await quotas.take_confirmation("guild", late)
    await store.forget_confirmations(made_before=life.now - CONFIRMATIONS_KEPT)
    assert [row["id"] for row in await store.db.read("SELECT id FROM confirmation")] == [fresh]


@pytest.mark.parametrize(("who", "left"), [("ann", 1), ("mod", 1), ("bob", 1), ("eve", 2)])
async def test_a_member_who_is_forgotten_leaves_no_confirmation(
    store: SqlStore, life: Life, who: str, left: int
) -> None:
    for number, (actor, subject) in enumerate((("mod", "ann"), ("bob", "bob"))):
        one = Confirmation(
            id=str(number),
            guild_id="guild",
            actor_id=actor,
            subject_id=subject,
            reason="why",
            role_ids=frozenset(),
            made_at=life.now,
        )
        await store.keep_confirmation(one)
    await store.forget(who)
    assert await rows(store) == left


def test_drafts_that_lay_about_for_ever_are_gone_after_the_upgrade() -> None:
    script = (Path(__file__).parents[2] / "bot/storage/sqlite/migrations/0008_drafts_and_spoilers.sql").read_text()
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(
            "CREATE TABLE value (name TEXT PRIMARY KEY, value TEXT); CREATE TABLE generation (id); CREATE TABLE draft (id);"
            "INSERT INTO value VALUES ('quota-draft:a', '[]'), ('quota-draft:b', ''), ('commands', 'x');"
        )
        db.executescript(script)
        assert db.execute("SELECT name FROM value").fetchall() == [("commands",)]


async def test_of_two_who_delete_a_result_one_is_told_that_it_was_gone(store: SqlStore, life: Life) -> None:
    job = await life.posted()
    removed = await asyncio.gather(*(store.remove_result(job.id, None, now=life.now) for _ in range(3)))
    assert sorted(removed) == [False, False, True]
