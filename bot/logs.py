"""Structured logs on stderr: readable lines or JSON, one event each, with the generation's id where there is one."""

import logging
from typing import Any, Literal

import structlog


def _one_line(record: logging.LogRecord) -> bool:
    """A lost connection is an expected fault: discord.py's traceback of it becomes the name of the error."""
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
        else [structlog.dev.ConsoleRenderer(colors=False)]
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
    # Their info lines are about themselves; discord.py's are also where a request's address would show.
    for library in ("discord", "httpx", "httpcore", "aiohttp", "asyncio"):
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))
    for connection in ("discord.client", "discord.gateway"):
        logging.getLogger(connection).addFilter(_one_line)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
