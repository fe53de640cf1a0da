"""`sora-bot run`, `gateway` and `worker`: the bot, or a part of it, against Discord and UniAll until SIGTERM or SIGINT."""

import asyncio
import os

import structlog

from bot.app import lifecycle
from bot.cli.check_names import ignored
from bot.domain.errors import WrongSettings
from bot.domain.processes.process import Role
from bot.domain.processes.shards import Shards
from bot.monitoring import logs
from bot.settings import Settings
from bot.system import failpoints
from bot.system.event_loops import new_event_loop
from bot.system.memory import share_one_heap


def run() -> int:
    """Run all of the bot; returns 0. Raises Unusable for what the operator must fix."""
    return _run(Settings.load(), Role.RUN, None)


def gateway(shards: str) -> int:
    """Run these shards: commands, buttons and replies; returns 0. Raises Unusable, also where the range is none."""
    own = Shards.parse(shards)
    return _run(_shared(Settings.load(), Role.GATEWAY), Role.GATEWAY, own)


def worker() -> int:
    """Run what goes on by itself: submits, polls, downloads, posts; returns 0. Raises Unusable."""
    return _run(_shared(Settings.load(), Role.WORKER), Role.WORKER, None)


def _shared(settings: Settings, role: Role) -> Settings:
    """Raise WrongSettings where several processes could not share the database and the files."""
    lacking = [
        *(["DATABASE_URL=postgresql://…"] if settings.database_path else []),
        *([] if settings.media_url else ["MEDIA_URL=s3://…"]),
    ]
    if lacking:
        raise WrongSettings(
            f"`sora-bot {role}` shares its work with other processes and needs {' and '.join(lacking)};"
            " `sora-bot run` does all of it in one process"
        )
    return settings


def _run(settings: Settings, role: Role, shards: Shards | None) -> int:
    share_one_heap()
    try:
        failpoint = failpoints.arm(os.environ.get("FAILPOINT"))
    except failpoints.UnknownFailpoint as error:
        raise WrongSettings(str(error)) from error
    logs.configure(form=settings.log_format, level=settings.log_level)
    logs.catch_the_rest()
    for text in ignored():
        structlog.get_logger().warning("setting_ignored", text=text)
    if failpoint:
        structlog.get_logger().warning("failpoint_set", text=f"this process kills itself at {failpoint}")
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(lifecycle.run(settings, role=role, shards=shards))
    return 0
