"""`sora-bot db`: the schema, a snapshot, restoring one, and the audit of the ledger. It makes no network calls."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.domain.errors import Unusable, WrongSettings
from bot.settings import Settings
from bot.storage import backup, verify
from bot.storage.opening import database_name, sqlite_path
from bot.storage.opening import upgrade as upgrade_schema


def _settings(**known: Any) -> Settings:
    return Settings.load(discord_token="none", uniall_api_key="none", **known)  # noqa: S106 - neither is needed here


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


def copy(source: str, target: str) -> int:
    """Copy the SQLite database `source` (an address or a path) into the empty PostgreSQL database `target`; returns 0."""
    path = sqlite_path(source if "://" in source else Path(source))
    if path is None or sqlite_path(target):
        raise WrongSettings(
            "`db copy FROM TO` goes from sqlite:///path/to/file.db to postgresql://user:password@host/database"
        )
    settings = _settings(database_url=target)
    from bot.storage.postgres import copying  # of an extra, which the settings have looked for

    name = database_name(target)
    asyncio.run(copying.copy(path, target, name, lists=[settings.media_dir], told=print))
    print(f"{path} is copied to {name}: every table has the same rows, and every balance agrees with its entries")
    print(f"set DATABASE_URL to the new address, and never start a bot on {path} again: it would send the same jobs")
    return 0


def restored() -> int:
    """Say that the PostgreSQL database was restored from a backup; returns 0."""
    settings = _settings()
    if settings.database_path is not None:
        raise Unusable("`db restored` is for PostgreSQL; `db restore FILE` does the same for SQLite")
    from bot.storage.postgres import identity  # of an extra, which the settings have looked for

    name = database_name(settings.database_url)
    at = datetime.now(UTC)
    asyncio.run(identity.restored(settings.database_url, name, now=at, lists=[settings.media_dir]))
    print(f"{name} is restored; jobs that may have been sent since are in doubt and are never sent again")
    return 0


def audit() -> int:
    """Print where the ledger's balances differ from its entries; returns 1 where any does."""
    where = _settings().database_url
    differences = asyncio.run(verify.differences(where))
    print("\n".join(differences) or f"{database_name(where)}: every balance agrees with its entries")
    return int(bool(differences))
