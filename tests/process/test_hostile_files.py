"""Hostile files as reference images: one private sentence and nothing spent, or a picture made anew, under a name of our own."""

import asyncio
import io
import os
import random
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.process.conftest import Studio, picture
from tests.process.stage import ledger, staged
from tests.standins.discord import Person, Upload
from tests.standins.discord.cdn import Cdn
from tests.standins.discord.model import Attachment
from tests.standins.shapes import JsonObject
from tests.tables import sampled

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO_IMAGE = "That file is not a PNG, JPEG or WebP image, or it is damaged. Save it as one of these and add it again."
TOO_MANY = "The image has too many pixels; at most 25 megapixels are possible."
PAYLOAD = b"<?php system($_GET[0]); ?><script>alert(document.domain)</script>%PDF-1.4"


def stored(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """An image as the bytes of a file."""
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def noise(mode: str = "RGB", side: int = 40) -> Image.Image:
    """Every pixel another colour."""
    bands = 2 if mode == "I;16" else len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, (side, side), random.Random(7).randbytes(side * side * bands))


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def declared(width: int, height: int, packed: bytes = b"x\x9c\x03\0\0\0\0\x01") -> bytes:
    """A small PNG that says it is this large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def archive() -> bytes:
    """A ZIP with the payload in it, not packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("run.php", PAYLOAD)
    return out.getvalue()


def with_text(text: bytes) -> bytes:
    """A PNG with the payload in a text."""
    info = PngInfo()
    info.add_text("Comment", text.decode())
    return stored(noise(), pnginfo=info)


PNG, JPEG, WEBP = (stored(noise(), form) for form in ("PNG", "JPEG", "WEBP"))


# Whatever takes a while is made where it is needed, since every worker imports this file.
@cache
def zeros() -> bytes:
    """60 MB of them, packed."""
    return zlib.compress(bytes(60 * 2**20))


def in_chunk(kind: bytes, head: bytes) -> Callable[[], bytes]:
    """A PNG with so much in a chunk that is no picture."""
    return lambda: PNG[:33] + chunk(kind, head + zeros()) + PNG[33:]


GIF = stored(noise().convert("P"), "GIF")

REFUSED: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
    "0 bytes": (b"", "The image is empty (0 bytes)."),
    "21 MB": (lambda: PNG + bytes(21 * 2**20), "The image is too large; at most 20 MB are possible."),
    "a bomb by what it says": (declared(2**31 - 1, 2**31 - 1), TOO_MANY),
    "a bomb that unpacks": (lambda: declared(12_000, 12_000, zeros()), TOO_MANY),
    "a bomb that says it is small": (lambda: declared(40, 40, zeros())[:60], NO_IMAGE),
    "a bomb in a colour profile": (in_chunk(b"iCCP", b"p\0\0"), NO_IMAGE),
    "a bomb in a text": (in_chunk(b"zTXt", b"t\0\0"), NO_IMAGE),
    "half a JPEG": (JPEG[: len(JPEG) // 2], NO_IMAGE),
    "half a PNG": (PNG[: len(PNG) // 2], NO_IMAGE),
    "half a WebP": (WEBP[: len(WEBP) // 2], NO_IMAGE),
    "GIF": (GIF, NO_IMAGE),
    "GIF and PNG": (GIF + PNG, NO_IMAGE),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', NO_IMAGE),
    "SVG and PNG": (b"<svg/>" + PNG, NO_IMAGE),
    "PDF and PNG": (b"%PDF-1.4\n" + PNG, NO_IMAGE),
    "ZIP and JPEG": (archive() + JPEG, NO_IMAGE),
    "a page": (b"<html><script>alert(1)</script></html>", NO_IMAGE),
    "TIFF": (stored(noise(), "TIFF"), NO_IMAGE),
    "a PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run", NO_IMAGE),
    "a list of images": (b"#EXTM3U\nfile:///etc/passwd", NO_IMAGE),
}
TAKEN: dict[str, bytes | Callable[[], bytes]] = {
    "PNG and PDF": PNG + PAYLOAD,
    "PNG and ZIP": PNG + archive(),
    "JPEG and ZIP": JPEG + archive(),
    "WebP and page": WEBP + PAYLOAD,
    "a chunk of its own": PNG[:33] + chunk(b"teSt", PAYLOAD) + PNG[33:],
    "a text": with_text(PAYLOAD),
    "a comment": lambda: stored(noise(), "JPEG", comment=PAYLOAD),
    "a profile": lambda: stored(noise(), "JPEG", icc_profile=PAYLOAD * 9),
    "a huge profile": lambda: stored(noise(), "JPEG", icc_profile=PAYLOAD * 100_000),
    "EXIF": lambda: stored(noise(), "WEBP", exif=b"Exif\0\0" + PAYLOAD * 500),
    "several in one": lambda: stored(noise(), "MPO", save_all=True, append_images=[noise()]) + PAYLOAD,
    "animated PNG": lambda: stored(noise(), save_all=True, append_images=[noise("L").convert("RGB")], duration=9),
    "animated WebP": lambda: stored(
        noise(), "WEBP", save_all=True, append_images=[noise("L").convert("RGB")], duration=9
    ),
    "inks": lambda: stored(noise("CMYK"), "JPEG"),
    "16 bits": lambda: stored(noise("I;16")),
    "one line": lambda: stored(Image.new("RGB", (5000, 1))),
}
NAMES: dict[str, str] = {
    "up": "../../../../etc/cron.d/x.png",
    "Windows": "..\\..\\C:\\CON.png",
    "absolute": "/etc/passwd",
    "NUL": "x.png\0.php",
    "long": "x" * 5000 + ".png",
    "no name": "",
    "right to left": "cat\u202egnp.exe",
    "lines": "a\r\nContent-Type: text/html\r\n\r\n<script>.png",
    "quotes": '"; filename="evil.html',
    "an attachment": "attachment://evil.png",
    "a half pair": "half\ud83d.png",
}
# Each for a way of its own through the checks; the others differ in the decoder or the words, which `tests/media` goes through.
QUICK_REFUSED = ("0 bytes", "21 MB", "a bomb that unpacks", "a bomb in a text", "half a PNG", "ZIP and JPEG", "a page")
QUICK_TAKEN = ("PNG and ZIP", "WebP and page", "a text", "a huge profile", "EXIF", "several in one", "animated PNG")
QUICK_NAMES = ("up", "NUL", "long", "no name", "lines")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """A started bot."""
    async with staged(tmp_path_factory.mktemp("files"), POLL_MIN_SECONDS="1", POLL_MAX_SECONDS="2") as studio:
        yield studio


async def nothing_spent(studio: Studio, person: Person, before: set[str]) -> None:
    """Neither a job, nor an entry, nor a file."""
    assert studio.database.generations(member=person.id) == []
    assert ledger(studio, person) == (0, 0, [])
    ours = {name for name in set(os.listdir(studio.bot.media)) - before if "reference" in name}
    assert ours <= studio.database.images()


def bytes_of(data: bytes | Callable[[], bytes]) -> bytes:
    """The bytes of a file of these tables."""
    return data if isinstance(data, bytes) else data()


@pytest.mark.parametrize(
    ("model", "name"),
    sampled(
        [(model, name) for model in ("Sora 2", "sora-2") for name in REFUSED],
        [*(("Sora 2", name) for name in QUICK_REFUSED), ("sora-2", "half a PNG")],
    ),
)
async def test_a_file_that_is_no_picture_is_refused_in_one_sentence_and_nothing_is_spent(
    studio: Studio, name: str, model: str
) -> None:
    file, words = REFUSED[name]
    person, before = studio.person(), set(os.listdir(studio.bot.media))
    upload = Upload(filename="cat.dat", data=bytes_of(file))  # as .png the stand-in would look into it itself
    answer = await person.slash("sora", prompt="move", model=model, image=upload).answer()
    assert answer.ephemeral
    assert answer.text == words
    await nothing_spent(studio, person, before)


@pytest.mark.parametrize("name", sampled(TAKEN, QUICK_TAKEN))
async def test_of_a_picture_that_is_something_else_as_well_only_the_picture_is_kept_shown_and_sent(
    studio: Studio, name: str
) -> None:
    upload = Upload(filename="cat.png", content_type="text/html", data=bytes_of(TAKEN[name]))
    card = await studio.person().slash("sora", prompt=name, image=upload).message()
    await studio.wait_card(card, "Done")
    [shown] = card.attachments
    kept = [file for file in studio.bot.media.iterdir() if file.read_bytes() == shown.data]
    assert kept
    assert studio.uniall.job(name).image == shown.data
    assert PAYLOAD[:30] not in shown.data
    assert PAYLOAD[-30:] not in shown.data
    assert not zipfile.is_zipfile(io.BytesIO(shown.data))
    with Image.open(io.BytesIO(shown.data)) as image:
        assert not getattr(image, "is_animated", False)
        assert image.mode != "CMYK"
        assert shown.filename == f"reference.{'jpg' if image.format == 'JPEG' else str(image.format).lower()}"


@pytest.mark.parametrize("name", sampled(NAMES, QUICK_NAMES))
async def test_a_file_s_name_is_never_a_path_nor_shown(
    studio: Studio, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plainly = Cdn.attachment
    hostile = {"filename": NAMES[name], "title": NAMES[name], "description": NAMES[name][:1024]}

    def attachment(cdn: Cdn, file: Attachment) -> JsonObject:
        return plainly(cdn, file) | hostile

    with monkeypatch.context() as patch:  # Discord lets no such name through: it is as if it did
        patch.setattr(Cdn, "attachment", attachment)
        invocation = studio.person().slash("sora", prompt=name, image=Upload(data=picture()))
    card = await invocation.message()
    await studio.wait_card(card, "Done")
    assert [file.filename for file in card.attachments] == ["reference.png"]
    [job] = studio.database.generations(name)
    assert (studio.bot.media / str(job.image_file)).read_bytes() == card.attachments[0].data
    assert all(len(one) < 60 and one.isascii() for one in os.listdir(studio.bot.media))
    assert sorted(path.name for path in studio.folder.iterdir() if path.is_dir()) == ["media"]
    assert NAMES[name] not in str(card.components) or not NAMES[name]


async def test_many_hostile_files_at_once_hold_up_nobody(studio: Studio) -> None:
    files = [bytes_of(file) for file, _ in REFUSED.values()]
    hostile = [
        studio.person().slash("sora", prompt="one of many", image=Upload(filename="cat.dat", data=data))
        for data in files
    ]
    card = await studio.person().slash("sora", prompt="between them").message()
    await studio.wait_card(card, "Done")
    await asyncio.gather(
        *(studio.discord.wait_for(lambda each=each: each.first is not None, "an answer") for each in hostile)
    )
    asked = [job.prompt for job in studio.uniall.jobs.values() if job.prompt in ("one of many", "between them")]
    assert asked == ["between them"], "all the others were refused"


async def test_not_a_byte_of_a_picture_is_read_where_quota_or_words_refuse_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Attachment] = []
    opens = Cdn.opens

    def watched(cdn: Cdn, file: Attachment, query: Mapping[str, str]) -> bool:
        opened.append(file)
        return opens(cdn, file, query)

    monkeypatch.setattr(Cdn, "opens", watched)
    async with staged(tmp_path, DEFAULT_QUOTA="0 videos per day") as studio:
        for prompt in ("a cat", "\u200b "):
            invocation = studio.person().slash("sora", prompt=prompt, image=Upload(data=picture()))
            assert (await invocation.answer()).ephemeral
        assert len(studio.database.generations()) == 0
        assert opened == []
    (tmp_path / "open").mkdir()
    async with staged(tmp_path / "open", DEFAULT_QUOTA="1 videos per day") as studio:
        card = await studio.person().slash("sora", prompt="a cat", image=Upload(data=picture())).message()
        await studio.wait_card(card, "Done")
        assert opened, "a picture is read from where this test looks"
