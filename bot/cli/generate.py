"""`sora-bot generate`: one video straight from UniAll to a file. No Discord, no database, no quota.

The account of the key pays.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bot.catalog.catalog import Catalog
from bot.catalog.offers import Choice
from bot.cli.models import lengths
from bot.domain.errors import OperatorNeeded, ProviderError, Unusable
from bot.domain.generation import Orientation
from bot.domain.provider import (
    Accepted,
    Downloaded,
    Fault,
    Format,
    JobState,
    JobStatus,
    NeverLeft,
    Order,
    Outcome,
    Refused,
    RetryLater,
    Unclear,
)
from bot.domain.quota.ledger import usd
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import NoFit, Unavailable, UnknownModel
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.video_options import VideoOptions
from bot.media.files.folder import LocalMediaFolder
from bot.media.pictures import images
from bot.monitoring import logs
from bot.settings import Settings
from bot.uniall import UniAll
from bot.usecases.requests.prompt import LONGEST_AVOID, clean


def generate(arguments: argparse.Namespace) -> int:
    """Submit once, wait, download; returns 0, or raises Unusable with the reason in one line."""
    return asyncio.run(_generate(arguments))


async def _generate(arguments: argparse.Namespace) -> int:
    settings = Settings.load(discord_token="none")  # noqa: S106 - this command never talks to Discord
    # The reason of a failure is one line on stderr, so the log stays quiet.
    logs.configure(level="DEBUG" if settings.log_level == "DEBUG" else "ERROR")
    try:
        prompt = clean(arguments.prompt)
    except Refusal as refusal:
        raise Unusable(
            "the prompt is empty" if refusal.code == RefusalCode.PROMPT_EMPTY else "the prompt is too long"
        ) from refusal
    if len(arguments.avoid or "") > LONGEST_AVOID:
        raise Unusable(f"--avoid has at most {LONGEST_AVOID} characters")
    _check_target(arguments.out)
    async with UniAll(
        key=settings.uniall_api_key.get_secret_value(),
        base_url=settings.uniall_base_url,
        allow_local_media=settings.allow_local_media,
    ) as uniall:
        choice = await _choose(settings, uniall, arguments, prompt)
        with tempfile.TemporaryDirectory() as scratch:
            order = _order(prompt, choice, arguments, Path(scratch))
            console = Console(stderr=True)
            shape = "the picture's shape" if choice.shape_from_image else str(choice.orientation)
            about = "about " if choice.offer.estimate else ""
            console.print(f"{choice.offer.model}, {shape}, {choice.seconds} s, {about}{usd(choice.price_micros)}")
            file = await _make(uniall, order, arguments.out, console, settings.poll_bounds)
    print(file)
    return 0


def _check_target(out: str | None) -> None:
    """Raises Unusable before anything is spent: a video that cannot be written would be billed all the same."""
    if not os.access(Path(out or "video.mp4").parent, os.W_OK) or (out and Path(out).is_dir()):
        raise Unusable(f"{out or 'the working folder'} cannot be written")


def _options(arguments: argparse.Namespace, prompt: str) -> VideoOptions:
    return VideoOptions(
        orientation=Orientation(arguments.shape) if arguments.shape else None,
        seconds=arguments.seconds,
        image=arguments.image is not None,
        end_image=arguments.end_image is not None,
        sound={"on": True, "off": False}.get(arguments.sound or ""),
        avoid=arguments.avoid,
        seed=arguments.seed,
        prompt_length=len(prompt),
    )


async def _choose(settings: Settings, uniall: UniAll, arguments: argparse.Namespace, prompt: str) -> Choice:
    catalog = Catalog.read(settings.models_file)
    try:
        catalog.listed(await uniall.models())
    except ProviderError as error:
        if error.fault is Fault.AUTH:
            raise OperatorNeeded(f"UniAll at {settings.uniall_base_url} does not accept UNIALL_API_KEY") from error
        print(f"The key's models could not be listed ({error.fault}); going on", file=sys.stderr)
    try:
        return catalog.resolve(catalog.named(arguments.model or ""), _options(arguments, prompt))
    except Refusal as refusal:
        raise Unusable(f"no model fits ({refusal.code}). {_hint(refusal)}".strip()) from refusal


def _hint(refusal: Refusal) -> str:
    """The options that would fit, or the models that exist."""
    match refusal.payload:
        case NoFit(options=options, lacks=lacks, others=others):
            made = "; ".join(
                f"{option.model}: {'/'.join(option.orientations)}, {lengths(option.seconds)} s" for option in options
            )
            able = f". These can: {', '.join(other.name for other in others)}" if others else ""
            return f"What does not fit: {', '.join(lacks).replace('_', ' ')}. It makes {made}{able}"
        case Unavailable(prices=prices):
            return ", ".join(price.name for price in prices)
        case UnknownModel(names=names):
            return ", ".join(names)
        case _:
            return ""


def _order(prompt: str, choice: Choice, arguments: argparse.Namespace, scratch: Path) -> Order:
    """The order in the offer's own format; a local image only where the format carries a file."""
    offer, image, end_image = choice.offer, arguments.image, arguments.end_image
    openai = offer.format is Format.OPENAI
    file: Path | None = None
    if image and openai:
        try:
            checked = images.check(Path(image).read_bytes())
            source = scratch / f"image.{checked.suffix}"
            source.write_bytes(checked.data)
            file = scratch / "fitted.png"
            images.fit(source, file, offer.size(choice.orientation) or "")
        except Refusal as refusal:
            raise Unusable(f"{image} cannot be used ({refusal.code})") from refusal
        except OSError as error:
            raise Unusable(f"{image} cannot be read: {error.strerror}") from error
    elif image and not image.startswith(("http://", "https://")):
        raise Unusable(f"{offer.model} takes the public address of an image, not a file; or use --model sora-2")
    if end_image and (not image or not end_image.startswith(("http://", "https://"))):
        raise Unusable("--end-image is the public address of an image, beside --image")
    return choice.order(prompt, image_url=None if openai else image, image_file=file, end_image_url=end_image)


async def _make(uniall: UniAll, order: Order, out: str | None, console: Console, bounds: tuple[float, float]) -> Path:
    job = _accepted(await uniall.submit(order))
    console.print(f"accepted as {job.job_id}")
    to = Path(out or f"{''.join(char if char.isalnum() or char in '-_' else '_' for char in job.job_id)}.mp4")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    try:
        with Progress(*columns, console=console) as progress:
            bar: TaskID = progress.add_task("rendering", total=100)
            done = await uniall.wait(
                job.job_id,
                format=order.format,
                on_status=lambda status: progress.update(bar, completed=status.progress or 0),
                poll_min=bounds[0],
                poll_max=bounds[1],
            )
            if done.state is not JobState.SUCCEEDED:
                raise Unusable(f"job {job.job_id} failed: {done.fault or done.state}. {done.detail}".strip())
            progress.update(bar, completed=100)
        with Progress(TextColumn("downloading"), BarColumn(), DownloadColumn(), console=console) as progress:
            bar = progress.add_task("downloading", total=None)
            file: Downloaded = await uniall.download(
                done,
                to,
                format=order.format,
                on_bytes=lambda have, total: progress.update(bar, completed=have, total=total),
            )
            await LocalMediaFolder(file.path.parent).check_video(file.path)
    except ProviderError as error:
        raise Unusable(f"job {job.job_id}: {error.fault}: {error.detail}; it may have been billed") from error
    except OSError as error:
        raise Unusable(f"{to} cannot be written: {error.strerror}; job {job.job_id} is finished at UniAll") from error
    return file.path


def _accepted(outcome: Outcome) -> JobStatus:
    match outcome:
        case Accepted(status=status):
            return status
        case Refused(fault=fault, detail=detail):
            raise Unusable(f"UniAll refused: {fault}. {detail}".strip())
        case RetryLater(fault=fault, detail=detail):
            raise Unusable(f"UniAll takes no job now: {fault}. Nothing was billed; try again later. {detail}".strip())
        case NeverLeft(detail=detail):
            raise Unusable(f"UniAll could not be reached, nothing was billed. {detail}".strip())
        case Unclear(detail=detail):
            raise Unusable(
                f"UniAll did not answer; the job may have been billed, look at your account. {detail}".strip()
            )
