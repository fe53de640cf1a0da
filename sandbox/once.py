"""`--once`: runs one `/sora`, from the command to the saved video, as a member would.

Promised: every step is reported as it happens, and the file is a video that decodes to its last frame. Anything else
raises `FailedError` with the reason, in the words that the member would have read.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import discord
from av.error import FFmpegError
from simcord.backend.errors import BackendError, SetupError

from cogs._ui.wording import words
from sandbox.errors import FailedError
from sandbox.session import Session

LONGEST_WAIT = 120.0
_LOOK = 0.1


async def drive_once(session: Session, prompt: str, folder: Path, say: Callable[[str], None]) -> Path:
    """Run `/sora` as the first member in the first channel. Returns the saved file. `say` receives each step."""
    server, driver = session.server, session.driver
    member, channel = server.people[0], server.channels[0]
    begun = time.monotonic()

    def tell(step: str) -> None:
        say(f"{time.monotonic() - begun:5.1f} s  {step}")

    tell(f"UniAll stand-in at {session.uniall.base_url}; the bot is up in {server.guild.name}, #{channel.name}")
    tell(f"{member.user.global_name} runs /sora prompt: {prompt}")
    try:
        async with driver.turn():
            run = await member.slash(channel, "sora", prompt=prompt)
    except (SetupError, BackendError, TimeoutError) as error:
        raise FailedError(f"/sora could not be run: {str(error).partition(chr(10))[0]}") from error
    if run.response is None:
        raise FailedError(f"/sora got no answer{_first_error(session)}")
    if run.response.ephemeral:
        raise FailedError(f"/sora was refused: {' · '.join(plain(words_of(run.response.message)))}")
    try:
        async with asyncio.timeout(LONGEST_WAIT):
            posted = await _until_posted(session, run.response.id, tell)
    except TimeoutError:
        raise FailedError(f"no video within {LONGEST_WAIT:.0f} seconds{_first_error(session)}") from None
    return await _save(session, posted, folder, tell)


async def _until_posted(session: Session, card_id: int, tell: Callable[[str], None]) -> discord.Message:
    """Return the message with the video, after reporting each change of the card and each answer of UniAll."""
    last_lines: list[str] = []
    answered = 0
    while True:
        messages = session.server.channels[0].history(viewer=session.server.people[0])
        card = next((message for message in messages if message.id == card_id), None)
        if card is not None and (lines := plain(words_of(card))) != last_lines:
            tell(f"card: {' · '.join(line for line in lines if line not in last_lines)}")
            last_lines = lines
        for submit in session.uniall.submits[answered:]:
            answered += 1
            outcome = f"accepted as {submit.job_id}" if submit.job_id else f"refused with {submit.status}"
            tell(f"UniAll: {submit.fields.get('model')} {outcome}")
        for message in messages:
            if message.id != card_id and any(file.filename.endswith(".mp4") for file in message.attachments):
                return message
        if card is not None and _ended_without_video(card):
            raise FailedError(" · ".join(last_lines) or "the job failed")
        await asyncio.sleep(_LOOK)


def _ended_without_video(card: discord.Message) -> bool:
    """Return whether the card says that no video will come."""
    if {"Again", "Remix"} & set(_labels(card.components)):
        return True
    ends = (words()("card-failed", why=""), words()("card-cancelled"), words()("card-kept"))
    return any(end.partition("·")[0].strip() in words_of(card) for end in ends)


async def _save(session: Session, posted: discord.Message, folder: Path, tell: Callable[[str], None]) -> Path:
    attachment = next(file for file in posted.attachments if file.filename.endswith(".mp4"))
    tell(f"posted: {attachment.filename}, {attachment.size} bytes")
    async with session.driver.turn():
        video = await attachment.read()
    path = folder / f"sora-sandbox-{posted.id}.mp4"
    tell(f"checked: {await asyncio.to_thread(_store, path, video)}")
    return path


def _store(path: Path, video: bytes) -> str:
    """Write the file, decode it to the end, and return its description."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(video)
    except OSError as error:
        raise FailedError(f"{path} could not be written: {error.strerror}") from error
    try:
        with av.open(path, "r") as opened:
            stream = opened.streams.video[0]
            frames = sum(1 for _ in opened.decode(stream))
            seconds = (opened.duration or 0) / 1_000_000
            return f"{stream.codec_context.name}, {stream.width}×{stream.height}, {seconds:.1f} s, {frames} frames"
    except (FFmpegError, IndexError) as error:
        raise FailedError(f"the posted file is not a video: {error}") from error


def words_of(message: discord.Message) -> str:
    """Return all text of a message: content, embeds, text displays."""
    parts = [message.content]
    for embed in message.embeds:
        parts += [embed.title or "", embed.description or ""]
        parts += [f"{field.name}: {field.value}" for field in embed.fields]
    parts += [part.content for part in _walk(message.components) if isinstance(part, discord.TextDisplay)]
    return "\n".join(part for part in parts if part)


def plain(text: str) -> list[str]:
    """Return the lines of a message without their Markdown."""
    text = re.sub(r"\[([^\]]+)\]\((\S+)\)", r"\1", text)
    lines = (re.sub(r"^(?:-# |> |#+ )", "", line.strip()) for line in text.splitlines())
    return [discord.utils.remove_markdown(line) for line in lines if line]


def _labels(components: Any) -> list[str]:
    return [part.label or "" for part in _walk(components) if isinstance(part, discord.Button)]


def _walk(components: Any) -> Iterator[Any]:
    for part in components:
        yield part
        yield from _walk(getattr(part, "children", ()))


def _first_error(session: Session) -> str:
    """Return an error inside the bot that SimCord caught."""
    errors = session.server.env.errors
    return f": {type(errors[0]).__name__}: {str(errors[0]).partition(chr(10))[0]}" if errors else ""
