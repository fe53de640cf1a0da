"""A job that fails after it was sent tells its author once, in their language, where they asked."""

import pytest

from tests.crash.roads import job_fails, notices
from tests.process.conftest import Room, Studio, buttons, said
from tests.standins.uniall import refuse

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_its_author_is_told_why_and_goes_on_from_there_and_who_was_refused_or_cancelled_is_not(
    fresh: Studio,
) -> None:
    li, eve = fresh.discord.person("Li", locale="zh-CN"), fresh.person("Eve")
    job_fails(fresh)
    card = await li.slash("sora", prompt="**灯塔** @everyone").message()
    assert "配额已退回" in await fresh.wait_card(card, "失败")
    [told] = await fresh.discord.wait_for(lambda: notices(fresh), "the message")
    assert (told.reply_to, told.pinged, told.channel) == (card, {li.id}, card.channel)
    assert "您的视频失败了：内容审核未通过" in said(told)
    assert r"> \*\*灯塔\*\* \@everyone" in said(told)
    assert buttons(told) == ["再来一次", "改编"]
    fresh.uniall.next_submit.append(refuse(400, "content_policy_violation"))
    refused = await eve.slash("sora", prompt="refused").message()
    await fresh.wait_card(refused, "Failed")
    again = await eve.press(told, "再来一次").message()
    await fresh.wait_card(again, "Done")
    assert notices(fresh) == [told]


async def test_in_a_channel_that_is_gone_nobody_is_told_and_nothing_is_left_to_do(shared: Studio, room: Room) -> None:
    shared.uniall.seconds = 600
    mia = room.person("Mia")
    await mia.slash("sora", prompt="gone with it").message()
    await shared.submitted("gone with it")
    shared.discord.world.delete_channel(room.channel)
    shared.uniall.job("gone with it").state = "failed"
    await shared.discord.wait_for(lambda: shared.database.failure_notices("gone with it") == ["dropped"], "dropped")
    await shared.settled(mia, 0)
    assert [message for message in room.messages() if mia.id in message.pinged] == []
