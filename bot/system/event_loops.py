"""The event loop of the bot: uvloop's where that is installed, else asyncio's own. What the bot promises rests on neither.

uvloop takes about a quarter less processor time for the same work. Windows has none.
"""

import asyncio


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return a new loop, for `asyncio.Runner`."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
