"""An empty database as a first start leaves it, made once by a process: to migrate one takes 50 ms.

That a first start makes it is proved in `test_opening`.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.storage.store import SqlStore


def put_empty(path: Path) -> Path:
    """Write it there, where no file is; returns the path."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_content())
    return path


@cache
def _content() -> bytes:
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as elsewhere:  # this thread may have a running loop
        path = Path(folder) / "empty.db"
        elsewhere.submit(asyncio.run, _make(path)).result()
        return path.read_bytes()


async def _make(path: Path) -> None:
    await (await SqlStore.open(path)).close()
