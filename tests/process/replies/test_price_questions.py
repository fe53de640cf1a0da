"""The question before a video that costs more than two dollars, or takes the last of a limit: replies, mentions, Again."""

import pytest

from tests.process.conftest import Room, Studio, buttons, image, picture, said
from tests.standins.discord import Invocation, Message, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEAR: dict[str, object] = {"model": "Sora 2 Pro 720p", "duration": 12}  # $2.448
ASKED = ["Make it", "Cancel"]


async def asked(room: Room, reply: Message) -> Message:
    """The question that answers a reply, and for which nothing is held."""
    question = await room.answer_to(reply)
    assert buttons(question) == ASKED, said(question)
    assert room.studio.held() == 0
    return question


async def ask_last(studio: Studio, member: Person, limit: int, unit: str = "videos") -> None:
    """A limit for one member."""
    await studio.moderator().slash("quota set", limit=limit, unit=unit, per="day", member=member).message()


async def test_a_dear_reply_is_asked_about_and_the_question_becomes_the_card(fresh: Studio) -> None:
    room = fresh.room()
    mia, eve = room.person("Mia"), room.person("Eve")
    result = await room.make(mia, "a dear cat", **DEAR)
    reply = eve.reply(result, "make it **brighter** @everyone", files=[image()])
    question = await asked(room, reply)
    assert "This costs $2.448." in said(question)
    assert r"make it \*\*brighter\*\* \@everyone" in said(question)
    assert question.pinged == set()
    fresh.discord.world.publish(reply)
    assert "Only the member who asked" in (await mia.press(question, "Make it").answer()).text
    assert "Only the member who asked" in (await mia.press(question, "Cancel").answer()).text
    await fresh.bot.kill()
    await fresh.start()
    presses = [eve.press(question, "Make it") for _ in range(3)]
    await fresh.discord.wait_for(lambda: "Waiting" in said(question) or "v2" in said(question), "the card")
    made = await room.result(question)
    assert made.pinged == {eve.id}
    refused = lambda: [press for press in presses if "has made its video already" in told(press)]  # noqa: E731
    await fresh.discord.wait_for(lambda: len(refused()) == 2, "two presses too many")
    assert fresh.uniall.job("make it **brighter** @everyone").image == picture()
    assert [file.filename for file in question.shown_files] == ["reference.png"]
    await fresh.settled(eve, 1)
    assert len([one for one in room.messages() if one.reply_to is reply]) == 1
    assert (
        "has made its video already"
        in (await eve.press(room.forged(f"question-make:{fresh.database.newest_question()}"), "Forged").answer()).text
    )


def told(press: Invocation) -> str:
    """What a press was answered, at once or later."""
    return "\n".join([press.first.text if press.first else "", *(said(message) for message in press.followups)])


async def test_a_question_is_cancelled_or_over_and_says_so_and_nothing_is_made(fresh: Studio) -> None:
    room = fresh.room()
    mia = room.person()
    result = await room.make(mia, "a dear dog", **DEAR)
    cancelled = await asked(room, mia.reply(result, "in the rain"))
    assert (await mia.press(cancelled, "Cancel").answer()).type == 7
    assert ("Cancelled" in said(cancelled), buttons(cancelled)) == (True, [])
    pressed, left = [await asked(room, mia.reply(result, words)) for words in ("in the sun", "in the snow")]
    await fresh.bot.stop()
    fresh.database.asked_earlier(seconds=300)
    await fresh.start()
    await fresh.discord.wait_for(lambda: "is over" in said(left) and "is over" in said(pressed), "both closed")
    assert buttons(left) == buttons(pressed) == []
    for name in ("make", "cancel"):
        forged = room.forged(f"question-{name}:{fresh.database.newest_question()}")
        await mia.press(forged, "Forged").answer()
        assert "is over" in said(forged)
    assert fresh.database.questions() == [
        ("{}", None, "cancelled"),
        ("{}", None, "over"),
        ("{}", None, "over"),
    ]
    await fresh.settled(mia, 1)


async def test_the_last_of_a_limit_is_asked_about_but_not_the_only_one(fresh: Studio) -> None:
    room = fresh.room()
    mia, only = room.person("Mia"), room.person("Only")
    result = await room.make(mia, "a cheap cat")
    await ask_last(fresh, mia, 3)
    await ask_last(fresh, only, 1)
    await room.result(await room.answer_to(mia.reply(result, "the second")))
    question = await asked(room, mia.reply(result, "the third"))
    assert "the last one that the limit of 3 videos per day allows" in said(question)
    again = await mia.press(result, "Again").message()
    assert (buttons(again), again.viewer_id) == (ASKED, mia.id)
    grants = fresh.moderator()
    await grants.slash("quota grant", member=mia, amount=1, unit="videos").message()
    await room.result(await room.answer_to(mia.reply(result, "not the last with a grant")))
    card = await posted_below(room, mia, again)
    await room.result(card)
    assert "was answered" in said(again)
    late = mia.press(question, "Make it")
    await fresh.discord.wait_for(lambda: "limit of 3 videos per day" in told(late), "a refusal")
    await room.result(await room.answer_to(only.reply(result, "the only one")))
    await fresh.settled(only, 1)
    await fresh.settled(mia, 3)


async def posted_below(room: Room, who: Person, question: Message) -> Message:
    """The card of a question that only its author sees, below it."""
    before = {message.id for message in room.messages()}
    await who.press(question, "Make it").answer()

    def look() -> Message | None:
        return next((one for one in room.messages() if one.id not in before), None)

    return await room.studio.discord.wait_for(look, "the card")


async def test_a_kill_between_the_answer_and_the_card_makes_one_video(fresh: Studio) -> None:
    room = fresh.room()
    mia = room.person()
    result = await room.make(mia, "a dear owl", **DEAR)
    question = await asked(room, mia.reply(result, "at night"))
    fault = fresh.discord.fail_next("PATCH", rf"^/channels/\d+/messages/{question.id}$", "hang")
    mia.press(question, "Make it")
    await fresh.discord.wait_for(lambda: fault.hits == 1, "the card on its way")
    await fresh.bot.kill()
    fresh.discord.faults.stop()
    await fresh.start()
    await room.wait_results(2)
    await fresh.discord.wait_for(lambda: "was answered" in said(question), "the question closed")
    await fresh.settled(mia, 2)
    assert len(fresh.uniall.jobs) == 2


async def test_it_never_costs_more_than_the_question_says_and_is_erased_with_its_author(fresh: Studio) -> None:
    room = fresh.room()
    mia = room.person()
    result = await room.make(mia, "a dear fox", **DEAR)
    question = await asked(room, mia.reply(result, "a secret wish"))
    await fresh.bot.stop()
    fresh.database.asked_for_less(micros=1)
    await fresh.start()
    dearer = mia.press(question, "Make it")
    await fresh.discord.wait_for(lambda: "Nothing was made" in told(dearer), "a refusal")
    assert buttons(question) == ASKED
    confirm = await mia.slash("privacy delete").message()
    await mia.press(confirm, f"privacy-delete:{mia.id}").message()
    await fresh.discord.wait_for(lambda: not fresh.database.asks(mia.id), "the question erased")
    await mia.press(question, "Make it").answer()
    assert "is over" in said(question)
    await fresh.settled(mia, 1)
