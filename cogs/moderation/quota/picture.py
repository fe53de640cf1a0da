"""Draws the picture of a report with matplotlib's object interface on Agg: no global state, and no pyplot.

Only the drawing process loads matplotlib (`cogs.moderation.quota.drawing`), which keeps the bot small. Characters that
no font here has are left out of a name; if nothing is left, the end of the member's id is shown. Text is never read as
a formula.

The picture is in the language of whoever reads it. A machine may have no font for Chinese, so one comes along, with the
common characters and those of the texts (`fonts/OFL.txt`).
"""

# pyright: reportUnknownMemberType=false
# matplotlib's own annotations leave its keyword arguments open.

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from bot.domain.quota.limits import LimitUsage, Unit
from bot.domain.quota.spending import DELETED, Tally
from bot.usecases.moderation.spending import SpendingReport
from cogs._ui import phrases, text
from cogs._ui.wording import DEFAULT, Words, words
from cogs.moderation.quota.picture_dates import day_ticks, month

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 110
WIDTH, LEFT, RIGHT = 11.0, 1.55, 0.4  # inches, like all lengths below
HEAD, PER_DAY, GAP, BELOW = 1.55, 2.3, 0.8, 0.35
BACK, PANEL, INK, DIM, GRID = "#1e1f22", "#2b2d31", "#f2f3f5", "#a5a8b0", "#3f4248"
DONE, RUNNING, LOST, FULL = "#5865f2", "#f0b232", "#6d6f78", "#f23f43"
LONGEST_NAME = 17
LEAST_SLOTS = 7
CHINESE, CHINESE_FILE = "Noto Sans SC Subset", "NotoSansSC-Subset.ttf"
# Common system fonts for other scripts, besides the font that matplotlib ships.
FAMILIES = (
    *("Noto Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans CJK KR", "Noto Sans Arabic", "Noto Sans Hebrew"),
    *("Noto Sans Devanagari", "Noto Sans Thai", "Noto Emoji", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Unifont"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureNames:
    """The names of the server and its members in the picture. locale: the language of the rest."""

    server: str
    members: Mapping[str, str]
    locale: str = DEFAULT


def draw(spending: SpendingReport, names: PictureNames) -> bytes:
    """Return a PNG. Loads matplotlib and takes about half a second: see `cogs.moderation.quota.drawing`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    say = words(names.locale)
    members = [(_member(say, member_id, names.members), tally) for member_id, tally in spending.members]
    models = [(say("picture-deleted") if name == DELETED else name, tally) for name, tally in spending.models]
    slots = max(len(spending.members), len(spending.models), 3)
    ranking, pooled = 0.3 + 0.32 * slots, 0.2 + 0.36 * max(1, len(spending.pools))
    height = HEAD + PER_DAY + ranking + pooled + 2 * GAP - 0.1 + BELOW
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=BACK)
    FigureCanvasAgg(figure)

    def place(top: float, tall: float, left: float = LEFT, wide: float = WIDTH - LEFT - RIGHT) -> "Axes":
        """Add axes; all lengths in inches from the top left corner."""
        return figure.add_axes((left / WIDTH, 1 - (top + tall) / height, wide / WIDTH, tall / height))

    _head(figure, say, spending, names, height)
    _days(place(HEAD, PER_DAY), say, spending)
    top, half = HEAD + PER_DAY + GAP, (WIDTH - 2 * LEFT - RIGHT) / 2
    _ranking(place(top, ranking, LEFT, half), say, say("picture-members"), members, slots, spending.more_members)
    right = place(top, ranking, 2 * LEFT + half, half)
    _ranking(right, say, say("picture-models"), models, slots, spending.more_models)
    _pools(place(top + ranking + GAP - 0.1, pooled), say, spending.pools)
    _set_fonts(figure)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=BACK)
    return out.getvalue()


def _set_fonts(figure: "Figure") -> None:
    from matplotlib.text import Text

    for label in figure.findobj(Text):
        label.set_fontfamily(list(_fonts()))


def _head(figure: "Figure", say: Words, spending: SpendingReport, names: PictureNames, height: float) -> None:
    from matplotlib.patches import Patch

    first, last = (
        say("picture-date", day=str(day.day), month=month(say, day), year=str(day.year))
        for day in (spending.first, spending.last)
    )
    server = plain(names.server, 40) or "Discord"
    if first == last:
        title = say("picture-title-day", server=server, day=last)
    else:
        title = say("picture-title", server=server, first=first, last=last)
    left = LEFT / WIDTH
    figure.text(left, 1 - 0.28 / height, _literal(title), fontsize=17, color=INK, weight=_weight(say), va="top")
    total = spending.total
    used = text.total(say, total.used, estimates=total.used_estimated)
    totals = say("picture-totals", videos=text.amount(say, Unit.VIDEOS, total.done), used=used)
    figure.text(left, 1 - 0.7 / height, _literal(totals), fontsize=12.5, color=DIM, va="top")
    marks = (
        Patch(color=DONE, label=f"{say('picture-done')} {total.done:,}"),
        Patch(color=RUNNING, label=f"{say('picture-running')} {total.running:,}"),
        Patch(color=LOST, label=f"{say('picture-lost')} {total.lost:,}"),
    )
    figure.legend(
        handles=marks,
        loc="upper right",
        bbox_to_anchor=(1 - (RIGHT - 0.08) / WIDTH, 1 - 0.62 / height),
        ncols=3,
        frameon=False,
        labelcolor=DIM,
        fontsize=10.5,
        handlelength=1,
        handleheight=1,
        columnspacing=1.4,
    )


def _weight(say: Words) -> str:
    """Return the weight of a heading: the font that comes along has no bold, and figures beside it would stand out."""
    return "bold" if say.locale == DEFAULT else "normal"


def _panel(axes: "Axes", say: Words, title: str) -> None:
    axes.set_facecolor(PANEL)
    axes.set_title(_literal(title), loc="left", color=INK, fontsize=12.5, weight=_weight(say), pad=9)
    axes.tick_params(colors=DIM, labelsize=10, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _days(axes: "Axes", say: Words, spending: SpendingReport) -> None:
    _panel(axes, say, say("picture-days"))
    tallies = [tally for _, tally in spending.days]
    places = range(len(tallies))
    below = [0] * len(tallies)
    stacks = (
        (DONE, [tally.done for tally in tallies]),
        (RUNNING, [tally.running for tally in tallies]),
        (LOST, [tally.lost for tally in tallies]),
    )
    for colour, numbers in stacks:
        axes.bar(places, numbers, width=0.8 if len(tallies) <= 120 else 1.0, bottom=below, color=colour, zorder=2)
        below = [low + number for low, number in zip(below, numbers, strict=True)]
    beside = max(0.0, (LEAST_SLOTS - len(tallies)) / 2)
    axes.set_xlim(-0.6 - beside, len(tallies) - 0.4 + beside)
    highest = max([*below, 1])
    axes.set_ylim(0, highest * 1.12)
    step = _step(highest)
    heights = list(range(0, highest + 1, step))
    axes.set_yticks(heights, [f"{height:,}" for height in heights])
    axes.grid(axis="y", color=GRID, linewidth=0.8, zorder=0)
    ticks = day_ticks(say, [day for day, _ in spending.days])
    axes.set_xticks([place for place, _ in ticks], [label for _, label in ticks])
    if highest == 1 and not any(below):
        axes.text(
            0.5, 0.5, _literal(say("picture-nothing")), transform=axes.transAxes, color=DIM, ha="center", fontsize=12
        )


def _ranking(axes: "Axes", say: Words, title: str, rows: Sequence[tuple[str, Tally]], slots: int, more: int) -> None:
    """Draw horizontal bars, the most expensive on top. Each is labelled with its cost and number of videos."""
    if more:
        title = f"{title} ({say('picture-more', count=more)})"
    _panel(axes, say, title)
    axes.set_xticks([])
    axes.set_ylim(slots - 0.4, -0.6)
    if not rows:
        axes.set_yticks([])
        axes.text(
            0.5, 0.5, _literal(say("picture-nothing")), transform=axes.transAxes, color=DIM, ha="center", va="center"
        )
        return
    places = range(len(rows))
    axes.set_yticks(list(places), [_literal(plain(name, LONGEST_NAME)) for name, _ in rows])
    used = [tally.used for _, tally in rows]
    axes.barh(places, used, height=0.62, color=DONE, zorder=2)
    axes.barh(places, [tally.held for _, tally in rows], left=used, height=0.62, color=RUNNING, zorder=2)
    widest = max([tally.cost for _, tally in rows] + [1])
    axes.set_xlim(0, widest * 2.0)
    for place, (_, tally) in enumerate(rows):
        count = text.amount(say, Unit.VIDEOS, tally.done + tally.running)
        cost = text.total(say, tally.cost, estimates=tally.used_estimated + tally.held_estimated)
        label = _literal(say("picture-bar", cost=cost, count=count))
        axes.text(tally.cost + widest * 0.03, place, label, color=INK, fontsize=10, va="center")


def _pools(axes: "Axes", say: Words, pools: Sequence[LimitUsage]) -> None:
    """Draw one line for each pool: what is used and held of it now."""
    _panel(axes, say, say("picture-pools"))
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlim(0, 1)
    axes.set_ylim(max(1, len(pools)) - 0.4, -0.6)
    if not pools:
        axes.text(
            0.5, 0.5, _literal(say("picture-no-pools")), transform=axes.transAxes, color=DIM, ha="center", va="center"
        )
        return
    labels: list[str] = []
    for place, use in enumerate(pools):
        limit = use.limit
        whole = max(limit.amount, 1)
        used, held = min(1.0, use.used / whole), min(1.0, (use.used + use.held) / whole)
        full = use.left == 0
        axes.barh(place, 0.6, height=0.5, color=GRID, zorder=1)
        axes.barh(place, 0.6 * held, height=0.5, color=RUNNING, zorder=2)
        axes.barh(place, 0.6 * used, height=0.5, color=FULL if full else DONE, zorder=3)
        amount = phrases.figure(say, limit.unit, limit.amount)
        spent = text.use(say, use, use.used + use.held)
        label = say("picture-pool", used=spent, limit=amount, per=say(f"per-{limit.per}"))
        axes.text(0.62, place, _literal(label), color=INK, fontsize=10.5, va="center")
        labels.append(f"{min(999, 100 * (use.used + use.held) // whole)} %" if limit.amount else "–")
    axes.set_yticks(list(range(len(pools))), labels)


def _step(highest: int) -> int:
    """Return a round step that gives three to six grid lines."""
    for power in range(12):
        for digit in (1, 2, 5):
            if highest <= 5 * digit * 10**power:
                return digit * 10**power
    return highest


def _member(say: Words, member_id: str, names: Mapping[str, str]) -> str:
    if member_id == DELETED:
        return say("picture-deleted")
    name = plain(names.get(member_id, ""), LONGEST_NAME)
    return name or say("picture-member", digits=member_id[-4:])


def plain(name: str, most: int) -> str:
    """Return a name in characters that the fonts here have, at most `most` long. Empty if none is left."""
    shown = "".join(char for char in name if char.isprintable() and ord(char) in _characters())
    shown = " ".join(shown.split())
    return shown if len(shown) <= most else f"{shown[: most - 1].rstrip()}…"


def _literal(label: str) -> str:
    """Escape dollar signs: matplotlib would read the text between two of them as a formula."""
    return label.replace("$", r"\$")


@cache
def _fonts() -> tuple[str, ...]:
    from matplotlib import font_manager

    with resources.as_file(resources.files("cogs.moderation.quota") / "fonts" / CHINESE_FILE) as path:
        font_manager.fontManager.addfont(path)
    known = {font.name for font in font_manager.fontManager.ttflist}
    return ("DejaVu Sans", CHINESE, *(family for family in FAMILIES if family in known))


@cache
def _characters() -> frozenset[int]:
    """Return every character that one of the fonts has."""
    from matplotlib import font_manager

    characters: set[int] = set()
    for family in _fonts():
        path = font_manager.findfont(font_manager.FontProperties(family=[family]))
        characters |= set(font_manager.get_font(path).get_charmap())
    return frozenset(characters)
