"""Moderators and members of a server with the whole bot between stand-ins, and records for what needs no bot."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.quota.limits import Limit, LimitUsage, Per, Scope, Unit, window
from bot.domain.quota.spending import Sums, Tally, UsageRow
from bot.usecases.moderation.spending import TOP_MEMBERS, TOP_MODELS, Days
from tests.process.conftest import Studio, database_server, fresh, said, shared
from tests.standins.discord import Message, Permission, Person

__all__ = ["database_server", "fresh", "shared"]

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DEFAULT = "5 videos per day, 3 usd per day"


@dataclass(slots=True, kw_only=True)
class Desk:
    """The bot, a moderator, and a member without rights."""

    studio: Studio
    ann: Person
    mia: Person

    async def ask(self, person: Person, command: str, /, **given: object) -> str:
        """What a command answers; only the one who asked sees it, and nobody is pinged."""
        return said(await self.card(person, command, **given)).strip()

    async def card(self, person: Person, command: str, /, **given: object) -> Message:
        """The same as a message."""
        invocation = person.slash(command, **given)
        answer = await invocation.answer()
        assert answer.ephemeral, command
        message = await invocation.message()
        assert not message.pinged, command
        assert message.viewer_id == person.id
        return message

    async def quota(self, command: str, /, **given: object) -> str:
        """The moderator's command."""
        return await self.ask(self.ann, f"quota {command}", **given)

    async def film(self, person: Person, prompt: str = "a cat") -> bool:
        """Whether the member got a job; once it is done."""
        before = len(self.studio.results())
        answer = await person.slash("sora", prompt=prompt).answer()
        if not answer.ephemeral:
            await self.studio.wait_results(before + 1)
        return not answer.ephemeral

    async def rules(self, typed: str = "") -> dict[str, str]:
        """What /quota remove offers: names with the values behind them."""
        answer = await self.ann.autocomplete("quota remove", "rule", rule=typed).answer()
        return {str(choice["name"]): str(choice["value"]) for choice in answer.choices}


@pytest.fixture
def desk(fresh: Studio) -> Desk:
    """A new server of the bot that the tests of a file share; with the operator's usual default."""
    ann = fresh.discord.person("Ann", permissions=Permission.MANAGE_GUILD)
    return Desk(studio=fresh, ann=ann, mia=fresh.person("Mia"))


ROW = UsageRow(
    generation_id="0123456789abcdefghjk",
    accepted_at=NOW,
    ended_at=NOW,
    channel_id="400000000000000000",
    member_id="500000000000000000",
    family="Sora 2",
    model="sora2-landscape-4s",
    seconds=4,
    price_micros=272_000,
    state="succeeded",
    fault="",
    prompt="a cat",
)


def row(**other: Any) -> UsageRow:
    """One generation."""
    return replace(ROW, **other)


def added_up(period: Days, rows: Iterable[UsageRow], *, members: int = TOP_MEMBERS, models: int = TOP_MODELS) -> Sums:
    """What rows add up to, one by one: what the database must say."""
    days: dict[int, Tally] = {}
    by: tuple[dict[str, Tally], dict[str, Tally]] = ({}, {})
    for one in rows:
        number = (one.accepted_at.astimezone(period.zone).date() - period.first).days
        price = one.price_micros
        tally = Tally(running=1, held=price, held_estimated=int(one.estimate))
        if one.state == "succeeded":
            tally = Tally(done=1, used=price, used_estimated=int(one.estimate))
        elif one.state in ("failed", "cancelled"):
            tally = Tally(lost=1)
        days[number] = days.get(number, Tally()) + tally
        for names, name in zip(by, (one.member_id, one.family), strict=True):
            names[name] = names.get(name, Tally()) + tally
    found = [
        sorted(
            ((name, tally) for name, tally in names.items() if tally.done or tally.running),
            key=lambda pair: (-pair[1].cost, -pair[1].done, pair[0]),
        )
        for names in by
    ]
    return Sums(
        days=days,
        members=tuple(found[0][:members]),
        member_count=len(found[0]),
        models=tuple(found[1][:models]),
        model_count=len(found[1]),
    )


def pool(amount: int, unit: Unit = Unit.USD, per: Per = Per.MONTH, used: int = 0, held: int = 0) -> LimitUsage:
    """What a server's pool stands at."""
    limit = Limit(amount=amount, unit=unit, per=per, scope=Scope.GUILD)
    return LimitUsage(limit=limit, window=window(per, NOW, UTC), used=used, held=held)
