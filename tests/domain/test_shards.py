"""The shards of a process, as its command line names them."""

import pytest

from bot.domain.processes.shards import Shards
from tests.errors import unusable
from tests.tables import every_row


@pytest.mark.parametrize(
    ("given", "ids", "of"),
    [("0-1/4", [0, 1], 4), ("3-3/4", [3], 4), ("2/4", [2], 4), ("0-0/1", [0], 1), (" 1-2/3 ", [1, 2], 3)],
)
def test_a_range_of_shards_is_read(given: str, ids: list[int], of: int) -> None:
    shards = Shards.parse(given)
    assert (list(shards.ids), shards.of) == (ids, of)
    assert Shards.parse(str(shards)) == shards


@every_row("given", ["", "1", "0-1", "0-1/", "a-b/c", "-1/4", "0-1/4/8", "0..1/4", "٠-١/٤", "0-1/99999999"])
def test_what_is_no_range_is_said_in_one_sentence(given: str) -> None:
    assert unusable(lambda: Shards.parse(given)) == f"--shards is a range such as 0-1/4, not {given!r}"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("1-0/4", "the shards of 4 are 0 to 3"),
        ("0-4/4", "the shards of 4 are 0 to 3"),
        ("4/4", "the shards of 4 are 0 to 3"),
        ("0-0/0", "there are 1 to 16000 shards"),
        ("0-1/99999", "there are 1 to 16000 shards"),
    ],
)
def test_a_range_that_discord_does_not_have_is_refused(given: str, reason: str) -> None:
    assert unusable(lambda: Shards.parse(given)).startswith(f"--shards {given}: {reason}")


def test_a_server_belongs_to_the_shard_that_discord_says() -> None:
    assert [Shards.all_of(4).shard_of(str(one << 22)) for one in (0, 1, 5, 7)] == [0, 1, 1, 3]
