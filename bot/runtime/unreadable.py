"""Telling an answer that discord.py could not read from a fault of this project."""

import traceback

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)  # what discord.py makes of such an answer


def unreadable(error: BaseException) -> bool:
    """Whether discord.py has failed over an answer that is none of Discord's: a proxy's page under 200, or half of an answer.

    Nobody knows then what became of the request. The error was raised by discord.py, or by what it called, and not by this
    project's own code.
    """
    if not isinstance(error, UNREADABLE):
        return False
    modules = [str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(error.__traceback__)]
    known = [name for name in modules if name.partition(".")[0] in ("bot", "cogs", "discord")]
    return bool(known) and known[-1].startswith("discord.")
