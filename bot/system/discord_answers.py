"""Distinguishes a response that discord.py could not parse from a fault of this project."""

import traceback

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)  # what discord.py raises for such a response


def unreadable(error: BaseException) -> bool:
    """Whether discord.py failed over a response that is not Discord's: a proxy's page with status 200, or half a response.

    The outcome of the request is then unknown. It is so where the error was raised by discord.py, or by code it
    called, and not by this project's own code.
    """
    if not isinstance(error, UNREADABLE):
        return False
    modules = [str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(error.__traceback__)]
    known = [name for name in modules if name.partition(".")[0] in ("bot", "cogs", "discord")]
    return bool(known) and known[-1].startswith("discord.")
