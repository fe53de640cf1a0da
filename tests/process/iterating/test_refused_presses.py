"""Presses and forms that are refused: missing permissions, blocks, closed channels and models, forged ids, deleted prompts."""

import pytest

from tests.process.conftest import Room, buttons, said
from tests.process.iterating.conftest import Earlier
from tests.process.iterating.forms import fields, filled, pressed, refusal
from tests.standins.discord import Permission

pytestmark = pytest.mark.asyncio(loop_scope="module")

EARLIER: dict[str, dict[str, object]] = {
    "again": {},
    "quota": {},
    "not allowed": {},
}


async def test_nothing_is_spent_where_the_bot_may_not_post(earlier: Earlier) -> None:
    studio, someone = earlier.studio, earlier.person()
    form = await pressed(someone, earlier.results["quota"], "Remix")
    studio.discord.revoke(earlier.room.channel, Permission.ATTACH_FILES)
    for invocation in (someone.press(earlier.results["quota"], "Again"), someone.submit_modal(form)):
        assert "Attach Files" in said(await invocation.message())
    studio.discord.revoke(earlier.room.channel)
    assert studio.spent(someone) == (0, 0)
    await someone.submit_modal(form).message()
    await studio.settled(someone, 1)


async def test_a_blocked_member_and_a_closed_channel_are_refused(earlier: Earlier) -> None:
    studio, someone, result = earlier.studio, earlier.person(), earlier.results["quota"]
    moderator = studio.moderator(earlier.room.channel)
    await moderator.slash("config block", member=someone, reason="test").message()
    blocked = await someone.press(result, "Again").answer()
    assert blocked.ephemeral
    await moderator.slash("config unblock", member=someone, reason="test").message()
    allowed = studio.room("allowed")
    await moderator.slash("config channels", allow=allowed.channel).message()
    closed = await someone.press(result, "Again").answer()
    assert f"<#{allowed.channel.id}>" in closed.text
    await moderator.slash("config channels", remove=allowed.channel).message()
    assert studio.spent(someone) == (0, 0)


async def test_where_the_model_is_no_longer_allowed_the_form_offers_those_that_are(earlier: Earlier) -> None:
    studio, someone, result = earlier.studio, earlier.person(), earlier.results["not allowed"]
    moderator = studio.moderator(earlier.room.channel)
    for model in ("Sora 2 Pro 720p", "Sora 2 Pro 1080p"):
        await moderator.slash("config models", allow=model).message()
    for label in ("Remix", "Again"):
        form = await pressed(someone, result, label)
        options: list[dict[str, object]] = fields(form)["model"]["options"]  # type: ignore[assignment]
        assert [option["value"] for option in options] == ["Sora 2 Pro 720p", "Sora 2 Pro 1080p"]
    refused = await refusal(someone.submit_modal(form, {"model": ["Sora 2 Pro 1080p"], "prompt": " "}))
    form = await pressed(someone, refused, "Open the form again")
    assert filled(form)["model"] == "Sora 2 Pro 1080p"
    card = await someone.submit_modal(form).message()
    for model in ("Sora 2 Pro 720p", "Sora 2 Pro 1080p"):
        await moderator.slash("config models", remove=model).message()
    assert "Sora 2 → Sora 2 Pro 1080p" in said(card)
    await studio.settled(someone, 1)


async def test_forged_buttons_and_forms_get_one_private_sentence(earlier: Earlier) -> None:
    studio, discord = earlier.studio, earlier.studio.discord
    [own] = [job.id for job in studio.database.generations("again") if job.version == 1]
    guild = discord.world.add_guild("Elsewhere")
    there = Room(studio, discord.world.add_channel(guild, "general"))
    stranger = there.person("Stranger")
    for name in ("again", "remix", "thread", "post-here", "versions"):
        for room, person, job in ((there, stranger, own), (earlier.room, earlier.mia, "0" * 25)):
            invocation = person.press(room.forged(f"{name}:{job}"), "Forged")
            answer = await invocation.answer()
            assert answer.ephemeral, (name, job)
            assert "no longer exists" in answer.text, (name, job)
    for name in ("tree:" + own + ":99:tree-later", "tree:" + own + ":-5:nonsense"):
        answer = await stranger.press(there.forged(name), "Forged").answer()
        assert "no longer exists" in answer.text
        answer = await earlier.mia.press(earlier.room.forged(name), "Forged").answer()
        assert answer.type == 7
    answer = await earlier.mia.press(earlier.room.forged("history:999999:none"), "Forged").answer()
    assert answer.type == 7
    refused = await earlier.eve.press(earlier.room.forged("reopen:nothing"), "Forged").answer()
    assert "too old" in refused.text
    form = await pressed(earlier.mia, earlier.results["again"], "Remix")
    assert form.first is not None
    refused = await earlier.eve.submit_modal(form).answer()
    assert "another member" in refused.text
    draft = str(form.first.data["custom_id"]).removeprefix("form:")
    refused = await earlier.eve.press(earlier.room.forged(f"reopen:{draft}"), "Forged").answer()
    assert "another member" in refused.text
    for values in ({"duration": ["a day"]}, {"duration": ["9" * 40]}, {"orientation": ["round"]}):
        refused = await earlier.mia.submit_modal(form, {**values}).answer()
        assert "not a possible choice" in refused.text
    refused = await earlier.mia.submit_modal(form, {"duration": ["7"]}).answer()
    assert "Landscape or Portrait of 4, 8, 12, 16 or 20 s" in refused.text
    form.first.data["custom_id"] = "form:" + "0" * 25
    refused = await earlier.mia.submit_modal(form).answer()
    assert "too old" in refused.text
    assert studio.spent(stranger) == (0, 0)


async def test_what_its_author_has_had_deleted_is_not_made_again(earlier: Earlier) -> None:
    studio, zoe = earlier.studio, earlier.person()
    result = await earlier.room.make(zoe, "a secret")
    form = await pressed(earlier.eve, result, "Remix")
    used = studio.spent(earlier.eve)
    asked = await zoe.slash("privacy delete").message()
    await zoe.press(asked, f"privacy-delete:{zoe.id}").message()
    await studio.discord.wait_for(lambda: len(studio.database.generations("a secret")) == 0)
    for invocation in (
        earlier.eve.press(result, "Again"),
        earlier.eve.press(result, "Remix"),
        earlier.eve.press(result, "Thread"),
        earlier.eve.submit_modal(form, {"prompt": "x"}),
    ):
        refused = await refusal(invocation)
        assert "The author has deleted" in said(refused)
        assert buttons(refused) == []
    reply = earlier.eve.reply(result, "+ more")
    assert "The author has deleted" in said(await earlier.room.answer_to(reply))
    assert studio.spent(earlier.eve) == used
    assert "a secret" not in str(studio.database.drafts())
