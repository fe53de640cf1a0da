"""Named points at which the process can be made to die: each one between a stored state and a call, or the reverse.

`FAILPOINT=name` in the environment of `sora-bot run` kills the process with SIGKILL the first time it reaches that
point, `FAILPOINT=name:3` the third time: without cleanup or message, like a power cut. Nothing else enables one.
Disabled, a failpoint is one comparison. What must hold after each is in `tests/process/test_failpoints.py`.
"""

import os
import re
import signal
from dataclasses import dataclass
from enum import StrEnum


class Failpoint(StrEnum):
    """Each is named after the step just done.

    The comment gives that step, and after the arrow the next one, which has not happened.
    """

    START_VOIDED = "start.voided"  # the leases of the process before are void → the loops start
    ACCEPT_IMAGE_KEPT = "accept.image_kept"  # the image lies in the media folder → the accept is stored
    ACCEPT_COMMITTED = "accept.committed"  # quota reserved → the card is sent
    CARD_ANSWERED = "card.answered"  # Discord has the card → its message id is stored
    CARD_SHOWN = "card.shown"  # its id is stored → the job may be claimed
    CANCEL_COMMITTED = "cancel.committed"  # cancelled → the button press gets its response
    SUBMIT_CLAIMED = "submit.claimed"  # the intent is stored → the paid request
    SUBMIT_ANSWERED = "submit.answered"  # UniAll has responded → UniAll's id is stored
    SUBMIT_RECORDED = "submit.recorded"  # its id is stored → the log channel, the poll
    SUBMIT_RELEASED = "submit.released"  # refused for now, back in the queue → the operator is told
    SUBMIT_MOVED = "submit.moved"  # its model is gone, back in the queue with another → the card
    SUBMIT_FAILED = "submit.failed"  # refused for good, quota given back → the card
    SUBMIT_UNCLEAR = "submit.unclear"  # in doubt, stored → UniAll's list is searched
    RECONCILE_LISTED = "reconcile.listed"  # UniAll's list is here → found or failed
    RECONCILE_FOUND = "reconcile.found"  # found, its id is stored → the poll
    RECONCILE_FAILED = "reconcile.failed"  # not found, quota given back → the operator and the card
    POLL_CLAIMED = "poll.claimed"  # leased → the status request
    POLL_ANSWERED = "poll.answered"  # UniAll has responded → the response is stored
    POLL_RECORDED = "poll.recorded"  # still going, stored → the card
    POLL_RENDERED = "poll.rendered"  # done at UniAll, stored → the fetch
    POLL_FAILED = "poll.failed"  # failed at UniAll, quota given back → the card
    FETCH_CLAIMED = "fetch.claimed"  # leased → the download
    FETCH_DOWNLOADED = "fetch.downloaded"  # the checked file is on this machine → kept
    FETCH_KEPT = "fetch.kept"  # the file is kept, in the folder or in the bucket → settled
    FETCH_POSTPONED = "fetch.postponed"  # no file this time, stored → the next try
    FETCH_SETTLED = "fetch.settled"  # succeeded, quota posted, delivery queued → the delivery is claimed
    DELIVER_CLAIMED = "deliver.claimed"  # sending → the post
    DELIVER_POSTED = "deliver.posted"  # the post is visible → sent
    DELIVER_POSTPONED = "deliver.postponed"  # not for now, queued again → the next try
    DELIVER_KEPT = "deliver.kept"  # undeliverable, the file is kept → the card
    DELIVER_RECORDED = "deliver.recorded"  # sent → the card is closed
    JOIN_CLAIMED = "join.claimed"  # leased → the parts are encoded
    JOIN_ENCODED = "join.encoded"  # the joined file is in its place → the generation and its delivery are stored
    JOIN_RECORDED = "join.recorded"  # stored → the delivery is claimed
    JOIN_FAILED = "join.failed"  # it cannot be made, stored → its member is told
    JOIN_REMOVED = "join.removed"  # its message is deleted, as a part of it was → stored
    NOTICE_CLAIMED = "notice.claimed"  # the notice about a failure is being sent, stored → the post
    NOTICE_POSTED = "notice.posted"  # the author has been told → sent
    CARD_EDITED = "card.edited"  # the card shows it → stored
    CARD_RECORDED = "card.recorded"  # stored → nothing


class UnknownFailpoint(ValueError):
    """`FAILPOINT` is not the name of a failpoint."""


@dataclass(slots=True)
class _Armed:
    point: Failpoint
    hits_left: int


_armed: _Armed | None = None


def arm(wanted: str | None) -> Failpoint | None:
    """Enable a failpoint for the life of this process; None or "" disables it. Raises UnknownFailpoint."""
    global _armed  # noqa: PLW0603 - one process, one death
    _armed = None
    if not wanted:
        return None
    name, colon, times = wanted.partition(":")
    if name not in list(Failpoint) or (colon and not re.fullmatch("[1-9][0-9]{0,5}", times)):
        known = ", ".join(Failpoint)
        raise UnknownFailpoint(f"FAILPOINT is a name, or name:n for the n-th time, not {wanted!r}; names: {known}")
    _armed = _Armed(Failpoint(name), int(times or 1))
    return _armed.point


def reach(point: Failpoint) -> None:
    """Mark that the process is at this point. Where this failpoint is armed, the call does not return."""
    if _armed is None or _armed.point is not point:
        return
    _armed.hits_left -= 1
    if _armed.hits_left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
