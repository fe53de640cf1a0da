"""An error in an event handler is a bug in the log, unless the bot's stop caused it."""

from structlog.testing import capture_logs

from bot.gateway.client import SoraBot


async def test_a_handler_that_the_stop_cuts_off_leaves_no_traceback() -> None:
    bot = SoraBot(())
    with capture_logs() as logged:
        for stopped in (False, True):
            if stopped:
                await bot.close()
            try:
                raise RuntimeError("Session is closed")
            except RuntimeError:
                await bot.on_error("on_message")
    told = [(one["event"], one["log_level"], bool(one.get("exc_info"))) for one in logged]
    assert told == [("event_failed", "error", True), ("event_cut_off", "warning", False)]
