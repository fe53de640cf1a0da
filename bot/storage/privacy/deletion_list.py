"""The list of deletions beside a database: it keeps them in force when an older database comes back.

Each `/privacy delete` is a line in a small file beside the database and beside the media: the member's id, and the time
until which they are erased. It outlives the database file. A database that is opened there, after `db restore` or as a plain
copy, first applies every deletion that it does not know. The file has only ids and times. `NAME` does not match the names of a
database's own files.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from bot.system.files import sync_folder

NAME = "forgotten.jsonl"

Forgotten = dict[str, int]  # milliseconds by member: everything accepted until then


def read(folders: Iterable[Path]) -> Forgotten:
    """Return all entries of the lists in these folders, the latest for each member. A line that a crash has cut off is
    skipped.

    Raises OSError if a list cannot be read.
    """
    found: Forgotten = {}
    for folder in dict.fromkeys(folders):
        with suppress(FileNotFoundError):
            for line in (folder / NAME).read_text(encoding="utf-8", errors="replace").splitlines():
                with suppress(ValueError, TypeError, KeyError):
                    entry = json.loads(line)
                    member_id, until = str(entry["member"]), int(entry["until"])
                    found[member_id] = max(until, found.get(member_id, until))
    return found


def keep(folders: Iterable[Path], wanted: Mapping[str, int]) -> None:
    """Update every list, on the disk before this returns. Lines are only ever added. Raises OSError."""
    for folder in dict.fromkeys(folders):
        there = read([folder])
        lacking = {member: until for member, until in wanted.items() if until > there.get(member, -1)}
        if not lacking:
            continue
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lines = "".join(f"{json.dumps({'member': member, 'until': until})}\n" for member, until in lacking.items())
        # The line break first: a crash may have left half a line.
        handle = os.open(folder / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with open(handle, "a", encoding="utf-8") as file:
            file.write(f"\n{lines}" if there or os.fstat(handle).st_size else lines)
            file.flush()
            os.fsync(handle)
        sync_folder(folder)
