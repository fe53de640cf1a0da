"""`sora-bot sandbox`: runs the bot without an account.

The exit code is 0 after SIGINT or SIGTERM, and after a video was posted; 1 with a reason in one line on stderr; 2 for
wrong usage. It prints one address and opens no browser. SimCord, aiohttp and the bot's own modules are imported only when
it runs: an installation without the `sandbox` extra keeps its other commands, and they pay nothing for this one.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.domain.errors import SoraBotError
from bot.system.stop_signals import on_stop_signal
from sandbox.markers import MARKERS

if TYPE_CHECKING:
    from bot.settings import Settings
    from sandbox.session import Application, Session
    from sandbox.uniall import UniAllStandIn

RENDER_SECONDS = 6.0
_FROM_ENVIRONMENT = ("default_quota", "log_format", "log_level", "max_in_flight", "models_file")


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand. `bot.__main__` calls this, and later `args.run(args)`, which returns the exit code."""
    parser = subparsers.add_parser(
        "sandbox",
        help="try the bot on a local Discord page: no account, no network",
        description="Runs the same bot against a local Discord page and a local UniAll stand-in: no account, no network.",
    )
    parser.add_argument(
        "--once", metavar="PROMPT", type=_prompt, help="make one video without the page, save it, and exit"
    )
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        type=Path,
        default=Path("data/sandbox"),
        help="where --once saves (default: %(default)s)",
    )
    parser.add_argument("--port", type=_port, help="of the page; without it 8080, or a free one where that is taken")
    parser.add_argument(
        "--seconds", type=_seconds, default=RENDER_SECONDS, help="how long a rendering takes (default: %(default)g)"
    )
    parser.add_argument(
        "--cluster",
        action="store_true",
        help="as two gateways and two workers on PostgreSQL and a bucket, each a process of its own",
    )
    parser.set_defaults(run=run)


def _prompt(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("the prompt is empty")
    return text


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 3600")
    return seconds


def run(args: argparse.Namespace) -> int:
    """Run the sandbox. Returns the exit code; raises SettingsError."""
    from bot.monitoring import logs

    if find_spec("simcord") is None:
        return _fail(1, "the sandbox needs its extra: pip install 'sora-bot[sandbox]'")
    # A failure of `--once` is reported in one line of its own.
    settings = sandbox_settings(log_level="ERROR" if args.once else "WARNING")
    logs.configure(form=settings.log_format, level=settings.log_level)
    # SimCord asks discord.py for a client without intents, to test compatibility; that warns.
    logging.getLogger("discord").setLevel(logging.ERROR)
    return asyncio.run(_until_signalled(args, settings))


def sandbox_settings(log_level: str) -> "Settings":
    """Return the default settings, ignoring `.env`. Only harmless options are read from the environment."""
    from bot.settings import Settings

    mine: dict[str, Any] = {
        "discord_token": "sandbox-token",
        "uniall_api_key": "sandbox-key",
        "allow_local_media": True,
        "poll_min_seconds": 0.5,
        "poll_max_seconds": 2.0,
    }
    for name, default in Settings.defaults().items():
        if name not in _FROM_ENVIRONMENT:
            mine.setdefault(name, default)
    if "LOG_LEVEL" not in os.environ:
        mine["log_level"] = log_level
    return Settings.load(env_file=None, **mine)


async def _until_signalled(args: argparse.Namespace, settings: "Settings") -> int:
    from sandbox.errors import SandboxError

    work = asyncio.ensure_future(_once(args, settings) if args.once else _serve(args, settings))

    def stop() -> None:
        if not work.cancelling():  # a second Ctrl+C must not cut off the clean-up, which ends soon
            work.cancel()

    on_stop_signal(stop)
    if hangup := getattr(signal, "SIGHUP", None):  # the terminal is closed
        asyncio.get_running_loop().add_signal_handler(hangup, stop)
    try:
        await work
    except (SandboxError, SoraBotError) as error:
        return _fail(1, str(error))
    except asyncio.CancelledError:
        return 0
    return 0


async def _once(args: argparse.Namespace, settings: "Settings") -> None:
    from sandbox.once import drive_once

    async with _session(args, settings) as session:
        path = await drive_once(session, args.once, args.out, _say)
    _say(str(path))


async def _serve(args: argparse.Namespace, settings: "Settings") -> None:
    from sandbox.page import DiscordPages

    async with (
        _session(args, settings) as session,
        DiscordPages(session.servers, session.driver, port=args.port) as pages,
    ):
        _say(f"Sora Bot sandbox: {pages.url}")
        await asyncio.Event().wait()


def _session(args: argparse.Namespace, settings: "Settings") -> "AbstractAsyncContextManager[Session]":
    """Open the bot: all of it in this process, or as a cluster."""
    if args.cluster:
        from sandbox.cluster.session import open_cluster

        return open_cluster(settings, seconds=args.seconds, passed_on=_FROM_ENVIRONMENT, say=_say, show=_show)
    from sandbox.session import open_session

    return open_session(partial(open_application, settings), seconds=args.seconds)


def open_application(
    settings: "Settings", uniall: "UniAllStandIn", folder: Path
) -> AbstractAsyncContextManager["Application"]:
    """Open the bot as `sora-bot run` builds it, with other addresses."""
    from bot.app.lifecycle import open_app

    addresses: dict[str, Any] = {
        "uniall_base_url": uniall.base_url,
        "database_url": f"sqlite:///{folder / 'sora-bot.db'}",
        "media_dir": folder / "media",
    }
    return open_app(replace(settings, **addresses), help_notes=help_notes())


def help_notes() -> tuple[str, ...]:
    """Return additional paragraphs for `/help`."""
    lines = "\n".join(f"`{marker}` {what}" for marker, what in MARKERS.items())
    return (f"**Sandbox:** a word in the prompt makes the UniAll stand-in misbehave.\n{lines}",)


def _say(text: str) -> None:
    print(text, flush=True)


def _show(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _fail(code: int, reason: str) -> int:
    print(f"sora-bot: {reason}", file=sys.stderr)
    return code
