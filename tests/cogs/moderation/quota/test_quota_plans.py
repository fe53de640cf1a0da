"""A dropped default is kept by a button, a plan replaces all limits, and Undo brings back what was, black-box."""

import pytest

from tests.cogs.moderation.quota.conftest import DEFAULT, Desk
from tests.process.conftest import buttons, said

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTINGS = {"DEFAULT_QUOTA": DEFAULT}


async def test_a_default_that_a_rule_for_everyone_drops_is_kept_by_its_button_once_also_after_a_restart(
    desk: Desk,
) -> None:
    own = await desk.card(desk.ann, "quota set", limit=9, unit="videos", per="day", member=desk.mia.user)
    assert buttons(own) == ["Undo"]  # nothing was dropped
    card = await desk.card(desk.ann, "quota set", limit=0, unit="videos", per="month")
    assert buttons(card) == ["Keep 5 videos per day too", "Keep $3.00 per day too", "Undo"]
    assert "closes only for members without a stronger limit. /config pause stops all" in said(card)
    await desk.studio.bot.kill()
    await desk.studio.start()
    assert "may manage this server" in (await desk.mia.press(card, "Keep $3.00 per day too").answer()).text
    await desk.ann.press(card, "Keep $3.00 per day too").message()
    assert "Kept too, for everyone: **$3.00 per day**" in said(card)
    assert buttons(card) == ["Keep 5 videos per day too", "Undo"]
    assert "Quota set" in said(card)
    rules = desk.studio.database.rules()
    await desk.ann.press(card, "Keep $3.00 per day too", stale=True).message()
    assert "nothing was changed: $3.00 per day" in said(card)
    assert desk.studio.database.rules() == rules == 3
    assert "everyone: **$3.00 per day**" in await desk.quota("list")
    shown = await desk.ask(desk.ann, "config show")
    assert "$3.00 per day, 0 videos per month (closed) for everyone" in shown


async def test_a_kept_default_does_not_drop_another_once_its_rule_is_undone(desk: Desk) -> None:
    card = await desk.card(desk.ann, "quota set", limit=4, unit="videos", per="day")
    assert buttons(card) == ["Keep $3.00 per day too", "Undo"]
    undone = await desk.ann.press(card, "Undo").answer()
    assert "the operator's default holds again: 5 videos per day, $3.00 per day" in undone.text
    await desk.ann.press(card, "Keep $3.00 per day too", stale=True).message()
    assert "nothing was changed" in said(card)
    assert desk.studio.database.rules() == 0


async def test_after_keep_undo_takes_back_what_was_kept_not_what_is_under_it(desk: Desk) -> None:
    card = await desk.card(desk.ann, "quota plan", limits="4 videos per day")
    await desk.ann.press(card, "Keep $3.00 per day too").message()
    assert buttons(card) == ["Undo"]
    await desk.ann.press(card, "Undo").message()
    assert "$3.00" not in await desk.quota("list")
    assert desk.studio.database.rules() == 1


async def test_a_plan_replaces_all_limits_of_its_subject_and_says_what_binds_now(desk: Desk) -> None:
    role = desk.studio.discord.world.add_role(desk.studio.discord.guild, "artists")
    await desk.quota("set", limit=4, unit="videos", per="hour", role=role)
    card = await desk.card(
        desk.ann, "quota plan", limits="10 Videos per day， 2.5 usd per week", role=role, reason="*new*"
    )
    shown = said(card)
    assert f"For <@&{role.id}>: **10 videos per day, $2.50 per week**" in shown
    assert "Before: 4 videos per hour" in shown
    assert "Why: \\*new\\*" in shown
    assert "⚠️ 10 videos per day will not be reached: $2.50 per week stops members before." in shown
    assert "- $2.50 per week · the rule of" in shown
    assert "- $3.00 per day · the operator's default" in shown
    assert buttons(card) == ["Undo"]
    assert "exactly the limits" in await desk.quota("plan", limits="2.5 usd per week, 10 videos per day", role=role)
    assert "Before: 10 videos per day, $2.50 per week" in await desk.quota("plan", limits=" NONE ", role=role)
    changed = await desk.ann.press(card, "Undo").answer()
    assert "changed the same since" in changed.text
    log = await desk.quota("log")
    assert f"replaced all limits: <@&{role.id}>\n4 videos per hour → 10 videos per day, $2.50 per week" in log
    everyone = await desk.card(desk.ann, "quota plan", limits="1 videos per day")
    assert buttons(everyone) == ["Keep $3.00 per day too", "Undo"]
    assert await desk.film(desk.mia)
    assert not await desk.film(desk.mia)
    lifted = await desk.quota("plan", limits="unlimited", member=desk.mia.user)
    assert "unlimited videos per day" in lifted
    assert await desk.film(desk.mia)


async def test_what_is_no_plan_is_explained_by_an_example_and_changes_nothing(desk: Desk) -> None:
    for wrong in (
        "lots",
        "5 videos per year",
        "1.5 videos per day",
        "5 videos per day, none",
        ",",
        "-1 videos per day",
    ):
        shown = await desk.quota("plan", limits=wrong)
        assert "`5 videos per day, 3 usd per week`" in shown, wrong
        assert "\n" not in shown
    assert "second limit" in await desk.quota("plan", limits="5 videos per day, 6 video per day")
    assert "at most 1,000,000" in await desk.quota("plan", limits="1000001 usd per day")
    assert "@" not in (await desk.quota("plan", limits="@everyone")).replace("\\@", "")
    assert desk.studio.database.rules() == desk.studio.database.changes() == 0


async def test_undo_works_once_for_moderators_after_a_restart_and_is_in_the_log(desk: Desk) -> None:
    await desk.quota("set", limit=1, unit="videos", per="day", member=desk.mia.user)
    card = await desk.card(desk.ann, "quota set", limit=7, unit="videos", per="day", member=desk.mia.user)
    same = await desk.card(desk.ann, "quota set", limit=7, unit="videos", per="day", member=desk.mia.user)
    assert buttons(same) == []
    await desk.studio.bot.stop()
    await desk.studio.start()
    assert "may manage this server" in (await desk.mia.press(card, "Undo").answer()).text
    await desk.ann.press(card, "Undo").message()
    assert said(card).strip() == f"### Undone\n<@{desk.mia.id}>\n7 videos per day → 1 video per day"
    assert buttons(card) == []
    assert "undone already" in (await desk.ann.press(card, "Undo", stale=True).answer()).text
    assert "undid a change" in await desk.quota("log")
    desk.ann.locale = "zh-CN"
    chinese = await desk.card(desk.ann, "quota server", limit=5, unit="usd", per="day")
    await desk.ann.press(chinese, "撤销").message()
    assert said(chinese).strip() == "### 已撤销\n全服务器共享：每天 $5.00 → 无"
