"""A failpoint kills only the process that was told to."""

import pytest

from bot.system import failpoints
from bot.system.failpoints import Failpoint, UnknownFailpoint


def test_without_being_armed_a_failpoint_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAILPOINT", Failpoint.POLL_CLAIMED)
    assert failpoints.arm(None) is None
    assert failpoints.arm("") is None
    for point in Failpoint:
        failpoints.reach(point)
    with pytest.raises(UnknownFailpoint, match="nowhere"):
        failpoints.arm("nowhere")
