"""What a bot that was killed since has left in a channel.

A file names it: `EARLIER`, options of /sora by prompt, and `OPEN_FORMS`, the member and the prompt of each form.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
import pytest_asyncio

from tests.process.conftest import Room, Studio
from tests.process.iterating.forms import pressed
from tests.standins.discord import Invocation, Message, Person
from tests.standins.uniall import refuse

PRO: dict[str, object] = {"orientation": "portrait", "duration": 8, "model": "Sora 2 Pro 720p"}

WITHOUT_A_VIDEO = ("blocked", "cancelled")


@dataclass(slots=True, repr=False)
class Earlier:
    """What a bot that was killed since has left: results and cards by prompt, and open forms by member and prompt."""

    studio: Studio
    room: Room
    mia: Person
    eve: Person
    cards: dict[str, Message]
    results: dict[str, Message]
    forms: dict[tuple[str, str], Invocation]

    def person(self) -> Person:
        """Somebody new, there."""
        return self.room.person("New")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(request: pytest.FixtureRequest, shared: Studio) -> AsyncIterator[Earlier]:
    """Made by one process; the tests meet them in the next."""
    module = cast("Any", request).module
    room = shared.room("earlier")
    people = {"mia": room.person("Mia"), "eve": room.person("Eve")}
    mia = people["mia"]
    wanted: dict[str, dict[str, object]] = module.EARLIER
    videos = {prompt: given for prompt, given in wanted.items() if prompt not in WITHOUT_A_VIDEO}
    cards = {prompt: await mia.slash("sora", prompt=prompt, **given).message() for prompt, given in videos.items()}
    results = {prompt: await room.result(card) for prompt, card in cards.items()}
    sent = lambda: [post for post in shared.database.deliveries() if post.state == "sent"]  # noqa: E731
    await shared.discord.wait_for(lambda: len(sent()) == len(results), "all recorded as sent")
    if "blocked" in wanted:
        shared.uniall.next_submit.append(refuse(400, "content_policy_violation"))
        cards["blocked"] = await mia.slash("sora", prompt="blocked", **wanted["blocked"]).message()
        await shared.wait_card(cards["blocked"], "Failed")
    if "cancelled" in wanted:
        shared.uniall.next_submit.append(refuse(429, headers={"Retry-After": "30"}))
        cards["cancelled"] = await mia.slash("sora", prompt="cancelled").message()
        held = lambda: [job.hold for job in shared.database.generations("cancelled")]  # noqa: E731
        await shared.discord.wait_for(lambda: held() == ["rate_limited"], "the job held back")
        await (await pressed(mia, cards["cancelled"], "Cancel")).message()
    open_forms: tuple[tuple[str, str], ...] = getattr(module, "OPEN_FORMS", ())
    forms = {(who, prompt): await pressed(people[who], results[prompt], "Remix") for who, prompt in open_forms}
    await shared.bot.kill()
    await shared.start()
    yield Earlier(shared, room, mia, people["eve"], cards, results, forms)
    await shared.discord.wait_for(lambda: shared.held() == 0, "nothing held at the end")


@pytest_asyncio.fixture(loop_scope="module")
async def earlier(made: Earlier) -> Earlier:
    """The same, with everything else as ever."""
    made.studio.as_ever()
    return made
