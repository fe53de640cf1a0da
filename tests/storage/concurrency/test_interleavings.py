"""Whatever two processes do at the same moment, what holds is what would hold after one and then the other.

And every lock has a pair of calls that goes wrong without it. `EVERY_LOCK=1` leaves each lock out in turn, and stops after every
statement: some minutes. Otherwise one lock of each kind is left out.
"""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot.storage
from tests.storage.concurrency.interleaving import Bench, Site
from tests.storage.concurrency.pairs import NEEDS

EVERY = bool(os.environ.get("EVERY_LOCK"))
_ALL = [(name, site) for name, (_, sites) in NEEDS.items() for site in sorted(sites)]
WITHOUT = _ALL if EVERY else [*{what: (name, (where, what)) for name, (where, what) in reversed(_ALL)}.values()]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", NEEDS)
async def test_either_comes_first(bench: Bench, name: str) -> None:
    prepare, _ = NEEDS[name]
    await bench.run(prepare, every=EVERY)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("name", "site"), WITHOUT, ids=[f"{name}-{what}-{where}" for name, (where, what) in WITHOUT])
async def test_without_the_lock_it_goes_wrong(bench: Bench, name: str, site: Site) -> None:
    prepare, _ = NEEDS[name]
    bench.left_out.add(site)
    with pytest.raises(AssertionError):
        await bench.run(prepare, every=True)
    assert site in bench.met


def test_every_lock_has_a_pair_that_needs_it() -> None:
    proved = {site for _, sites in NEEDS.values() for site in sites}
    there = {site for module in Path(bot.storage.__file__).parent.rglob("*.py") for site in _sites(module)}
    assert there - proved == {("changes.close_grant", "guild")}, "and that one: a server's books, without exception"
    assert proved - there == set()


def _sites(module: Path) -> Iterator[Site]:
    """The locks in a module's functions, by what its source says."""
    if module.name in ("locks.py", "database.py") or module.parent.name in ("sqlite", "postgres"):
        return
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.AsyncFunctionDef)]
    inner = {id(one) for function in functions for one in ast.walk(function) if one is not function}
    for function in functions:
        if id(function) in inner:
            continue
        words = ast.unparse(function)
        marks = {
            "guild": ("locks.guild(", "lock_guild_of("),
            "operator": ("locks.OPERATOR",),
            "submit": ("locks.SUBMIT",),
            "rows": ("FOR NO KEY UPDATE", "locks.IN_ORDER", "_CONCERNED", "lock_generations("),
            "skip": ("SKIP LOCKED",),
            "state": ("AND state = 'reserved' AND lease_owner IS NULL RETURNING",),
        }
        for what, signs in marks.items():
            if any(sign in words for sign in signs):
                yield f"{module.stem}.{function.name}", what
