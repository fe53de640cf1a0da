"""Kicked from a server: what waits there is given back at once, and nothing more is sent for it. An outage is no kick."""

from pathlib import Path

from tests.process.stage import ledger, play, play_waiting, staged
from tests.standins.discord.world import GUILDS, Event


async def test_a_kick_gives_back_what_waits_also_while_the_bot_is_down_and_an_outage_gives_back_nothing(
    tmp_path: Path,
) -> None:
    async with staged(tmp_path, MAX_IN_FLIGHT="1") as studio:
        discord, world = studio.discord, studio.discord.world
        away, left = world.add_guild("Away"), world.add_guild("Left")
        places = [world.add_channel(guild, "general") for guild in (away, left)]
        for guild in (away, left):
            world.invite_bot(guild)
        running = await play_waiting(studio, "running")
        here = await play(studio, "waits where the bot will be kicked while it is down")
        there, gone = [
            await play(studio, f"waits in {place.guild.name}", channel=place) for place in places if place.guild
        ]

        outage = {"id": away.id, "unavailable": True}
        discord.gateway.emit(Event(name="GUILD_DELETE", payload=outage, intent=GUILDS, guild_id=away.id))
        world.remove_bot(left)
        await discord.wait_for(lambda: gone.generation().fault == "server_left", "given back")
        assert ledger(studio, gone.person) == (0, 0, ["reserve", "void"])
        assert (there.generation().state, here.generation().state) == ("reserved", "reserved")

        await studio.bot.kill()
        world.remove_bot(discord.guild)
        await studio.start()
        await discord.wait_for(lambda: here.generation().fault == "server_left", "given back at the start")
        assert ledger(studio, here.person) == (0, 0, ["reserve", "void"])
        running.go.set()
        await running.kept()  # what UniAll has is finished
        await there.done()
        assert {job.prompt for job in studio.uniall.jobs.values()} == {
            running.generation().prompt,
            there.generation().prompt,
        }
