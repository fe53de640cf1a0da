"""The bot's structured log."""

import structlog

log = structlog.stdlib.get_logger()
