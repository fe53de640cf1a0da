"""The bot did not run for a day: whatever was under way goes on, and nothing is given up for that."""

from pathlib import Path

from aiohttp import web

from tests.process.stage import play, play_waiting, staged
from tests.standins.uniall import Script, refuse, say


async def test_back_after_25_hours_every_job_goes_on_ten_wedged_ones_stop_nobody_and_no_dead_link_fails_one(
    tmp_path: Path,
) -> None:
    links: list[str] = []
    back = False

    async def named(request: web.Request) -> web.StreamResponse | None:
        """Each answer names another link, of which only those named after the bot is back are good."""
        links.append(f"{studio.uniall.base_url}/files/{request.match_info['id']}.mp4?good={int(back)}")
        return await say(status="completed", video_url=links[-1])(request)

    async def good_only(request: web.Request) -> web.StreamResponse | None:
        return None if request.query.get("good") == "1" else await refuse(403)(request)

    async with staged(tmp_path, MAX_IN_FLIGHT="10") as studio:
        rendered = await play(studio, "rendered", Script(always_poll=named, always_download=good_only))
        await studio.discord.wait_for(lambda: rendered.generation().rendered_at, "rendered")
        wedged = [await play_waiting(studio, f"wedged {number}") for number in range(10)]
        held = await play(studio, "held", Script(submit=[refuse(429)] * 2))
        assert await studio.bot.stop() == 0
        assert held.script.heard == 0, "ten are in flight"
        studio.database.backdate()
        back = True
        for job in wedged:
            job.script.poll = [refuse(503)]  # the first thing that each hears
        await studio.start()
        await rendered.done()
        await held.done()
        for job in wedged:
            assert "unusually long" in await studio.wait_card(job.card, "your quota is held")
            assert job.ledger() == (0, 1, ["reserve"])
            job.go.set()
        for job in wedged:
            await job.done()
            assert job.script.heard == 1
