"""Databases of the time before 1.0.0 whose `user_version` is not the number of their newest migration.

While several migrations were written at the same time, some code had a higher number before it had the lower ones, and
counted what it had: its `user_version` 7 is 0001 to 0006 and 0010. Such a database is known by its tables and columns, and
is given the migrations that it lacks.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing

# The highest number that some code had, and the numbers below it that it lacked.
GAPS: Sequence[tuple[int, tuple[int, ...]]] = (
    (10, (7, 8, 9)),
    (10, (7, 8)),
    (10, (8,)),
    (13, (12,)),
    (14, (12, 13)),
    (15, (12, 13, 14)),
    (15, (12, 13)),
    (15, (13,)),
    (16, (12, 13, 14, 15)),
    (17, (12, 13, 14, 15, 16)),
    (17, (13, 16)),
    (17, (16,)),
    (19, (18,)),
    (20, (18, 19)),
    (23, (22,)),
    (26, (22, 23, 24, 25)),
    (26, (24, 25)),
    (26, (24,)),
)
# Of migration 0025: databases from before it may have it or not.
_EITHER = "generation_unanswered"


def lacking(connection: sqlite3.Connection, version: int, scripts: Sequence[str]) -> tuple[int, ...]:
    """Return the migrations that a database lacks below its highest one; none in all but a few. It notes no checksums.

    connection: the database, whose highest migration is `version` and as many more as it lacks. scripts: all migrations.
    """
    found = _shape(connection)
    for missing in ((), *(missing for highest, missing in GAPS if highest - len(missing) == version)):
        highest = version + len(missing)
        if highest <= len(scripts) and found == shape_of(highest, missing, scripts):
            return missing
    return ()


def shape_of(highest: int, missing: Sequence[int], scripts: Sequence[str]) -> set[tuple[str, str]]:
    """Return the columns and indexes of a database that has the migrations up to `highest` but for those `missing`."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for number, script in enumerate(scripts[:highest], start=1):
            if number not in missing:
                connection.executescript(script)
        return _shape(connection)


def _shape(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    columns = connection.execute(
        "SELECT one.name, two.name FROM sqlite_schema AS one, pragma_table_info(one.name) AS two WHERE one.type = 'table'"
    )
    indexes = connection.execute("SELECT tbl_name, name FROM sqlite_schema WHERE type = 'index'")
    return {(str(table), str(name)) for table, name in [*columns, *indexes] if name != _EITHER}
