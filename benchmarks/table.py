"""What a part of the benchmarks has measured, and how it is printed."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line. what: the measure; value: as it is read, with its unit; beside: what it is compared with; ratio: by it.

    aim: the bound of the ratio or the value as a sentence, where there is one; within: whether it holds.
    """

    what: str
    value: str
    beside: str = ""
    ratio: float | None = None
    aim: str = ""
    within: bool | None = None


def numbers(text: str) -> tuple[int, ...]:
    """The numbers of an option, separated by commas."""
    return tuple(int(number) for number in text.split(","))


def percentile(times: Sequence[float], part: float) -> float:
    """The smallest of the times that so great a part (0 to 1) does not exceed."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def ms(seconds: float) -> str:
    """A time for people."""
    return f"{seconds * 1000:,.1f} ms" if seconds < 0.1 else f"{seconds * 1000:,.0f} ms"


def compared(
    what: str,
    found: Sequence[float],
    beside: Sequence[float],
    unit: str = "s",
    *,
    most: float | None = None,
    least: float | None = None,
) -> Row:
    """A row of rounds measured in turn: the medians of both, and the median of the rounds' ratios.

    most, least: the bound of the ratio.
    """
    ratio = statistics.median(one / other for one, other in zip(found, beside, strict=True))

    def text(values: Sequence[float]) -> str:
        middle = statistics.median(values)
        return ms(middle) if unit == "s" else f"{middle:,.4g} {unit}"

    aim, within = "", None
    if most is not None:
        aim, within = f"≤ {most:g}", ratio <= most
    elif least is not None:
        aim, within = f"≥ {least:g}", ratio >= least
    return Row(what=what, value=text(found), beside=text(beside), ratio=ratio, aim=aim, within=within)


def show(groups: Sequence[tuple[str, Sequence[Row]]], *, markdown: bool = False) -> None:
    """Print all rows; as Markdown for the README."""
    if markdown:
        print("| | measured | beside | ratio | bound |\n|---|---|---|---|---|")
        for title, rows in groups:
            print(f"| **{title}** | | | | |")
            for row in rows:
                print(f"| {row.what} | {row.value} | {row.beside} | {_ratio(row)} | {_bound(row)} |")
        return
    table = Table(show_lines=False)
    for name in ("", "measured", "beside", "ratio", "bound"):
        table.add_column(name, justify="left" if not name else "right", overflow="fold")
    for title, rows in groups:
        table.add_section()
        table.add_row(f"[bold]{title}[/bold]")
        for row in rows:
            style = "red" if row.within is False else ""
            table.add_row(row.what, row.value, row.beside, _ratio(row), _bound(row), style=style)
    Console(width=140 if not Console().is_terminal else None).print(table)


def _ratio(row: Row) -> str:
    return "" if row.ratio is None else f"{row.ratio:.3g}"


def _bound(row: Row) -> str:
    mark = {True: " ✓", False: " ✗", None: ""}[row.within]
    return f"{row.aim}{mark}"
