"""The part of `sora-bot check` about this machine: folders, disk, database, backups. It changes nothing."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.app.adapters import bucket_of
from bot.app.watchers import backups_of
from bot.cli.finding import Finding
from bot.domain.errors import MediaUnavailable, Unusable
from bot.media.files.budget import Budget, files
from bot.runtime.troubles import size
from bot.settings import Settings
from bot.storage.opening import database_name
from bot.storage.sqlite.inspection import FoundDatabase, look_at_file
from bot.workers.watchers.backup_age import TOLD_AFTER, newest_file
from bot.workers.watchers.disk_space import disk_use

DATABASE_ROOM = 100 * 10**6  # bytes: less fills up within days
_BACK_UP = "Run `sora-bot db backup FILE`, best every day by a timer, and keep the files on another machine"


async def data(settings: Settings) -> AsyncIterator[Finding]:
    """Yield the findings, each of another thing."""
    yield _media(settings.media_dir)
    if settings.bucket:
        yield await _bucket(settings)
    path = settings.database_path
    if path is None:
        async for finding in _server(settings.database_url):
            yield finding
    else:
        try:
            found = await asyncio.to_thread(look_at_file, path)
            yield _database(path, found)
            yield _backup(settings, found)
            yield _funds(found.unfunded)
        except Unusable as error:
            text, _, do = str(error).partition("; ")  # what it is; what to do
            do = do or "Let this user read and write it and its folder, or name another DATABASE_URL"
            yield Finding(False, "database", text, f"{do[0].upper()}{do[1:]}")
    yield await asyncio.to_thread(_disk, settings)
    if path is not None and (low := await asyncio.to_thread(_database_disk, path, settings.media_dir)):
        yield low


def _media(folder: Path) -> Finding:
    if why := _unwritable(folder):
        return Finding(
            False,
            "media",
            f"{folder} cannot be written: {why}",
            f"{_owner(folder)}, or set MEDIA_DIR to another folder",
        )
    return Finding(True, "media", f"{folder} {'can be written' if folder.exists() else 'is made at the first start'}")


def _unwritable(folder: Path) -> str | None:
    """Return why a folder could not be made or written; None where it can."""
    there = next((place for place in (folder, *folder.absolute().parents) if place.exists()), Path("/"))
    if not there.is_dir():
        return f"{there} is not a folder"
    return None if os.access(there, os.W_OK | os.X_OK) else f"this user may not write to {there}"


def _owner(folder: Path) -> str:
    return f"Make {folder} a folder that the user of the bot may write to"


async def _bucket(settings: Settings) -> Finding:
    """Try everything that the bot does with the bucket."""
    try:
        await bucket_of(settings).probe()
    except MediaUnavailable as error:
        do = "Check MEDIA_URL, the AWS_ settings and what the key may do there: put, get, list, delete"
        return Finding(False, "bucket", f"{settings.media_url} cannot be used: {error.why}", do)
    return Finding(True, "bucket", f"{settings.media_url} can be written, read and emptied")


async def _server(address: str) -> AsyncIterator[Finding]:
    from bot.storage.postgres import inspection, schema

    name = database_name(address)
    try:
        found = await inspection.look_at_server(address, name)
    except schema.MadeByNewer as error:
        do = "Start the newer sora-bot again, or restore a backup from before"
        yield Finding(False, "database", str(error), do)
        return
    except Unusable as error:
        do = "Check DATABASE_URL, and that the server runs and lets this machine in"
        yield Finding(False, "database", str(error), do)
        return
    if found.refused:
        yield Finding(False, "database", found.refused, "Stop every sora-bot, then run `sora-bot db restored`")
    elif found.version == 0:
        yield Finding(True, "database", f"{name} is empty: the first start makes the tables")
    elif found.version < found.known:
        do = "Back it up, then run `sora-bot db upgrade`"
        text = f"{name} has schema {found.version}, this sora-bot needs {found.known}"
        yield Finding(None, "database", text, do)
    else:
        yield Finding(True, "database", f"{name} is up to date")
    yield Finding(
        True,
        "backup",
        "PostgreSQL's own tools make them, unseen from here; after a restore, run `sora-bot db restored`",
    )
    yield _funds(found.unfunded)


def _database(path: Path, found: FoundDatabase) -> Finding:
    if why := _unwritable(path.parent):
        do = f"{_owner(path.parent)}, or set DATABASE_URL"
        return Finding(False, "database", f"{path.parent} cannot be written: {why}", do)
    if path.exists() and not os.access(path, os.W_OK):
        return Finding(
            False, "database", f"{path} cannot be written by this user", f"Give it to the bot's user: chown USER {path}"
        )
    if found.version > found.known:
        text = f"{path} was made by a newer sora-bot (schema {found.version}, this one knows {found.known})"
        do = "Install the newer one again, or move the file away and restore a backup from before its upgrade"
        do += " (`sora-bot db restore FILE`)"
        return Finding(False, "database", text, do)
    if found.running:
        do = "Nothing to do if that is your bot; else stop it first, one runs at a time"
        return Finding(None, "database", f"another sora-bot is running on {path}", do)
    if found.version == 0:
        return Finding(True, "database", f"{path} is made at the first start")
    if found.version < found.known:
        do = "The next start upgrades it; `sora-bot db backup FILE` first keeps a way back"
        return Finding(None, "database", f"{path} has schema {found.version}, this sora-bot has {found.known}", do)
    return Finding(True, "database", f"{path} is up to date")


def _backup(settings: Settings, found: FoundDatabase) -> Finding:
    folder = backups_of(settings)
    times = [found.last_backup, newest_file(folder) if folder else None]
    newest = max((at for at in times if at), default=None)
    now = datetime.now(UTC)
    if newest is None:
        if found.first_start is None or now - found.first_start < TOLD_AFTER:
            return Finding(True, "backup", "none yet; `sora-bot db backup FILE` makes one while the bot runs")
        return Finding(None, "backup", f"none was ever made, in {_days(now - found.first_start)}", _BACK_UP)
    if now - newest >= TOLD_AFTER:
        return Finding(None, "backup", f"the newest is {_days(now - newest)} old", _BACK_UP)
    return Finding(True, "backup", f"the newest is {_days(now - newest)} old")


def _days(length: timedelta) -> str:
    days = max(0, length.days)
    return f"{days} day{'s' if days != 1 else ''}"


def _funds(unfunded: int) -> Finding:
    if unfunded:
        jobs = "job waits" if unfunded == 1 else "jobs wait"
        do = "Top up the account in UniAll's dashboard; they go on by themselves"
        return Finding(None, "funds", f"{unfunded} {jobs} because UniAll's funds are used up", do)
    return Finding(True, "funds", "no job waits for them; UniAll's API tells no balance, its dashboard does")


def _database_disk(path: Path, media: Path) -> Finding | None:
    """Return a failure where the database is on a disk of its own that is nearly full."""
    there = _nearest(path.parent)
    try:
        free = disk_use(there).free
        if free >= DATABASE_ROOM or there.stat().st_dev == _nearest(media).stat().st_dev:
            return None
    except OSError:
        return None  # the line of the database says why
    text = f"{size(free)} are left for {path}"
    return Finding(False, "room", text, f"Make room: the database needs {size(DATABASE_ROOM)}")


def _nearest(folder: Path) -> Path:
    """Return the folder, or the first above it that exists."""
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())


def _disk(settings: Settings) -> Finding:
    """Compare the room with what the bot may take."""
    budget, where = Budget(most=settings.media_budget), settings.media_dir
    there = _nearest(where)
    try:
        free = disk_use(there).free
        taken = sum(file.size for file in files(where)) if where.is_dir() else 0
    except OSError as error:
        return Finding(None, "disk", f"the room of {where} cannot be read: {error.strerror}", _owner(where))
    needed = max(0, budget.most - taken) + DATABASE_ROOM
    text = f"{size(free)} are left for {where}"
    if free < budget.reserve:
        do = f"Make room: with less than {size(budget.reserve)} no job is accepted"
        return Finding(False, "disk", text, do)
    if free < needed and not settings.bucket:
        fits = max(0, free + taken - DATABASE_ROOM)
        do = f"Make room, or set MEDIA_BUDGET to at most {size(fits * 0.9)}"
        return Finding(
            None, "disk", f"{text}, but MEDIA_BUDGET lets files take {size(needed - DATABASE_ROOM)} more", do
        )
    return Finding(True, "disk", text)
