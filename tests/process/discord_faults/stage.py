"""One bot on which many faults of Discord happen at once, each in a channel of its own."""

from dataclasses import dataclass, field

from tests.process.conftest import Studio
from tests.process.stage import Played
from tests.standins.discord import Channel, Guild
from tests.standins.discord.faults import Failure

KEPT = "the video could not be posted here. It is kept."


@dataclass(slots=True)
class Stage:
    """One bot; every fault has a channel of its own. `jobs` by the name of their fault."""

    studio: Studio
    jobs: dict[str, Played] = field(default_factory=dict[str, Played])

    def channel(self, guild: Guild | None = None) -> Channel:
        """A new channel."""
        world = self.studio.discord.world
        return world.add_channel(guild or self.studio.discord.guild, f"c{len(world.channels)}")


Name = tuple[str, Failure, bool]


def failing(*failures: Failure) -> list[Name]:
    """Each failure before the request was carried out, and after it, so that only the answer is lost."""
    return [
        (f"{failure}{' after' if after else ''}", failure, after) for failure in failures for after in (False, True)
    ]
