"""A write is whole or absent, whichever of its statements fails."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.domain.generation import Generation
from bot.domain.messages.delivery import Try
from bot.domain.moderation.audit import AuditAction
from bot.domain.moderation.confirmation import Confirmation
from bot.domain.moderation.guild_settings import ZoneChange
from bot.domain.moderation.reports import Report
from bot.domain.quota.ledger import Resolution
from bot.domain.quota.rules import Subject
from bot.storage.store import SqlStore
from tests.conftest import POSTGRESQL_LONG
from tests.process.database import Rows
from tests.storage.everything import REFUSED, dump
from tests.storage.life import POSTED, VIDEO, Life, at_most

ENGINES = POSTGRESQL_LONG
Act = Callable[[], Awaitable[object]]


async def accepting(store: SqlStore, life: Life) -> Act:
    return life.accept


async def cancelling(store: SqlStore, life: Life) -> Act:
    job = await life.accept()
    return lambda: store.cancel(job.id, now=life.now)


async def failing(store: SqlStore, life: Life) -> Act:
    job, claim = await life.polling()
    return lambda: store.fail(job.id, claim, fault="lost", detail="", resolution=Resolution.BILLED, now=life.now)


async def succeeding(store: SqlStore, life: Life) -> Act:
    job, claim = await life.fetching()
    return lambda: store.succeed(job.id, claim, VIDEO, delivery_id="d", now=life.now)


async def sent(store: SqlStore, life: Life) -> Act:
    job, claim = await life.succeeded(), life.claim()
    await store.claim_delivery(claim, now=life.now)
    return lambda: store.record_sent(f"d-{job.id}", claim, POSTED, now=life.now)


async def covering(store: SqlStore, life: Life) -> Act:
    await life.grant(1)
    await life.accept(limits=[at_most(1)])
    return lambda: life.accept(limits=[at_most(1)])


async def returning(store: SqlStore, life: Life) -> Act:
    job = await (await covering(store, life))()
    assert isinstance(job, Generation)
    return lambda: store.cancel(job.id, now=life.now)


async def ruling(store: SqlStore, life: Life) -> Act:
    return lambda: life.set_rule(Subject.EVERYONE, 5)


async def unruling(store: SqlStore, life: Life) -> Act:
    rule = await life.set_rule(Subject.EVERYONE, 5)
    return lambda: life.remove_rule(rule)


async def granting(store: SqlStore, life: Life) -> Act:
    return lambda: life.grant(3)


async def taking(store: SqlStore, life: Life) -> Act:
    await life.grant(3)
    return lambda: life.grant(-2)


async def resetting(store: SqlStore, life: Life) -> Act:
    await life.succeeded()
    return life.reset


async def configuring(store: SqlStore, life: Life) -> Act:
    zones = (ZoneChange(life.now, "Europe/Berlin"),)
    return lambda: life.configure(lambda old: replace(old, spoiler=True, terms=frozenset({"x"}), zones=zones))


async def removing(store: SqlStore, life: Life) -> Act:
    act = await sent(store, life)
    await act()
    change = life.change(action=AuditAction.RESULT_REMOVED)
    [row] = await store.db.read("SELECT generation_id FROM delivery")
    return lambda: store.remove_result(row["generation_id"], change, now=life.now)


async def removing_unsent(store: SqlStore, life: Life) -> Act:
    job = await life.accept()
    return lambda: store.remove_unposted(job.id, life.change(action=AuditAction.RESULT_REMOVED), now=life.now)


async def removing_unposted(store: SqlStore, life: Life) -> Act:
    job = await life.submitted()
    return lambda: store.remove_unposted(job.id, life.change(action=AuditAction.RESULT_REMOVED), now=life.now)


async def reporting(store: SqlStore, life: Life) -> Act:
    job = await life.posted()
    return lambda: store.report(Report(generation_id=job.id, guild_id="guild", reporter_id="bob", at=life.now))


async def settling_reports(store: SqlStore, life: Life) -> Act:
    act = await reporting(store, life)
    await act()
    [row] = await store.db.read("SELECT generation_id FROM report")
    return lambda: store.settle_reports(row["generation_id"], "mod")


async def versioning(store: SqlStore, life: Life) -> Act:
    first = await life.accept()
    return lambda: life.version(first)


async def requeueing(store: SqlStore, life: Life) -> Act:
    job = await life.undeliverable()
    return lambda: store.requeue(job.id, channel_id="elsewhere", now=life.now)


async def drafting(store: SqlStore, life: Life) -> Act:
    draft = life.draft(prompt="a cat")
    return lambda: store.keep_draft(draft)


async def redrafting(store: SqlStore, life: Life) -> Act:
    act = await drafting(store, life)
    await act()
    [row] = await store.db.read("SELECT id FROM draft")
    return lambda: store.fill_draft(life.draft(id=row["id"], prompt="a dog"))


async def trying(store: SqlStore, life: Life) -> Act:
    job, claim = await life.succeeded(), life.claim()
    await store.claim_delivery(claim, now=life.now)
    tried = Try(delivery_id=f"d-{job.id}", channel_id="channel", after_id="1", last_at=life.now)
    return lambda: store.record_try(claim, tried)


async def settling_tries(store: SqlStore, life: Life) -> Act:
    job, claim = await life.succeeded(), life.claim()
    await store.claim_delivery(claim, now=life.now)
    tries = [Try(delivery_id=f"d-{job.id}", channel_id=place, after_id="1") for place in ("channel", "elsewhere")]
    for tried in tries:
        await store.record_try(claim, tried)
    return lambda: store.settle_tries(f"d-{job.id}", claim, tries)


def to_confirm(life: Life) -> Confirmation:
    return Confirmation(
        id="c", guild_id="guild", actor_id="mod", subject_id="ann", reason="", role_ids=frozenset(), made_at=life.now
    )


async def confirming(store: SqlStore, life: Life) -> Act:
    await store.keep_confirmation(to_confirm(life))
    return lambda: store.take_confirmation("guild", "c", made_after=life.now)


async def forgetting(store: SqlStore, life: Life) -> Act:
    await life.failed()
    await store.keep_draft(life.draft(prompt="a cat"))
    await store.keep_confirmation(to_confirm(life))
    return lambda: store.forget("ann")


WRITTEN = [
    (accepting, ("INSERT ON generation", "INSERT ON reservation")),
    (accepting, ("INSERT ON balance", "INSERT ON entry")),
    (cancelling, ("UPDATE ON generation", "UPDATE ON reservation", "UPDATE ON balance", "INSERT ON entry")),
    (failing, ("UPDATE ON generation", "UPDATE ON reservation", "UPDATE ON balance", "INSERT ON entry")),
    (succeeding, ("UPDATE ON generation", "UPDATE ON reservation", "UPDATE ON balance", "INSERT ON entry")),
    (succeeding, ("INSERT ON delivery",)),
    (sent, ("UPDATE ON delivery", "UPDATE ON generation")),
    (covering, ("UPDATE ON grant_balance", "INSERT ON grant_entry", "INSERT ON entry")),
    (returning, ("UPDATE ON grant_balance", "INSERT ON grant_entry", "INSERT ON entry")),
    (ruling, ("INSERT ON rule", "INSERT ON change")),
    (unruling, ("DELETE ON rule", "INSERT ON change")),
    (granting, ("UPDATE ON grant_balance", "INSERT ON grant_entry", "INSERT ON change")),
    (taking, ("UPDATE ON grant_balance", "INSERT ON grant_entry", "INSERT ON change")),
    (resetting, ("INSERT ON reset_entry", "UPDATE ON balance", "INSERT ON change")),
    (configuring, ("INSERT ON guild_setting", "INSERT ON guild_item", "INSERT ON zone_change", "INSERT ON change")),
    (removing, ("UPDATE ON delivery", "INSERT ON change", "INSERT ON removal")),
    (removing_unsent, ("UPDATE ON generation", "UPDATE ON reservation", "UPDATE ON balance", "INSERT ON entry")),
    (removing_unsent, ("INSERT ON removal", "INSERT ON change")),
    (removing_unposted, ("UPDATE ON generation", "INSERT ON removal", "INSERT ON change")),
    (reporting, ("INSERT ON report", "INSERT ON report_case")),
    (settling_reports, ("UPDATE ON report", "UPDATE ON report_case")),
    (versioning, ("INSERT ON generation", "INSERT ON reservation", "UPDATE ON balance", "INSERT ON entry")),
    (requeueing, ("UPDATE ON delivery",)),
    (drafting, ("INSERT ON draft",)),
    (redrafting, ("UPDATE ON draft",)),
    (trying, ("INSERT ON post_try",)),
    (settling_tries, ("DELETE ON post_try",)),
    (confirming, ("DELETE ON confirmation",)),
    (forgetting, ("DELETE ON draft", "INSERT ON forgotten", "INSERT ON forgetting", "DELETE ON confirmation")),
]


@pytest.mark.parametrize(
    ("prepare", "where"),
    [pytest.param(step, part, id=f"{step.__name__}: {part}") for step, parts in WRITTEN for part in parts],
)
async def test_where_one_statement_of_a_write_fails_nothing_at_all_has_changed(
    store: SqlStore,
    life: Life,
    rows: Rows,
    audit: Callable[[], Awaitable[list[str]]],
    prepare: Callable[[SqlStore, Life], Awaitable[Act]],
    where: str,
) -> None:
    act = await prepare(store, life)
    before = dump(rows)
    if store.shared:
        trouble = "FOR EACH ROW EXECUTE FUNCTION refuse('the disk is full')"
    else:
        trouble = "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    rows.change(f"CREATE TRIGGER trouble AFTER {where} {trouble}")
    try:
        with pytest.raises(REFUSED, match="the disk is full"):
            await act()
        assert dump(rows) == before
    finally:
        rows.change(f"DROP TRIGGER trouble ON {where.partition(' ON ')[2]}" if store.shared else "DROP TRIGGER trouble")
    await act()
    assert dump(rows) != before
    assert await audit() == []
