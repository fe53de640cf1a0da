"""What PostgreSQL's errors mean: run the work again, wait, or fix the program.

None of what is passed on quotes a value or the address: an error of PostgreSQL may hold a row, one of libpq a password.
"""

import psycopg

from bot.domain.errors import StoreFault, StoreUnavailable

# The work found no earlier row, and another transaction has inserted that row meanwhile: run again, it finds the row.
_MET = frozenset(
    {"generation_interaction_id_key", "generation_draft", "generation_job", "generation_version", "question_ask_id_key"}
)
_COLLISIONS = frozenset({"40001", "40P01"})  # a serialization failure, a deadlock
_STALE_PLAN = "0A000"  # a prepared statement from before an upgrade of the schema: its result has other columns now
# The server ends the connection: a shutdown, a crash, an idle transaction. 57P03: it does not take connections yet.
_LOST = frozenset({"57P01", "57P02", "57P03", "57P04", "57P05", "25P03"})
_BUSY = frozenset({"55P03", "57014", *_COLLISIONS})  # no lock in time, no end in time
_FULL = "53100"
# Whole classes: connections, resources, the system around the server, a damaged file; and a server that only reads.
_UNAVAILABLE = ("08", "53", "58", "XX001", "XX002", "25006", "28", "3D000", "57P")


def lost(error: psycopg.Error) -> bool:
    """Return whether the connection is gone, so that nothing is known of what was sent last."""
    state = error.sqlstate
    if state is None:  # libpq itself, not the server
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state in _LOST or state.startswith("08")


def stale(error: psycopg.Error) -> bool:
    """Return whether the connection has statements that were prepared before an upgrade of the schema."""
    return error.sqlstate == _STALE_PLAN and "cached plan" in (error.diag.message_primary or "")


def collided(error: psycopg.Error) -> bool:
    """Return whether another transaction came between, so that the same work, run again, finds what that one wrote."""
    return error.sqlstate in _COLLISIONS or (
        isinstance(error, psycopg.errors.UniqueViolation) and error.diag.constraint_name in _MET
    )


def unavailable(error: psycopg.Error, *, reading: bool) -> StoreUnavailable | None:
    """Return what the callers are told of an error of the surroundings; None for one that is a bug of this project."""
    state = error.sqlstate
    if state is None and not lost(error):
        return None
    detail = f"{type(error).__name__} ({state or 'no connection'})"
    if state == _FULL:
        return StoreUnavailable(StoreFault.FULL, detail, reading=reading)
    if state in _BUSY:
        return StoreUnavailable(StoreFault.BUSY, detail, reading=reading)
    if lost(error) or (state and state.startswith(_UNAVAILABLE)):
        return StoreUnavailable(StoreFault.UNAVAILABLE, detail, reading=reading)
    return None
