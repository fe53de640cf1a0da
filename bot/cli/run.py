"""`sora-bot run`: the bot against Discord and UniAll, until SIGTERM or SIGINT."""

import asyncio
import os

import structlog

from bot import app
from bot.domain.errors import WrongSettings
from bot.monitoring import logs
from bot.runtime import failpoints
from bot.settings import Settings


def run() -> int:
    """Run the bot; returns 0. Raises Unusable for what the operator must mend."""
    settings = Settings.load()
    try:
        failpoint = failpoints.arm(os.environ.get("FAILPOINT"))
    except failpoints.UnknownFailpoint as error:
        raise WrongSettings(str(error)) from error
    logs.configure(form=settings.log_format, level=settings.log_level)
    logs.catch_the_rest()
    if failpoint:
        structlog.get_logger().warning("failpoint_set", text=f"this process kills itself at {failpoint}")
    asyncio.run(app.run(settings))
    return 0
