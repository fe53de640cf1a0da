"""An accept whose commit nobody can tell of: the member is told that it failed, so nothing is made of it."""

from typing import Any

import pytest

from bot.domain.errors import StoreFault, StoreUnavailable
from bot.runtime import persist
from bot.storage.store import SqlStore
from bot.system.background import finish_background
from tests.usecases.test_pictures import Desk, desk, picture

__all__ = ["desk"]


@pytest.mark.parametrize("committed", [True, False])
async def test_what_may_have_been_accepted_is_not_sent_and_is_given_back_once_the_database_is_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    accept, withdraw = SqlStore.accept, SqlStore.withdraw
    monkeypatch.setattr(persist, "GAPS", (0.01, 0.01))
    unsettled, away = desk.requests._context.unsettled, [StoreUnavailable(StoreFault.UNAVAILABLE)] * 3

    async def unclear(store: SqlStore, *args: Any, **options: Any) -> None:
        if committed:
            await accept(store, *args, **options)
        raise StoreUnavailable(StoreFault.UNAVAILABLE, unclear=True)

    async def later(store: SqlStore, *args: Any, **options: Any) -> bool:
        assert len(unsettled) == 1  # not sent meanwhile
        if away:
            raise away.pop()
        return await withdraw(store, *args, **options)

    monkeypatch.setattr(SqlStore, "accept", unclear)
    monkeypatch.setattr(SqlStore, "withdraw", later)
    with pytest.raises(StoreUnavailable):
        await desk.ask(model="Strict", image=picture())
    assert len(unsettled) == 1
    await finish_background(20)
    assert not away
    assert unsettled == set()
    assert [job.state for job in desk.rows.generations()] == (["cancelled"] if committed else [])
    assert desk.rows.loose_ends() == []
    assert list(desk.folder.iterdir()) == []
