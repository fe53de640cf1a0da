"""Fetching one video of a finished job, and what is left in the folder where it failed."""

from pathlib import Path

import pytest

from bot.domain.errors import ProviderError
from bot.domain.provider import Downloaded, Fault, Format, JobState, JobStatus
from bot.uniall import UniAll
from tests.uniall.peer import MP4

FILE = "/v.mp4"

CONTENT = "/v1/videos/gen_1/content"

BIG = MP4 + bytes(range(256)) * 4096


def job(link: str | None) -> JobStatus:
    return JobStatus(job_id="gen_1", state=JobState.SUCCEEDED, video_url=link)


def entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def fetch(client: UniAll, link: str | None, to: Path, form: Format = Format.OPENAI) -> Downloaded:
    return await client.download(job(link), to, format=form)


async def fault_of(client: UniAll, link: str | None, to: Path, form: Format = Format.OPENAI) -> Fault:
    with pytest.raises(ProviderError) as caught:
        await fetch(client, link, to, form)
    assert entries(to.parent) == [], "nothing is left behind"
    return caught.value.fault
