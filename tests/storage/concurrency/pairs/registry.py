"""The pairs of calls that two processes may make at the same moment: each with what must hold, and with the locks without
which it fails."""

from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any

from bot.domain.generation import Generation
from bot.domain.quota.limits import Limit
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.storage.store import SqlStore
from tests.storage.concurrency.interleaving import Scenario, Site
from tests.storage.life import Life, terms

NEEDS: dict[str, tuple[Scenario, frozenset[Site]]] = {}
Check = Callable[[Any, Any], Awaitable[None] | None]


def pair(*needs: str) -> Callable[[Scenario], Scenario]:
    """Register a pair. needs: `module.function: lock`, each of which the pair fails without."""

    def register(prepare: Scenario) -> Scenario:
        sites = [need.split(": ") for need in needs]
        NEEDS[prepare.__name__] = prepare, frozenset((function, what) for function, what in sites)
        return prepare

    return register


def refused(outcome: Any, code: RefusalCode | None = None) -> bool:
    return isinstance(outcome, Refusal) and (code is None or outcome.code is code)


def one_of(*outcomes: Any) -> None:
    """One call has a result, the other was refused or has none."""
    assert sum(not isinstance(outcome, Exception) and bool(outcome) for outcome in outcomes) == 1


def accept(
    store: SqlStore, life: Life, new: Generation, *limits: Limit, roles: Collection[str] = ()
) -> Callable[[], Any]:
    return partial(store.accept, new, terms(*limits, roles=roles), now=life.now)


def after(check: Callable[..., Awaitable[None]], *about: Any, **how: Any) -> Check:
    """Return a check that looks at the database, whatever the two calls have returned."""

    def checked(_one: Any, _other: Any) -> Awaitable[None]:
        return check(*about, **how)

    return checked


def no_fault(*outcomes: Any) -> None:
    """Both calls have ended as if they had been alone."""
    assert not any(isinstance(outcome, Exception) for outcome in outcomes)
