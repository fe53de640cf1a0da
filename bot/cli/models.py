"""`sora-bot models`: what the key can use now, what each model can do and costs, and what the catalogue lacks.

It spends nothing and needs no Discord. What the key's list has and the catalogue lacks is printed as rows for a models
file; they are refused at start until what only the model's own page can say has been filled in.
"""

import asyncio
import json
import re
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.catalog import models_file
from bot.catalog.catalog import Catalog
from bot.catalog.offers import Offer
from bot.domain.errors import OperatorNeeded, ProviderError, Unusable
from bot.domain.provider import Fault
from bot.monitoring import logs
from bot.settings import Settings
from bot.uniall import UniAll

WIDE = 200  # columns where the output is no terminal
# Words in the ids of video models. A key's list also has the models for text, pictures and speech.
_VIDEO = re.compile(
    r"video|sora|veo|kling|wan\d|happy-?horse|seedance|vidu|hailuo|luma|runway|pika|i2v|t2v|r2v|grok-imagine",
    re.IGNORECASE,
)


def models() -> int:
    """Print the table and the rows; returns 0. Raises Unusable, after the table, where the key's list cannot be read."""
    return asyncio.run(_models())


async def _models() -> int:
    settings = Settings.load(discord_token="none")  # noqa: S106 - this command never talks to Discord
    logs.configure(level="DEBUG" if settings.log_level == "DEBUG" else "ERROR")
    catalog = Catalog.read(settings.models_file)
    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    try:
        async with UniAll(key=settings.uniall_api_key.get_secret_value(), base_url=settings.uniall_base_url) as uniall:
            listed = frozenset(await uniall.models())
    except ProviderError as error:
        if error.fault is Fault.AUTH:
            raise OperatorNeeded(f"UniAll at {settings.uniall_base_url} does not accept UNIALL_API_KEY") from error
        console.print(_table(catalog, None))
        raise Unusable(
            f"the key's models could not be listed ({error.detail or error.fault}): what it can use is not known;"
            " `sora-bot check` says what to do"
        ) from error
    catalog.listed(listed)
    console.print(_table(catalog, listed))
    out_of_use = {
        row.model for family in models_file.read(settings.models_file) for row in family.offer if not row.enabled
    }
    _print_unknown(console, sorted(listed - {offer.model for offer in catalog.offers} - out_of_use))
    if found := sorted(listed & out_of_use):
        console.print(
            f"\nOn the key's list, but out of use in the catalogue (enabled = false): {', '.join(found)}", markup=False
        )
    return 0


def _table(catalog: Catalog, listed: frozenset[str] | None) -> Table:
    """A row for each offer; the ids of a template, which say shape and length, are one row."""
    table = Table(title="What can be made", title_justify="left", header_style="bold")
    for heading in ("Family", "Model id", "Key", "Lengths", "Shapes", "Picture", "Sound", "More"):
        table.add_column(heading)
    table.add_column("$ a second", justify="right")
    family = ""
    for offers in _rows(catalog.offers):
        first = offers[0]
        usable = [catalog.usable(offer) for offer in offers]
        key = "?" if listed is None else "yes" if all(usable) else "some" if any(usable) else "no"
        table.add_row(
            "" if first.family == family else escape(first.family),
            escape(_id(offers)),
            {"yes": "[green]yes[/]", "some": "[yellow]some[/]", "no": "[red]no[/]"}.get(key, key),
            f"{lengths({seconds for offer in offers for seconds in offer.seconds})} s",
            _shapes(offers),
            _picture(first),
            {True: "always", False: "never", None: "on/off" if first.audio else "–"}[first.sound],
            ", ".join(_more(first)) or "–",
            f"{'about ' if first.estimate else ''}{first.micros_per_second / 1_000_000:g}",
            style="" if any(usable) or listed is None else "dim",
        )
        family = first.family
    return table


def _rows(offers: Iterable[Offer]) -> list[list[Offer]]:
    """The offers by row: those of a template together."""
    rows: list[list[Offer]] = []
    for offer in offers:
        last = rows[-1][-1] if rows else None
        if last and offer.encoded and last.encoded and last.family == offer.family:
            rows[-1].append(offer)
        else:
            rows.append([offer])
    return rows


def _id(offers: Sequence[Offer]) -> str:
    return offers[0].model if len(offers) == 1 else f"{offers[0].model} … {offers[-1].model}"


def lengths(seconds: Iterable[int]) -> str:
    """Lengths in short: "4, 8, 12", "3–15"."""
    found = sorted(seconds)
    if len(found) > 2 and found == list(range(found[0], found[-1] + 1)):
        return f"{found[0]}–{found[-1]}"
    return ", ".join(map(str, found))


def _shapes(offers: Sequence[Offer]) -> str:
    if offers[0].image_required and offers[0].shape_from_image:
        return "the picture's"
    return ", ".join(dict.fromkeys(shape.ratio for offer in offers for shape in offer.orientations))


def _picture(offer: Offer) -> str:
    words = ["needed" if offer.image_required else "yes" if offer.image else "no"]
    words += ["and last"] if offer.end_image else []
    return " ".join(words) + (", gives the shape" if offer.shape_from_image else "")


def _more(offer: Offer) -> list[str]:
    """What else a member may say."""
    return [name for name, place in (("seed", offer.seed), ("avoid", offer.negative)) if place]


def _print_unknown(console: Console, ids: Sequence[str]) -> None:
    """The video models that the catalogue lacks, as rows; the others only by name."""
    videos, others = [one for one in ids if _VIDEO.search(one)], [one for one in ids if not _VIDEO.search(one)]
    if videos:
        print(
            f"\n# The key's list has {len(videos)} video models that the catalogue lacks. Rows to paste into a models file;"
            "\n# what follows FILL IN is on the model's page. How a row is written: bot/catalog/models.toml.\n"
        )
        print("\n".join(row(one) for one in videos))
    if others:
        named = ", ".join(others)
        console.print(
            f"\n{len(others)} more ids on the key's list do not look like video models: {named}", markup=False
        )


def row(model: str) -> str:
    """A row of a models file for an id of which nothing else is known. It is refused at start until it is filled in."""
    name = json.dumps(model, ensure_ascii=False)
    form = "task" if model.casefold().startswith("sora") else "media"
    return f"""\
[[family]]
name = {name}  # what members read

[[family.offer]]
model = {name}
format = "{form}"
seconds = []  # FILL IN: [5, 10], or {{ from = 3, to = 15 }}
usd_per_second = nan  # FILL IN
estimate = true  # as long as UniAll publishes no price
# ratios = ["16:9", "9:16"], image, end_image, audio, seed, negative: FILL IN what it has
"""
