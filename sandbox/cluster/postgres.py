"""A PostgreSQL server in a folder of its own, from the programs that the machine has.

The programs are those on the PATH, or Debian's. The server refuses to run as root, so that there it runs as `nobody`. It
listens on a socket in its folder and nowhere else. It may lose what it has written when the machine stops; its own end, even
by SIGKILL, loses nothing.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
_USER, _GROUP = "nobody", "nogroup"
_LONGEST_HOME = 60  # characters; of the path of a socket there may be 107
SETTINGS = {"listen_addresses": "", "fsync": "off", "full_page_writes": "off", "log_min_messages": "fatal"}


@cache
def programs() -> Path | None:
    """Return the folder with the server's programs, or None where there are none."""
    found = shutil.which("initdb")
    linked = [Path(found).resolve().parent, Path(found).parent] if found else []  # where all of them are, first
    folders = linked or sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


def as_other_user() -> dict[str, Any]:
    """Return what `subprocess` needs to start a program as another user than root; nothing where this is not root."""
    return {"user": _USER, "group": _GROUP, "extra_groups": []} if _ROOT else {}


def new_folder() -> Path:
    """Make a folder for a server: one that its user may enter, and with a path that is short enough for a socket."""
    home = Path(tempfile.gettempdir()).resolve()
    enters = not _ROOT or all(folder.stat().st_mode & 0o001 for folder in (home, *home.parents))
    other = "/tmp"  # noqa: S108 - the folder in it is new, and named at random
    suits = enters and len(str(home)) <= _LONGEST_HOME
    return Path(tempfile.mkdtemp(prefix="sora-pg-", dir=home if suits else other))


class PostgresFiles:
    """The files of a server, in `folder`. settings: by name, as in postgresql.conf."""

    def __init__(self, folder: Path, settings: Mapping[str, str] = SETTINGS) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._settings = settings

    def make(self) -> None:
        """Make them. The folder is there, without any `data`."""
        if _ROOT:
            shutil.chown(self.folder, _USER, _GROUP)
        self.run("initdb", "-U", "sora", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D", self.data)

    @property
    def options(self) -> list[str]:
        """The server's command line without its program and its data."""
        return [
            *(word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")),
            "-k",
            str(self.folder),
        ]

    @property
    def socket(self) -> Path:
        """The socket at which it listens."""
        return self.folder / ".s.PGSQL.5432"

    def address(self, database: str) -> str:
        """Return the address of a database on it."""
        return f"postgresql://sora@/{database}?host={self.folder}"

    def run(self, program: str, *words: str | Path) -> None:
        """Run one of the server's programs to its end. Raises RuntimeError with what it printed."""
        folder = programs()
        if folder is None:
            raise RuntimeError("PostgreSQL is not installed")
        ended = subprocess.run(
            [folder / program, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            check=False,
            user=_USER if _ROOT else None,
            group=_GROUP if _ROOT else None,
            extra_groups=[] if _ROOT else None,
        )
        if ended.returncode:
            raise RuntimeError(f"{program}: {ended.stdout.decode(errors='replace')[-2000:]}")


async def has_database(server: str, name: str) -> bool:
    """Make a database. Returns whether it is there; False while the server does not answer. server: one of its addresses."""
    import psycopg

    try:
        async with await psycopg.AsyncConnection.connect(server, autocommit=True) as connection:
            await connection.execute(f'CREATE DATABASE "{name}"'.encode())
    except psycopg.errors.DuplicateDatabase:
        return True
    except psycopg.OperationalError:
        return False
    return True
