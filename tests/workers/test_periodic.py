"""A periodic loop looks at once, after its gap, and when it is woken; a reason that comes up during a look is not lost."""

import asyncio

import pytest

from bot.workers.loops.periodic import Periodic


async def stopped(loop: Periodic, running: "asyncio.Task[None]") -> None:
    """Stop a loop, which then ends by itself."""
    loop.stop()
    async with asyncio.timeout(60):
        await running


async def test_it_looks_at_once_and_again_only_when_it_is_woken() -> None:
    looks: asyncio.Queue[int] = asyncio.Queue()
    wake = asyncio.Event()

    async def look() -> None:
        looks.put_nowait(1)

    loop = Periodic("look", look, every=None, wake=wake)
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(60):
        await looks.get()
        await asyncio.sleep(0)
        assert looks.empty()
        wake.set()
        await looks.get()
    await stopped(loop, running)


async def test_what_comes_up_during_a_look_leads_to_another() -> None:
    wake, looks = asyncio.Event(), 0
    second = asyncio.Event()

    async def look() -> None:
        nonlocal looks
        looks += 1
        wake.set() if looks == 1 else second.set()

    loop = Periodic("look", look, every=None, wake=wake)
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(60):
        await second.wait()
    await stopped(loop, running)
    assert looks == 2


async def test_its_gap_may_change_after_each_look_and_comes_before_the_first_where_that_is_wanted() -> None:
    order: list[str] = []
    third = asyncio.Event()

    def gap() -> float | None:
        order.append("gap")
        return 0.001 if order.count("gap") < 3 else None

    async def look() -> None:
        order.append("look")
        if order.count("look") == 2:
            third.set()

    loop = Periodic("look", look, every=gap, at_once=False)
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(60):
        await third.wait()
    await stopped(loop, running)
    assert order == ["gap", "look", "gap", "look", "gap"]


async def test_an_error_ends_it_and_it_can_be_run_again() -> None:
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise ValueError("broken")
        loop.stop()

    loop = Periodic("look", look, every=60)
    with pytest.raises(ValueError, match="broken"):
        await loop.run()
    async with asyncio.timeout(60):
        await loop.run()
    assert looks == 2
