"""The command line, `sora-bot`: it parses, and calls the function in `bot.cli` for each command.

That function's module is imported only then. Exit codes: 0 done (SIGTERM and SIGINT included), 1 failed (the reason in
one line on stderr; trying again may help), 2 wrong usage or settings, 78 nothing helps until the operator has fixed it (a
refused token or key, a database of newer code, two copies with one token). Further commands register themselves under the
entry point group `sora_bot.commands`.
"""

import argparse
import os
import sys
from contextlib import nullcontext
from importlib.metadata import entry_points, version
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from bot.domain.errors import Unusable
from bot.system import files

_NEVER_USED = ("rich", "pygments", "click", "greenlet")


def _leave_out() -> None:
    """Let structlog and httpx find no libraries for a terminal: they import them where they are installed, 6 MB and 0.3 s.

    For the commands that run until they are stopped, which print nothing but the log.
    """
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    for name in _NEVER_USED:
        modules.setdefault(name, None)


def _run(_: argparse.Namespace) -> int:
    _leave_out()
    from bot.cli.run import run

    return run()


def _gateway(arguments: argparse.Namespace) -> int:
    _leave_out()
    from bot.cli.run import gateway

    return gateway(arguments.shards)


def _worker(_: argparse.Namespace) -> int:
    _leave_out()
    from bot.cli.run import worker

    return worker()


def _check(_: argparse.Namespace) -> int:
    from bot.cli.check import check

    return check()


def _generate(arguments: argparse.Namespace) -> int:
    from bot.cli.generate import generate

    return generate(arguments)


def _models(_: argparse.Namespace) -> int:
    from bot.cli.models import models

    return models()


def _seed(text: str) -> int:
    from bot.domain.requests.video_options import MOST_SEED

    seed = int(text)
    if not 0 <= seed <= MOST_SEED:
        raise ValueError(text)
    return seed


def _database(arguments: argparse.Namespace) -> int:
    from bot.cli import db

    match arguments.action:
        case "upgrade":
            return db.upgrade()
        case "backup":
            return db.save(arguments.file)
        case "restore":
            return db.restore(arguments.file)
        case "copy":
            return db.copy(arguments.source, arguments.target)
        case "restored":
            return db.restored()
        case _:
            return db.audit()


def _add_database(commands: Any) -> None:
    parser = commands.add_parser("db", help="the database: upgrade, backup, restore, verify, copy, restored")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("upgrade", help="bring the schema up to date (`run` does it by itself)")
    save = actions.add_parser("backup", help="a consistent snapshot, also while the bot runs")
    save.add_argument("file", metavar="FILE", type=Path)
    load = actions.add_parser("restore", help="make the database from a snapshot; nothing may be there yet")
    load.add_argument("file", metavar="FILE", type=Path)
    actions.add_parser("verify", help="audit the ledger; prints the differences, exit code 1 where there are any")
    copy = actions.add_parser("copy", help="a SQLite database into an empty PostgreSQL database, verified")
    copy.add_argument("source", metavar="FROM", help="sqlite:///path/to/file.db, or the path; no bot may run on it")
    copy.add_argument("target", metavar="TO", help="postgresql://user:password@host/database")
    actions.add_parser(
        "restored", help="say that the PostgreSQL database was restored from a backup, so that nothing is sent twice"
    )
    parser.set_defaults(run=_database)


def _add_roles(commands: Any) -> None:
    needs = "Needs DATABASE_URL=postgresql://… and MEDIA_URL=s3://…, which all processes of the bot share."
    gateway = commands.add_parser(
        "gateway",
        help="only some shards of Discord's gateway: commands, buttons, replies",
        description=f"Receives the events of some shards and answers them; `sora-bot worker` does the rest. {needs} A second"
        " process for the same shards waits, and takes over when the first has stopped or is dead.",
    )
    gateway.add_argument("--shards", required=True, metavar="A-B/N", help="the shards A to B out of N, such as 0-1/4")
    gateway.set_defaults(run=_gateway)
    worker = commands.add_parser(
        "worker",
        help="only what goes on by itself: submits, polls, downloads, posts",
        description=f"Makes and posts the videos that gateways accept; as many as are needed may run. {needs}",
    )
    worker.set_defaults(run=_worker)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sora-bot", description="A Discord bot that makes videos through UniAll.")
    parser.add_argument("--version", action="version", version=f"sora-bot {version('sora-bot')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run the bot against Discord and UniAll")
    run.set_defaults(run=_run)
    _add_roles(commands)
    check = commands.add_parser("check", help="verify settings, token, key, models, database and intents")
    check.set_defaults(run=_check)
    generate = commands.add_parser("generate", help="one video straight from UniAll to a file")
    generate.add_argument("prompt", metavar="PROMPT")
    shapes = ("landscape", "portrait", "square", "4:3", "3:4")
    generate.add_argument("--shape", "--orientation", dest="shape", choices=shapes)
    generate.add_argument("--seconds", "--duration", dest="seconds", type=int, metavar="SECONDS")
    generate.add_argument("--model", help="a family or a raw model id")
    generate.add_argument(
        "--image", metavar="URL_OR_FILE", help="a public address; a file for the OpenAI-native models"
    )
    generate.add_argument("--end-image", metavar="URL", help="a public address of the picture to end with")
    generate.add_argument("--sound", choices=("on", "off"))
    generate.add_argument("--avoid", metavar="WORDS", help="what the video must not show")
    generate.add_argument("--seed", type=_seed, metavar="NUMBER", help="0 to 2147483647: where the model starts from")
    generate.add_argument("--out", metavar="FILE", help="where the video goes (default: its job's id, .mp4)")
    generate.set_defaults(run=_generate)
    models = commands.add_parser("models", help="what the key can use now, what each model can do and costs")
    models.set_defaults(run=_models)
    _add_database(commands)
    for point in sorted(entry_points(group="sora_bot.commands"), key=lambda point: point.name):
        register: Any = point.load()
        register(commands)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        # The video of `generate` is the user's own file, with their usual permissions.
        with nullcontext() if arguments.command == "generate" else files.private():
            return int(arguments.run(arguments))
    except Unusable as error:
        print(f"sora-bot: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:  # the reader closed the pipe, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
