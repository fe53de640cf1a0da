"""Tables of cases: every row in one test where a row is a call of a pure function, some rows only in `long` where it is a job.

Each item of pytest costs about ten milliseconds of a core over all of its processes, whatever it does. A hundred rows that each
take less than one are therefore one item.
"""

import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, cast

import pytest
from _pytest.mark.structures import ParameterSet

Test = Callable[..., Any]
Row = Any
# What `pytest.fail` raises is no Exception, nor is a group with one of them: that of a table within a table.
_FAILURES = (Exception, pytest.fail.Exception, BaseExceptionGroup)


def every_row(names: str | Collection[str], rows: Iterable[Row]) -> Callable[[Test], Test]:
    """As `pytest.mark.parametrize` of a test that returns at once, but one test for all rows.

    All rows are tried; an exception group has the failure of each that fails, with the row as its note. The rows share the
    fixtures. names: of the arguments that a row fills, in its order.
    """
    filled = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    table = [_values(row, len(filled)) for row in rows]
    assert table, "a table without a row proves nothing"

    def decorate(test: Test) -> Test:
        signature = inspect.signature(test)
        assert set(filled) <= set(signature.parameters), filled
        assert not inspect.iscoroutinefunction(test), "its rows would share what a coroutine leaves behind"

        @functools.wraps(test)
        def all_rows(*given: Any, **fixtures: Any) -> None:
            failures: list[BaseException] = []
            for row in table:
                try:
                    test(*given, **fixtures, **dict(zip(filled, row, strict=True)))
                except _FAILURES as error:
                    error.add_note(f"the row: {row!r}")
                    failures.append(error)
            if failures:
                raise BaseExceptionGroup(f"{len(failures)} of {len(table)} rows", failures)

        kept = [parameter for name, parameter in signature.parameters.items() if name not in filled]
        all_rows.__dict__["__signature__"] = signature.replace(parameters=kept)
        return all_rows

    return decorate


def _values(row: Row, count: int) -> tuple[Any, ...]:
    if isinstance(row, ParameterSet):
        return tuple(row.values)
    return tuple(row) if count > 1 else (row,)


def sampled(rows: Iterable[Row], quick: Collection[Row]) -> list[ParameterSet]:
    """Return all rows for `pytest.mark.parametrize`; those that are not in `quick` are `long`."""
    known = list(rows)
    assert all(row in known for row in quick), "a quick row that the table does not have"
    alone = cast("Sequence[tuple[Any, ...]]", [row if isinstance(row, tuple) else (row,) for row in known])
    marks = [() if row in quick else pytest.mark.long for row in known]
    return [pytest.param(*values, marks=mark) for values, mark in zip(alone, marks, strict=True)]


def selected(request: pytest.FixtureRequest, name: str) -> set[Any]:
    """Return the values of a parameter in the tests of this module that this run has selected."""
    here = [
        item
        for item in request.session.items
        if isinstance(item, pytest.Function) and cast("Any", item).module is cast("Any", request).module
    ]
    specs = [item.callspec.params for item in here if hasattr(item, "callspec")]
    return {params[name] for params in specs if name in params}
