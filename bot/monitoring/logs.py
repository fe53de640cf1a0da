"""Structured logs on stderr, as readable lines or JSON, one event each.

Every line about a generation has its id as `generation`: the loops and use cases bind it in `structlog.contextvars`,
and lines of other libraries go through the same processors.

No prompt, and no part of one, is ever in a log, at any level, in either form: it would outlive a member's `/privacy
delete`. UniAll and Discord quote what they were sent, so their texts are never logged. An error is logged as its type,
its status and its code, and every value is a number, a constant of ours or an id. This module withholds anything else:
text with spaces, other scripts, the messages of exceptions, the arguments of other libraries' lines.
"""

import errno
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog

from bot.domain.errors import SoraBotError

_TOKEN = re.compile(r"[\x21-\x7e]{0,500}")  # one word: a code, an id, a file's name, an address without a query
_ID = re.compile(r"(?=[^0-9]*[0-9])[\w.:+/=-]{1,500}", re.ASCII)
_IDS = frozenset({"job", "job_id", "request_id"})  # ids assigned by others; one without any digit does not count
_OURS = frozenset(
    {"event", "level", "timestamp", "text", "where", "why", "cause", "exception", "request"}
)  # sentences of this project, and values made here
_SYSTEM = frozenset(os.strerror(number) for number in errno.errorcode)
_OWN = ("bot", "cogs", "sandbox")
_TALKERS = ("asyncio", "discord", "aiohttp")  # their constant messages are known to contain no foreign text

ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


def described(error: BaseException) -> str:
    """Describe an error without foreign text: its type, and its status, code or system error."""
    name = type(error).__name__
    if isinstance(error, SoraBotError):
        return str(error) or name
    if isinstance(error, OSError):
        return f"{name}: {os.strerror(error.errno)}" if isinstance(error.errno, int) else name
    if any(kind.__module__ == "sqlite3" for kind in type(error).__mro__):
        return f"{name}: {getattr(error, 'sqlite_errorname', '') or 'no code'}"
    numbers = [getattr(error, number, None) for number in ("status", "code")]
    return " ".join([name, *(str(number) for number in numbers if isinstance(number, int))])


def trace(error: BaseException) -> str:
    """Return a traceback with the lines of code, the types of the errors and their `described` form, without any
    values.
    """
    return "".join(_trace(error, set())).rstrip("\n")


def _trace(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _trace(before, seen)
        yield "\nThe direct cause of this:\n\n" if error.__cause__ else "\nWhile this was handled:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    name, description = type(error).__name__, described(error)
    yield f"{description}\n" if description.startswith(name) else f"{name}: {description}\n"
    if isinstance(error, BaseExceptionGroup):
        parts: tuple[BaseException, ...] = error.exceptions  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - of any
        for part in parts:
            if id(part) not in seen:
                yield from _trace(part, seen)


def _withhold(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return the values that may be logged."""
    for key, value in event.items():
        if not (key in _OURS or key.startswith("_") or key in ("exc_info", "stack_info")):
            event[key] = _plain(key, value)
    return event


def _plain(key: str, value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return described(value)
    if not isinstance(value, str):
        return f"<{type(value).__name__}>"
    if key in _IDS:
        return value if _ID.fullmatch(value) else _withheld(value)
    return value if _TOKEN.fullmatch(value) or value in _SYSTEM else _withheld(value)


def _withheld(text: str) -> str:
    return f"({len(text)} characters withheld)"


def _guard(record: logging.LogRecord) -> bool:
    """Keep warnings and errors of other libraries, without the values they are about."""
    if record.levelno < logging.WARNING and not record.name.startswith(_OWN):
        return False
    record.msg, record.args = _constant(record), None
    return True


def _constant(record: logging.LogRecord) -> str:
    """Return the constant part of a library's message, with its numbers."""
    text = str(record.msg).partition("\n")[0]
    if not record.args:
        return text if record.name.startswith(_TALKERS) else _withheld(text)
    args = record.args if isinstance(record.args, tuple) else (record.args,)
    try:
        return text % tuple(one if isinstance(one, int | float) else "…" for one in args)
    except (TypeError, ValueError):
        return text


def _one_line(record: logging.LogRecord) -> bool:
    """Replace the traceback of an expected error (a lost connection, invalid data sent to the metrics) by its name.

    Keeps every record.
    """
    if record.exc_info and record.exc_info[1] is not None:
        record.msg = f"{_constant(record)} ({type(record.exc_info[1]).__name__})"
        record.args = record.exc_info = record.exc_text = None
    return True


def _of(exc_info: ExcInfo) -> str:
    return trace(exc_info[1]) if exc_info[1] is not None else ""


def _write(stream: TextIO, exc_info: ExcInfo) -> None:
    stream.write(_of(exc_info))


def _lost(error: BaseException | None) -> None:
    """Report that a line could not be written. Python's own handling would print all its values."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"a line of the log is lost ({type(error).__name__ if error else 'unknown'})\n")


class _Handler(logging.StreamHandler[TextIO]):
    """Writes the lines of libraries to stderr."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Drop the line."""
        _lost(sys.exception())


class _Lines:
    """Writes our own lines to stderr, each in one piece. Python's logging would take twice as long for each."""

    def msg(self, line: str) -> None:
        """Write one line; one that cannot be written is dropped."""
        try:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
        except (OSError, ValueError) as error:
            _lost(error)

    debug = info = warning = error = critical = exception = msg


def configure(*, form: Literal["console", "json"] = "console", level: str = "INFO") -> None:
    """Send structlog's events and the warnings of libraries to the same output."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _withhold,
    ]
    last: list[Any] = (
        [structlog.processors.ExceptionRenderer(_of), structlog.processors.JSONRenderer()]
        if form == "json"
        # Not rich's tracebacks: they show the values of variables, the token among them.
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=_write)]
    )
    # No line shows these, and to find them out takes a third of the time of a line. The last is the place of the call.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    handler = _Handler()
    handler.addFilter(_guard)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Their lines below a warning are never shown (see `_guard`); this avoids creating them, where there are many.
    for library in ("discord", "httpx", "httpcore", "aiohttp", "aiosqlite", "asyncio", "matplotlib", "PIL"):
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # its warnings tell of errors that it also raises
    for connection in ("discord.client", "discord.gateway", "aiohttp.server"):
        logging.getLogger(connection).addFilter(_one_line)
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        logger_factory=lambda *_: _Lines(),
        cache_logger_on_first_use=True,
    )


def catch_the_rest() -> None:
    """Log uncaught exceptions too: Python itself would print their messages."""
    log = structlog.stdlib.get_logger()

    def uncaught(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("crashed", exc_info=error)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = lambda args: log.error("ignored_error", exc_info=args.exc_value)
