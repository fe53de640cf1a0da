"""Generations in every state, and the source of the commands as data."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from discord import ui
from fluent.syntax import FluentParser, visitor
from fluent.syntax import ast as fluent

import bot
import cogs
from bot.domain.generation import Generation, Image, Orientation, State
from bot.domain.messages.card import CardContext
from bot.domain.messages.delivery import Delivery, DeliveryState
from bot.domain.provider import Format
from bot.domain.refusals.codes import RefusalCode

COGS = Path(cogs.__file__).parent
BOT = Path(bot.__file__).parent
LOCALES = sorted(path for path in (COGS / "locales").iterdir() if path.is_dir())
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LONG_ID = "0123456789abcdefghjk"
CHINESE = "zh-CN"
HAN = re.compile("[\u4e00-\u9fff]")
# What is written in Latin letters in Chinese too: names, formats, units, and /sora.
LATIN = {"Sora", "Bot", "sora", "UniAll", "Discord", "PNG", "JPEG", "WebP", "CSV", "UTC", "MB", "Asia", "Shanghai"}


def generation(state: State = State.RESERVED, **other: Any) -> Generation:
    values: dict[str, Any] = {
        "id": LONG_ID,
        "interaction_id": "2",
        "guild_id": "300000000000000000",
        "channel_id": "400000000000000000",
        "member_id": "500000000000000000",
        "prompt": "a cat running through grass",
        "family": "Sora 2",
        "model": "sora2-landscape-4s",
        "format": Format.TASK,
        "orientation": Orientation.LANDSCAPE,
        "seconds": 4,
        "price_micros": 272_000,
        "state": state,
        "accepted_at": NOW,
        "due_at": NOW,
    }
    return Generation(**(values | other))


def delivered(state: DeliveryState = DeliveryState.SENT) -> Delivery:
    return Delivery(
        id="9",
        generation_id=LONG_ID,
        channel_id="400000000000000000",
        state=state,
        attempts=1,
        queued_at=NOW,
        message_id="600000000000000000",
    )


PICTURE = Image(file=f"{LONG_ID}-reference.jpg", media_type="image/jpeg")


def situations(prompt: str) -> Iterator[tuple[Generation, CardContext]]:
    """Every state a card can be in, with each thing that changes its words."""
    common: dict[str, Any] = {"prompt": prompt, "image": PICTURE, "family": "x" * 80}
    common |= {"end_image": PICTURE, "sound": True, "seed": 2147483647, "avoid": prompt}
    usual = [None, 92.0, 7400.0]
    for state in State:
        for expected in usual:
            for place in (None, 1, 2, 4321):
                yield generation(state, **common), CardContext(queue_position=place, expected_seconds=expected)
    holds = ("rate_limited", "insufficient_funds", "auth", "model_unavailable", "unreachable", "image", "disk", "other")
    for hold in holds:
        yield generation(hold=hold, **common), CardContext(queue_position=1)
    sent = NOW + timedelta(seconds=3)
    for progress in (0, 1, 50, 100):
        yield (
            generation(State.SUBMITTED, submitted_at=sent, progress=progress, **common),
            CardContext(expected_seconds=92),
        )
        late = generation(State.SUBMITTED, submitted_at=sent, progress=progress, overdue=True, **common)
        yield late, CardContext(expected_seconds=92)
    yield generation(State.SUBMITTED, submitted_at=sent, rendered_at=sent, **common), CardContext()
    for state in DeliveryState:
        done = generation(State.SUCCEEDED, finished_at=NOW + timedelta(hours=30), **common)
        yield done, CardContext(delivery=delivered(state))
    taken_away = replace(delivered(), message_id=None)
    yield generation(State.SUCCEEDED, finished_at=NOW, **common), CardContext(delivery=taken_away)
    for fault in ("expired", "timed_out", "something new"):
        yield generation(State.FAILED, fault=fault, **common), CardContext()


def parts(view: ui.LayoutView) -> list[dict[str, Any]]:
    """Every component of a view, the nested ones too, as Discord counts them."""

    def walk(found: Any) -> Iterator[dict[str, Any]]:
        if isinstance(found, list):
            for item in found:  # pyright: ignore[reportUnknownVariableType] # JSON
                yield from walk(item)
        elif isinstance(found, dict):
            if "type" in found:
                yield found
            yield from walk(list(found.values()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]

    return list(walk(view.to_components()))


def texts(view: ui.LayoutView) -> str:
    """All that a view says."""
    return "\n".join(part["content"] for part in parts(view) if "content" in part)


@cache
def trees(folder: Path) -> Sequence[ast.AST]:
    """The nodes of every module in a folder."""
    return [node for path in sorted(folder.rglob("*.py")) for node in ast.walk(ast.parse(path.read_text("utf-8")))]


def messages(locale: Path) -> dict[str, frozenset[str]]:
    """The texts of a language, over all files of its folder, with the placeholders of each."""
    found: dict[str, frozenset[str]] = {}
    for file in sorted(locale.iterdir()):
        assert file.suffix == ".ftl", f"{file.name} is never read"
        for entry in FluentParser().parse(file.read_text("utf-8")).body:
            if isinstance(entry, fluent.Junk):
                raise AssertionError(f"{file.name}: {entry.content}")
            if isinstance(entry, fluent.Message):
                assert entry.value, f"{entry.id.name} says nothing"
                assert entry.id.name not in found, f"{entry.id.name} twice"
                found[entry.id.name] = _placeholders(entry)
    return found


@cache
def shipped(locale: Path) -> dict[str, frozenset[str]]:
    """`messages` of a language that the bot has, read once."""
    return messages(locale)


def _placeholders(message: fluent.Message) -> frozenset[str]:
    names: set[str] = set()

    class Collect(visitor.Visitor):
        def visit_VariableReference(self, node: fluent.VariableReference) -> None:  # noqa: N802 - fluent's name
            names.add(node.id.name)

    Collect().visit(message)
    return frozenset(names)


@cache
def bare_codes() -> frozenset[RefusalCode]:
    """The codes that the source raises without a payload."""
    return frozenset(
        RefusalCode[part.attr]
        for node in [*trees(BOT), *trees(COGS)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal"
        for part in _outside_calls(node.args[0])
        if isinstance(part, ast.Attribute) and ast.unparse(part.value) == "RefusalCode"
    )


def _outside_calls(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of an expression but for the calls in it: a payload is made by one."""
    if not isinstance(node, ast.Call):
        yield node
        for part in ast.iter_child_nodes(node):
            yield from _outside_calls(part)
