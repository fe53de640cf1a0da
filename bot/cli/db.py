"""`sora-bot db`: the schema, a snapshot, restoring one, and the audit of the ledger. It makes no network calls."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.errors import Unusable
from bot.settings import Settings
from bot.storage import backup, verify
from bot.storage.opening import database_name
from bot.storage.opening import upgrade as upgrade_schema


def _settings() -> Settings:
    return Settings.load(discord_token="none", uniall_api_key="none")  # noqa: S106 - neither is needed here


def _file(settings: Settings, action: str) -> Path:
    """Return the SQLite file. Raises Unusable where the database is PostgreSQL, which has its own programs for this."""
    if settings.database_path is None:
        raise Unusable(f"`db {action}` is for SQLite; save and restore PostgreSQL with pg_dump and pg_restore")
    return settings.database_path


def upgrade() -> int:
    """Bring the schema up to date; returns 0."""
    where = _settings().database_url
    print(f"{database_name(where)}: schema {asyncio.run(upgrade_schema(where))}")
    return 0


def save(file: Path) -> int:
    """Write a snapshot to `file`, also while the bot runs; returns 0."""
    path = _file(_settings(), "backup")
    asyncio.run(backup.backup(path, file, now=datetime.now(UTC)))
    print(f"{path} is saved in {file}")
    return 0


def restore(file: Path) -> int:
    """Make the database from the snapshot in `file`; returns 0."""
    settings = _settings()
    path = _file(settings, "restore")
    asyncio.run(backup.restore(file, path, now=datetime.now(UTC), lists=[settings.media_dir]))
    print(f"{path} is restored; jobs that may have been sent since are in doubt and are never sent again")
    return 0


def audit() -> int:
    """Print where the ledger's balances differ from its entries; returns 1 where any does."""
    where = _settings().database_url
    differences = asyncio.run(verify.differences(where))
    print("\n".join(differences) or f"{database_name(where)}: every balance agrees with its entries")
    return int(bool(differences))
