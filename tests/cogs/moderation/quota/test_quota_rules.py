"""Setting, seeing and removing rules, black-box: what moderators read, and what then holds for members."""

import pytest

from bot.domain.messages.own_messages import custom_ids
from tests.cogs.moderation.quota.conftest import DEFAULT, Desk
from tests.process.conftest import buttons, said
from tests.standins.discord import Permission

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTINGS = {"DEFAULT_QUOTA": DEFAULT}

COMMANDS: dict[str, dict[str, object]] = {
    "set": {"limit": 5, "unit": "videos", "per": "day"},
    "server": {"limit": 5, "unit": "videos", "per": "day"},
    "remove": {"rule": "x"},
    "list": {},
    "show": {"member": "mia"},
    "plan": {"limits": "1 videos per day"},
    "grant": {"member": "mia", "amount": 1, "unit": "videos"},
    "reset": {"member": "mia"},
    "report": {},
    "export": {},
    "log": {},
}


async def test_a_member_without_rights_is_refused_on_every_command_and_an_administrator_is_not(desk: Desk) -> None:
    for command, given in COMMANDS.items():
        options = {name: desk.mia.user if value == "mia" else value for name, value in given.items()}
        shown = await desk.ask(desk.mia, f"quota {command}", **options)
        assert shown == "Only members who may manage this server can do that.", command
    assert (await desk.mia.autocomplete("quota remove", "rule", rule="").answer()).choices == []
    assert desk.studio.database.rules() == 0
    assert desk.studio.database.changes() == 0
    admin = desk.studio.discord.person("Root", permissions=Permission.ADMINISTRATOR)
    assert "### Quotas of this server" in await desk.ask(admin, "quota list")
    assert "I work in servers" in await desk.ask(admin.in_direct_messages(), "quota list")


async def test_setting_a_rule_says_from_what_to_what_and_what_else_binds(desk: Desk) -> None:
    first = await desk.quota("set", limit=3, unit="videos", per="day", member=desk.mia.user, reason="*new* here")
    assert f"For <@{desk.mia.id}>: **3 videos per day**" in first
    assert "Why: \\*new\\* here" in first
    assert "- **3 videos per day** · their own rule" in first
    assert "- $3.00 per day · the operator's default" in first
    second = await desk.quota("set", limit=2.5, unit="usd", per="day", member=desk.mia.user)
    assert "- **$2.50 per day** · their own rule" in second
    third = await desk.quota("set", limit=1, unit="videos", per="day", member=desk.mia.user)
    assert f"For <@{desk.mia.id}>: 3 videos per day → **1 video per day**" in third
    assert await desk.film(desk.mia)
    assert not await desk.film(desk.mia)


async def test_a_shorter_window_or_another_unit_that_defeats_a_rule_is_said(desk: Desk) -> None:
    weekly = await desk.quota("set", limit=100, unit="videos", per="week", member=desk.mia.user)
    assert "⚠️ This limit will not be reached: 5 videos per day (the operator's default) stops them before." in weekly
    dear = await desk.quota("set", limit=50, unit="videos", per="day", member=desk.mia.user)
    assert "⚠️ This limit will not be reached: $3.00 per day (the operator's default) stops them before." in dear
    fine = await desk.quota("set", limit=6, unit="videos", per="day", member=desk.mia.user)
    assert "⚠️" not in fine
    await desk.quota("server", limit=2, unit="videos", per="month")
    pooled = await desk.quota("set", limit=6, unit="videos", per="day", member=desk.mia.user)
    assert "2 videos per month (the server's pool) stops them before" in pooled


async def test_the_first_rule_for_everyone_ends_the_operators_default_and_says_so(desk: Desk) -> None:
    shown = await desk.quota("set", limit=-1, unit="seconds", per="hour")
    assert "The operator's default (5 videos per day, $3.00 per day) no longer holds" in shown
    assert "**unlimited seconds per hour**" in shown
    again = await desk.quota("set", limit=9, unit="seconds", per="hour")
    assert "operator's default" not in again
    assert "unlimited seconds per hour → **9 s per hour**" in again


async def test_the_role_everyone_is_everyone_and_member_and_role_together_are_refused(desk: Desk) -> None:
    guild = desk.studio.discord.guild
    everyone = guild.roles[guild.id]
    shown = await desk.quota("set", limit=4, unit="videos", per="day", role=everyone)
    assert "For everyone: **4 videos per day**" in shown
    role = desk.studio.discord.world.add_role(guild, "artists")
    both = await desk.quota("set", limit=4, unit="videos", per="day", role=role, member=desk.mia.user)
    assert "not both" in both
    assert desk.studio.database.rules() == 1


BAD: list[tuple[dict[str, object], str]] = [
    ({"limit": -2, "unit": "videos"}, "0 closes and -1 lifts"),
    ({"limit": -0.5, "unit": "usd"}, "0 closes and -1 lifts"),
    ({"limit": 1.5, "unit": "videos"}, "whole numbers"),
    ({"limit": 2.5, "unit": "seconds"}, "whole numbers"),
    ({"limit": 0.0000001, "unit": "usd"}, "six decimals"),
    ({"limit": 1_000_001, "unit": "usd"}, "at most 1,000,000"),
    ({"limit": 1e30, "unit": "videos"}, "at most 1,000,000"),
    ({"limit": 1, "unit": "videos", "reason": "x" * 513}, "at most 512"),
]


async def test_a_limit_that_is_none_is_refused_in_one_sentence(desk: Desk) -> None:
    for command in ("set", "server"):
        for given, words in BAD:
            shown = await desk.quota(command, per="day", **given)
            assert words in shown, given
            assert "\n" not in shown
    assert desk.studio.database.rules() == 0


async def test_zero_closes_minus_one_lifts_and_show_says_which_rule_and_why(desk: Desk) -> None:
    world, guild = desk.studio.discord.world, desk.studio.discord.guild
    role = world.add_role(guild, "artists")
    await desk.quota("set", limit=0, unit="videos", per="day")
    assert not await desk.film(desk.mia)
    await desk.quota("set", limit=2, unit="videos", per="day", role=role)
    desk.studio.discord.guild.members[desk.mia.id].role_ids.append(role.id)
    assert await desk.film(desk.mia)
    shown = await desk.quota("show", member=desk.mia.user)
    assert "**2 videos per day** ▰▰▰▰▰▱▱▱▱▱ 1 video left" in shown
    assert "1 video used · 0 videos held by running jobs · resets <t:" in shown
    assert (
        f"holds because of the rule of <@&{role.id}>; it beats the rule for everyone (0 videos per day (closed))"
        in shown
    )
    await desk.quota("set", limit=-1, unit="videos", per="day", member=desk.mia.user)
    shown = await desk.quota("show", member=desk.mia.user)
    assert "**No limit on videos per day**" in shown
    assert "holds because of their own rule; it beats the rule of" in shown
    assert await desk.film(desk.mia)
    assert await desk.film(desk.mia)
    own = await desk.ask(desk.mia, "usage")
    assert "**No limit on videos per day**" in own


async def test_usage_shows_bindings_pools_and_grants(desk: Desk) -> None:
    await desk.quota("server", limit=10, unit="usd", per="month")
    await desk.quota("grant", member=desk.mia.user, amount=2.5, unit="usd")
    assert await desk.film(desk.mia)
    shown = await desk.ask(desk.mia, "usage")
    assert "**Extra** · $2.50" in shown
    assert "**5 videos per day** ▰▱▱▱▱ 4 videos left" in shown
    assert "**The whole server together**\n**$10.00 per month** ▰▱▱▱▱▱▱▱▱▱ $9.728 left" in shown
    await desk.quota("set", limit=0, unit="videos", per="week", member=desk.mia.user)
    assert "**0 videos per week** · closed" in await desk.ask(desk.mia, "usage")


async def test_the_list_is_in_the_order_in_which_rules_win_with_the_default_in_it(desk: Desk) -> None:
    role = desk.studio.discord.world.add_role(desk.studio.discord.guild, "artists")
    await desk.quota("server", limit=50, unit="usd", per="month")
    await desk.quota("set", limit=4, unit="videos", per="day", role=role)
    await desk.quota("set", limit=9, unit="videos", per="day", member=desk.mia.user)
    shown = await desk.quota("list")
    lines = [line for line in shown.splitlines() if line[0].isdigit()]
    assert lines == [
        f"1 · <@{desk.mia.id}>: **9 videos per day**",
        f"2 · <@&{role.id}>: **4 videos per day**",
        "3 · the operator's default: **5 videos per day**",
        "4 · the operator's default: **$3.00 per day**",
        "5 · the whole server together: **$50.00 per month**",
    ]
    await desk.quota("set", limit=4, unit="videos", per="day")
    assert "operator's default: " not in await desk.quota("list")


async def test_the_list_says_of_a_deleted_role_that_its_rule_and_its_grant_apply_to_nobody(desk: Desk) -> None:
    world, guild = desk.studio.discord.world, desk.studio.discord.guild
    kept, deleted = world.add_role(guild, "kept"), world.add_role(guild, "deleted")
    for role in (kept, deleted):
        await desk.quota("set", limit=4, unit="videos", per="day", role=role)
        await desk.quota("grant", amount=2, unit="videos", role=role)
    assert "has been deleted" not in await desk.quota("list")
    world.remove_role(guild, deleted)

    shown = await desk.quota("list")
    assert f"<@&{deleted.id}>: **4 videos per day**\n-# this role has been deleted" in shown
    assert f"<@&{deleted.id}>: 2 videos each; this role has been deleted" in shown
    assert shown.count("has been deleted") == 2


async def test_a_long_list_has_pages_whose_buttons_outlive_a_restart(desk: Desk) -> None:
    guild = desk.studio.discord.guild
    roles = [desk.studio.discord.world.add_role(guild, f"r{number}") for number in range(24)]
    for number, role in enumerate(roles):
        await desk.quota("set", limit=number + 1, unit="videos", per="day", role=role)
    card = await desk.card(desk.ann, "quota list")
    assert "Page 1 of 3" in said(card)
    await desk.studio.bot.stop()
    await desk.studio.start()
    refused = await desk.mia.press(card, "Next").answer()
    assert refused.ephemeral
    assert "may manage this server" in refused.text
    await (turned := desk.ann.press(card, "Next")).answer()
    assert "Page 2 of 3" in said(await turned.message())
    await (turned := desk.ann.press(card, "Next")).answer()
    assert f"24 · <@&{roles[0].id}>: **1 video per day**" in said(card)


async def test_removing_names_the_rule_and_everyones_asks_first(desk: Desk) -> None:
    role = desk.studio.discord.world.add_role(desk.studio.discord.guild, "artists")
    await desk.quota("set", limit=4, unit="videos", per="day", role=role)
    await desk.quota("set", limit=9, unit="videos", per="day", member=desk.mia.user)
    await desk.quota("set", limit=0, unit="videos", per="day")
    offered = await desk.rules()
    assert list(offered) == [
        "Mia: 9 videos per day",
        "@artists: 4 videos per day",
        "everyone: 0 videos per day (closed)",
    ]
    assert list(await desk.rules("ARTI")) == ["@artists: 4 videos per day"]
    gone = await desk.quota("remove", rule=offered["@artists: 4 videos per day"], reason="done")
    assert f"For <@&{role.id}>: 4 videos per day no longer holds." in gone
    assert "There is no such rule" in await desk.quota("remove", rule=offered["@artists: 4 videos per day"])
    assert "There is no such rule" in await desk.quota("remove", rule="Mia: 9 videos per day")
    everyones = offered["everyone: 0 videos per day (closed)"]
    card = await desk.card(desk.ann, "quota remove", rule=everyones, reason="open again")
    assert buttons(card) == ["Remove", "Keep"]
    assert "the operator's default holds again: 5 videos per day, $3.00 per day" in said(card)
    assert not await desk.film(desk.studio.person("Zoe"))
    await desk.studio.bot.stop()
    await desk.studio.start()
    assert "may manage this server" in (await desk.mia.press(card, "Remove").answer()).text
    await desk.ann.press(card, "Remove").message()
    assert "so the operator's default holds again: 5 videos per day, $3.00 per day." in said(card)
    assert buttons(card) == ["Undo"]
    assert desk.studio.database.audit()[-1].reason == "open again"
    assert await desk.film(desk.studio.person("Zed"))


async def test_keep_changes_nothing_and_a_confirmation_works_once(desk: Desk) -> None:
    await desk.quota("set", limit=4, unit="videos", per="day")
    [rule] = (await desk.rules()).values()
    card = await desk.card(desk.ann, "quota remove", rule=rule)
    await desk.ann.press(card, "Keep").message()
    assert said(card).strip() == "Nothing was changed."
    again = await desk.ann.press(card, "Remove", stale=True).answer()
    assert "answered already" in again.text
    assert desk.studio.database.rules() == 1


async def test_a_pool_holds_for_all_together_until_it_is_lifted(desk: Desk) -> None:
    shown = await desk.quota("server", limit=0.272, unit="usd", per="day")
    assert "For the whole server together: **$0.272 per day**" in shown
    bob = desk.studio.person("Bob")
    assert await desk.film(desk.mia)
    assert not await desk.film(bob)
    shown = await desk.quota("server", limit=-1, unit="usd", per="day")
    assert "$0.272 per day → **unlimited dollars per day**" in shown
    assert await desk.film(bob)
    await desk.quota("server", limit=0, unit="videos", per="hour")
    assert not await desk.film(bob)


async def test_the_list_shows_what_is_used_of_each_limit_and_removes_it(desk: Desk) -> None:
    ben, role = desk.studio.person("Ben"), desk.studio.discord.world.add_role(desk.studio.discord.guild, "artists")
    await desk.quota("set", limit=2, unit="videos", per="day", member=desk.mia.user)
    await desk.quota("set", limit=4, unit="videos", per="day", role=role)
    await desk.quota("set", limit=1, unit="videos", per="day")
    await desk.quota("server", limit=50, unit="usd", per="month")
    for person in (desk.mia, ben):
        assert await desk.film(person)
    card = await desk.card(desk.ann, "quota list")
    mine, of_role, everyones, pool = [part for part in said(card).split("\n-# ") if part][1:5]
    assert "1 video used, 1 video left" in mine
    assert "/quota show" in of_role
    assert "at the limit: 1 of 1 active member · most used: 1 video" in everyones
    assert "$0.544 used, $49.456 left" in pool
    await desk.studio.bot.stop()
    await desk.studio.start()
    [first, *_] = [name for name in custom_ids(card.components) if name.startswith("quota-list-remove:")]
    assert "may manage this server" in (await desk.mia.forge(card, first).answer()).text
    pressed = desk.ann.press(card, first)
    await pressed.answer()
    assert "For <@" in said(await pressed.followup())
    assert f"<@{desk.mia.id}>" not in said(card)
    assert "There is no such rule" in (await desk.ann.forge(card, first).answer()).text
    [_, of_everyone, _] = [name for name in custom_ids(card.components) if name.startswith("quota-list-remove:")]
    asked = desk.ann.press(card, of_everyone)
    await asked.answer()
    assert "Remove the rule for everyone?" in said(await asked.message())
    assert desk.studio.database.rules() == 3
