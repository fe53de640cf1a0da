"""Structured logs on stderr: readable lines or JSON, one event each.

A line that concerns a generation carries its id as `generation`, whoever writes it: the loops and use cases bind it in
`structlog.contextvars`, and lines of other libraries go through the same processors.
"""

import logging
from typing import Any, Literal

import structlog


def _one_line(record: logging.LogRecord) -> bool:
    """A lost connection, or junk sent to the metrics, is an expected fault: its traceback becomes the name of the error."""
    if record.exc_info and record.exc_info[1] is not None:
        record.msg = f"{record.getMessage()} ({type(record.exc_info[1]).__name__})"
        record.args = record.exc_info = record.exc_text = None
    return True


def configure(*, form: Literal["console", "json"] = "console", level: str = "INFO") -> None:
    """Send structlog's events and the warnings of libraries the same way."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if form == "json"
        # Not rich's tracebacks: they show the values of variables, the token among them.
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Their info lines are about themselves; discord.py's are also where a request's address would show, and in aiosqlite's
    # every value that is stored: prompts would outlive a member's /privacy delete.
    for library in ("discord", "httpx", "httpcore", "aiohttp", "aiosqlite", "asyncio", "matplotlib", "PIL"):
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))
    for connection in ("discord.client", "discord.gateway", "aiohttp.server"):
        logging.getLogger(connection).addFilter(_one_line)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
