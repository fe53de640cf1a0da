"""How the tests are dealt to the workers: none is lost, and those that wait come first."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.conftest import WAITING, pytest_collection_modifyitems


def dealt(names: list[str], **config: Any) -> list[str]:
    items: list[Any] = [SimpleNamespace(nodeid=name, path=Path(name.partition("::")[0])) for name in names]
    pytest_collection_modifyitems(cast("Any", SimpleNamespace(**config)), items)
    return [item.nodeid for item in items]


def named(folder: str, files: int, each: int) -> list[str]:
    return [f"tests/{folder}/test_{file}.py::test_{number}" for file in range(files) for number in range(each)]


@pytest.mark.parametrize("workers", [1, 2, 7, 50])
@pytest.mark.parametrize(("waiting", "others"), [(0, 0), (0, 5), (5, 0), (9, 40), (40, 9)])
def test_every_test_is_dealt_once(workers: int, waiting: int, others: int) -> None:
    names = [*named("domain", others, 3), *named("process", waiting, 2)]
    assert sorted(dealt(names, workerinput={"workercount": workers})) == sorted(names)


def test_the_stretch_of_each_worker_begins_with_whole_files_of_tests_that_wait() -> None:
    names = [*named("domain", 10, 4), *named("process", 8, 5)]
    order = dealt(names, workerinput={"workercount": 4})
    for worker in range(4):
        stretch = order[worker * 20 : (worker + 1) * 20]
        assert [name.startswith(WAITING) for name in stretch] == [True] * 10 + [False] * 10
        assert len({name.partition("::")[0] for name in stretch[:10]}) == 2


def test_without_workers_those_that_wait_are_the_first() -> None:
    names = [*named("domain", 2, 1), *named("process", 2, 1)]
    assert dealt(names) == names[2:] + names[:2]
