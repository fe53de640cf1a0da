"""How one `/sora` gets to each failpoint, and what its member must be left with after the crash there and a restart."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from aiohttp import web

from bot.domain.messages.own_messages import custom_ids
from bot.system.failpoints import Failpoint
from tests.process.conftest import Studio, picture
from tests.standins.discord import Message, Person, Upload
from tests.standins.uniall import Act, refuse

POSTS = r"^/channels/\d+/messages$"


class End(Enum):
    """What a member is left with: words on the card; videos that count for them and for the operator's budget; posts."""

    POSTED = ("Done", 1, 1, 1)
    KEPT = ("It is kept", 1, 1, 0)
    NOT_FOUND = ("was not sent again", 0, 1, 0)
    REFUSED = ("content check", 0, 0, 0)
    JOINED = ("", 2, 2, 3)
    NOT_JOINED = ("", 2, 2, 1)
    CANCELLED = ("your quota is back", 0, 0, 0)
    IMAGE_GONE = ("image is no longer there", 0, 0, 0)
    NEVER_ASKED = ("", 0, 0, 0)

    def __init__(self, words: str, used: int, budget: int, posts: int) -> None:
        self.words, self.used, self.budget, self.posts = words, used, budget, posts


Gesture = Callable[[Studio, Person], Awaitable[None]]


async def nothing(_: Studio, __: Person) -> None:
    """The member waits."""


@dataclass(frozen=True, kw_only=True)
class Road:
    """One way to a failpoint.

    times: which time it gets there. billed: jobs that UniAll has in the end. lists: whether UniAll lists its jobs.
    card: whether the bot ever knows its card; then UniAll's first answer waits for that, unless they may race.
    found: whether a card that it never knew is found in the channel at the next start. told: messages to its author that
    it failed.
    after: a death before this one, so that the process under test starts on what that left. seconds: how long UniAll takes.
    prepare: faults to come. then: what the member does after their `/sora`.
    """

    name: str = ""
    end: End = End.POSTED
    times: int = 1
    billed: int = 1
    card: bool = True
    races: bool = False
    found: bool = False
    lists: bool = True
    told: int = 0
    after: Failpoint | None = None
    image: bool = False
    seconds: float = 0.2
    prepare: Callable[[Studio], None] = lambda _: None
    then: Gesture = nothing

    @property
    def options(self) -> dict[str, object]:
        """What is typed beside the prompt."""
        return {"image": Upload(filename="x.png", data=picture())} if self.image else {}


def submits(*acts: Act) -> Callable[[Studio], None]:
    """The next submits are answered so."""
    return lambda studio: studio.uniall.next_submit.extend(acts)


def answers_after_the_card(studio: Studio) -> None:
    """The first submit is answered as it would be, once the bot knows its card."""
    submits = studio.uniall.next_submit
    act = submits.pop(0) if submits else None

    async def wait(request: web.Request) -> web.StreamResponse | None:
        await studio.discord.wait_for(
            lambda: any(job.card_message_id for job in studio.database.generations()), "a known card"
        )
        return await act(request) if act else None

    submits.insert(0, wait)


def card_comes_late(studio: Studio) -> None:
    """Discord takes the card a second later; the job is not sent before that."""
    studio.discord.fail_next("POST", r"/callback$", 429, retry_after=1)


def model_is_gone(studio: Studio) -> None:
    """The first submit is answered so. Only one job is worked on at a time: another turn of the loop, which had begun before
    the job was moved, would claim it at once, and the death would fall between that claim and the paid request."""
    studio.bot.env["MAX_IN_FLIGHT"] = "1"
    studio.uniall.next_submit.append(refuse(400, "model_not_found"))


def downloads(*acts: Act) -> Callable[[Studio], None]:
    """The next downloads are answered so."""
    return lambda studio: studio.uniall.next_download.extend(acts)


def billed_but_unanswered(studio: Studio) -> None:
    """The next submit is read and billed, and its answer lost."""

    async def act(request: web.Request) -> None:
        studio.uniall.add(request.path, await request.json())
        if request.transport:
            request.transport.abort()

    studio.uniall.next_submit.append(act)


def job_fails(studio: Studio) -> None:
    """The job fails at UniAll, as its first poll says."""

    async def act(_: web.Request) -> None:
        [job] = studio.uniall.jobs.values()
        job.state, job.error = "failed", {"code": "moderation_blocked", "message": "no"}

    studio.uniall.next_poll.append(act)


def post_fails(status: int, code: int) -> Callable[[Studio], None]:
    """Discord answers the next post so."""

    def prepare(studio: Studio) -> None:
        studio.discord.fail_next("POST", POSTS, status, code=code)

    return prepare


def nonces_are_forgotten(studio: Studio) -> None:
    """Discord does so after minutes: then only a look into the channel tells of an earlier post."""
    studio.discord.rules.nonce_window = 0


def fails_and_nonces_are_forgotten(studio: Studio) -> None:
    """Both at once."""
    job_fails(studio)
    nonces_are_forgotten(studio)


async def cancel_while_it_waits(studio: Studio, author: Person) -> None:
    """UniAll has refused the job for now, and its author presses Cancel."""
    held = lambda: [job for job in studio.database.generations() if job.hold and job.card_message_id]  # noqa: E731
    await studio.discord.wait_for(held, "a job that waits")
    [card] = cards(studio)
    author.press(card, "Cancel")


def notices(studio: Studio) -> list[Message]:
    """The messages that tell an author of a failure."""
    return [
        message
        for message in studio.discord.messages()
        if any(name.startswith("retry:") for name in custom_ids(message.components))
    ]


async def chain(studio: Studio, author: Person) -> tuple[Message, Message]:
    """Two videos, of which the second goes on from the first."""
    [first] = await studio.wait_results(1)
    opened = author.press(first, "Continue")
    await opened.answer()
    await author.submit_modal(opened, {"prompt": "and then"}).message()
    results = await studio.wait_results(2)
    await studio.discord.wait_for(
        lambda: [post.state for post in studio.database.deliveries()] == ["sent", "sent"], "both recorded"
    )
    return first, next(result for result in results if result is not first)


async def join(studio: Studio, author: Person) -> None:
    """Both as one."""
    _, last = await chain(studio, author)
    author.press(last, "Join")


async def join_without_the_first(studio: Studio, author: Person) -> None:
    """Somebody deletes the first one's message at Discord, where the bot does not hear of it."""
    first, last = await chain(studio, author)
    studio.discord.world.delete(first)
    author.press(last, "Join")


async def join_and_delete_a_part(studio: Studio, author: Person) -> None:
    """The author deletes the first one, once both are joined."""
    first, last = await chain(studio, author)
    author.press(last, "Join")
    await studio.wait_results(3)
    await studio.discord.wait_for(studio.database.at_rest, "the joined one recorded")
    sure = await author.press(first, "Delete").message()
    author.press(sure, "Delete for everyone")


def cards(studio: Studio) -> list[Message]:
    """The bot's messages that carry no video and tell of no failure."""
    others = [*studio.results(), *notices(studio)]
    return [message for message in studio.discord.messages() if message not in others]


REFUSE_FOR_NOW = submits(refuse(429, headers={"Retry-After": "0"}))
POSTED = Road()
JOINED = Road(end=End.JOINED, billed=2, card=False, then=join)
UNLISTED = Road(name="unlisted", lists=False, end=End.NOT_FOUND, told=1)
LOST = Road(name="lost", prepare=billed_but_unanswered)
LOST_UNLISTED = replace(UNLISTED, name="lost-unlisted", prepare=billed_but_unanswered)
REFUSED = Road(end=End.REFUSED, billed=0, prepare=submits(refuse(400, "content_policy_violation")))
FAILED = Road(end=End.REFUSED, told=1, prepare=job_fails)
# Without a card there is no address under which UniAll could fetch the image.
NO_ADDRESS = Road(name="image", image=True, end=End.IMAGE_GONE, billed=0, card=False)

ROADS: Mapping[Failpoint, tuple[Road, ...]] = {
    Failpoint.START_VOIDED: (
        Road(after=Failpoint.SUBMIT_ANSWERED),
        Road(name="posting", after=Failpoint.DELIVER_POSTED),
    ),
    Failpoint.ACCEPT_IMAGE_KEPT: (Road(image=True, end=End.NEVER_ASKED, billed=0, card=False),),
    Failpoint.ACCEPT_COMMITTED: (Road(card=False), NO_ADDRESS),
    Failpoint.CARD_ANSWERED: (
        Road(card=False, found=True, prepare=card_comes_late),
        Road(name="image", image=True, card=False, found=True),
    ),
    Failpoint.CARD_SHOWN: (Road(races=True, prepare=card_comes_late), Road(name="image", image=True)),
    Failpoint.CANCEL_COMMITTED: (
        Road(
            end=End.CANCELLED,
            billed=0,
            prepare=submits(refuse(429, headers={"Retry-After": "60"})),
            then=cancel_while_it_waits,
        ),
    ),
    Failpoint.SUBMIT_CLAIMED: (
        Road(end=End.NOT_FOUND, billed=0, times=2, told=1, prepare=REFUSE_FOR_NOW),
        replace(UNLISTED, billed=0, times=2, prepare=REFUSE_FOR_NOW),
    ),
    Failpoint.SUBMIT_ANSWERED: (POSTED, UNLISTED),
    Failpoint.SUBMIT_RECORDED: (POSTED, replace(POSTED, name="unlisted", lists=False)),
    Failpoint.SUBMIT_RELEASED: (Road(prepare=REFUSE_FOR_NOW),),
    Failpoint.SUBMIT_MOVED: (Road(prepare=model_is_gone),),
    Failpoint.SUBMIT_FAILED: (REFUSED,),
    Failpoint.SUBMIT_UNCLEAR: (LOST, LOST_UNLISTED),
    Failpoint.RECONCILE_LISTED: (LOST, LOST_UNLISTED),
    Failpoint.RECONCILE_FOUND: (LOST,),
    Failpoint.RECONCILE_FAILED: (LOST_UNLISTED,),
    Failpoint.POLL_CLAIMED: (POSTED,),
    Failpoint.POLL_ANSWERED: (POSTED,),
    Failpoint.POLL_RECORDED: (Road(seconds=1),),
    Failpoint.POLL_RENDERED: (POSTED,),
    Failpoint.POLL_FAILED: (FAILED,),
    Failpoint.NOTICE_CLAIMED: (FAILED,),
    Failpoint.NOTICE_POSTED: (FAILED, replace(FAILED, name="nonce-forgotten", prepare=fails_and_nonces_are_forgotten)),
    Failpoint.FETCH_CLAIMED: (POSTED,),
    Failpoint.FETCH_DOWNLOADED: (POSTED,),
    Failpoint.FETCH_KEPT: (POSTED,),
    Failpoint.FETCH_POSTPONED: (Road(prepare=downloads(refuse(404))),),
    Failpoint.FETCH_SETTLED: (POSTED,),
    Failpoint.DELIVER_CLAIMED: (POSTED,),
    Failpoint.DELIVER_POSTED: (POSTED, Road(name="nonce-forgotten", prepare=nonces_are_forgotten)),
    Failpoint.DELIVER_POSTPONED: (Road(prepare=post_fails(400, 20016)),),
    Failpoint.DELIVER_KEPT: (Road(end=End.KEPT, prepare=post_fails(403, 50013)),),
    Failpoint.DELIVER_RECORDED: (POSTED,),
    Failpoint.JOIN_CLAIMED: (JOINED,),
    Failpoint.JOIN_ENCODED: (JOINED,),
    Failpoint.JOIN_RECORDED: (JOINED,),
    Failpoint.JOIN_FAILED: (Road(end=End.NOT_JOINED, billed=2, card=False, then=join_without_the_first),),
    Failpoint.JOIN_REMOVED: (Road(end=End.NOT_JOINED, billed=2, card=False, then=join_and_delete_a_part),),
    Failpoint.CARD_EDITED: (POSTED,),
    Failpoint.CARD_RECORDED: (POSTED,),
}
