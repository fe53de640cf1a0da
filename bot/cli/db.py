"""`sora-bot db`: the schema, a snapshot, restoring one, and the audit of the ledger. It makes no network calls."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from bot.settings import Settings
from bot.storage import backup, verify


def _settings() -> Settings:
    return Settings.load(discord_token="none", uniall_api_key="none")  # noqa: S106 - neither is needed here


def upgrade() -> int:
    """Bring the schema up to date; returns 0."""
    path = _settings().database_path
    print(f"{path}: schema {asyncio.run(backup.upgrade(path))}")
    return 0


def save(file: Path) -> int:
    """Write a snapshot to `file`, also while the bot runs; returns 0."""
    path = _settings().database_path
    asyncio.run(backup.backup(path, file, now=datetime.now(UTC)))
    print(f"{path} is saved in {file}")
    return 0


def restore(file: Path) -> int:
    """Make the database from the snapshot in `file`; returns 0."""
    settings = _settings()
    path = settings.database_path
    asyncio.run(backup.restore(file, path, now=datetime.now(UTC), lists=[settings.media_dir]))
    print(f"{path} is restored; jobs that may have been sent since are in doubt and are never sent again")
    return 0


def audit() -> int:
    """Print where the ledger's balances differ from its entries; returns 1 where any does."""
    path = _settings().database_path
    differences = asyncio.run(verify.differences(path))
    print("\n".join(differences) or f"{path}: every balance agrees with its entries")
    return int(bool(differences))
