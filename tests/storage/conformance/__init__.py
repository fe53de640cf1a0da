"""The suite that every store (`bot.ports.database.store.Store`) passes, whatever its database.

For another database: a subclass of `StoreConformance` in a test module, and there the fixtures `store` (an open, empty
store) and `audit` (a call that answers with the ledger's differences).
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from tests.storage.conformance.accepting import Accepting
from tests.storage.conformance.auditing import Auditing
from tests.storage.conformance.cards import Cards
from tests.storage.conformance.configuring import Configuring
from tests.storage.conformance.delivering import Delivering, Requeueing
from tests.storage.conformance.files import Files
from tests.storage.conformance.grant_lots import GrantLots
from tests.storage.conformance.granting import Granting, Resetting
from tests.storage.conformance.joining import Joining
from tests.storage.conformance.keeping import Forgetting, Keeping
from tests.storage.conformance.leases import Leases
from tests.storage.conformance.noticing import Noticing
from tests.storage.conformance.queueing import Queueing
from tests.storage.conformance.ruling import Ruling
from tests.storage.conformance.settling import Settling
from tests.storage.conformance.submitting import Submitting
from tests.storage.conformance.trying import Trying
from tests.storage.conformance.undoing import Undoing
from tests.storage.conformance.versioning import Drafting, Versioning
from tests.storage.life import Life, WholeStore


class StoreConformance(
    Accepting,
    Ruling,
    Configuring,
    Auditing,
    Granting,
    GrantLots,
    Resetting,
    Undoing,
    Queueing,
    Noticing,
    Submitting,
    Settling,
    Leases,
    Delivering,
    Requeueing,
    Trying,
    Cards,
    Keeping,
    Files,
    Forgetting,
    Versioning,
    Drafting,
    Joining,
):
    @pytest.fixture
    def life(self, store: WholeStore) -> Life:
        return Life(store)

    @pytest_asyncio.fixture(autouse=True, loop_scope="module")
    async def the_books_agree_after_every_test(
        self, store: WholeStore, audit: Callable[[], Awaitable[list[str]]]
    ) -> AsyncIterator[None]:
        yield
        assert await audit() == []
