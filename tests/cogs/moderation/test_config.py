"""`/config`: what moderators settle holds at once, is answered to them alone, and is in the audit log."""

import asyncio

import pytest

from tests.cogs.moderation.conftest import Server, menus, report
from tests.process.conftest import buttons, image, said
from tests.standins.discord import Permission

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_only_allowed_channels_make_videos_and_a_thread_counts_as_its_channel(server: Server) -> None:
    discord = server.studio.discord
    videos = discord.world.add_channel(discord.guild, "videos")
    thread = discord.world.add_thread(videos, "talk", discord.world.operator, starter=None, minutes=60)
    aside = discord.world.add_thread(discord.channel, "aside", discord.world.operator, starter=None, minutes=60)
    assert "#videos" in await server.config("channels", allow=videos)
    refused = await server.sora()
    assert f"<#{videos.id}>" in refused
    assert "not made in this channel" in refused
    assert "not made in this channel" in await server.sora("x", server.mia.at(aside))
    assert "> in place" in await server.sora("in place", server.mia.at(videos))
    assert "> in a thread" in await server.sora("in a thread", server.mia.at(thread))
    assert await server.config("channels", allow=aside)  # a thread stands for its channel
    assert "> here" in await server.sora("here")
    await server.config("channels", remove=discord.channel)
    last = await server.config("channels", remove=videos)
    assert "everywhere" in last
    assert "Nothing is listed any more, so every channel is allowed." in last
    assert "any more" not in await server.config("channels")
    assert "does not have" in await server.config("channels", remove=videos)
    assert "> anywhere" in await server.sora("anywhere")


async def test_only_allowed_models_are_used_and_raw_ids_count_by_their_family(server: Server) -> None:
    await server.config("models", allow="sora 2 pro 1080p")
    assert "“Sora 2” is not allowed in this server" in await server.sora("without a model it is Sora 2")
    refused = await server.sora("by id", model="sora2-landscape-4s")
    assert "“Sora 2” is not allowed in this server. Allowed: Sora 2 Pro 1080p ($0.34 a second)." in refused
    assert "> by allowed id" in await server.sora("by allowed id", model="sora2-pro-1080p")
    offered = (await server.mia.autocomplete("sora", "model", model="pro").answer()).choices
    assert [choice["value"] for choice in offered] == ["Sora 2 Pro 1080p", "sora2-pro-1080p"]
    assert "no model" in await server.config("models", allow="Veo")
    await server.config("models", allow="Sora 2")
    assert "any more" not in await server.config("models", remove="Sora 2")
    last = await server.config("models", remove="Sora 2 Pro 1080p")
    assert "Nothing is listed any more, so every model is allowed." in last
    assert "> again" in await server.sora("again", model="sora2-landscape-4s")


async def test_limits_of_length_price_and_number_hold_until_they_are_lifted(server: Server) -> None:
    server.studio.uniall.seconds = 600
    assert "longest: no limit" in await server.config("limits")
    changed = await server.config("limits", longest=8, dearest=0.5, waiting=3)
    assert "waiting: 3 · longest: 8 s · dearest: $0.50" in changed
    assert "at most 8 s" in await server.sora("long", duration=12)
    assert "$0.544, and this server allows at most $0.50" in await server.sora("dear", duration=8)
    for name in ("longest", "dearest", "running"):
        assert "would let nothing through" in await server.config("limits", **{name: 0})
    assert "longest: no limit · dearest: no limit" in await server.config("limits", longest=-1, dearest=-1)
    assert "> long" in await server.sora("long", duration=12)
    assert server.studio.held() == 1
    assert "at once and waiting together: 25" in await server.config("limits", waiting=-1)


async def test_a_blocked_member_makes_no_videos_until_unblocked_and_the_log_channel_hears_of_it(server: Server) -> None:
    discord = server.studio.discord
    closed = discord.world.add_channel(discord.guild, "closed")
    discord.revoke(closed, Permission.SEND_MESSAGES)
    assert "cannot post" in await server.config("log-channel", channel=closed)  # so nothing would be told there
    log = await server.log_channel()
    assert "Blocked" in await server.config("block", member=server.mia, reason="spam **x**")
    told = await server.logged(log, "blocked")
    assert f"<@{server.mia.id}>" in told.text
    assert "Why: spam" in told.text
    assert "blocked you" in await server.sora()
    assert "already" in await server.config("block", member=server.mia)
    assert "> other" in await server.sora("other", server.studio.person("Ben"))
    assert "Unblocked" in await server.config("unblock", member=server.mia)
    assert "not blocked" in await server.config("unblock", member=server.mia)
    assert "> back" in await server.sora("back")


async def test_a_banned_term_is_refused_in_disguise_without_being_repeated(server: Server) -> None:
    log = await server.log_channel()
    assert "1" in await server.config("filter", add="  Bad   Thing ")
    await server.config("filter", add="gore")
    for prompt in ("a BAD thing", "ba\u200bd-thing", "ｂａｄ ｔｈｉｎｇ", "b@d th1ng", "g o r e", "gоre", "GÖRE"):
        refused = await server.sora(prompt)
        assert "does not allow" in refused
        assert "gore" not in refused.lower()
        assert "thing that" not in refused.lower().replace("something", "")
    told = await server.logged(log, "“Bad Thing”")
    assert f"<@{server.mia.id}>" in told.text
    assert told.pinged == set()
    assert "> gored bads" in await server.sora("gored bads")
    assert len(server.studio.database.generations()) == 1
    offered = (await server.mod.autocomplete("config filter", "remove", remove="go").answer()).choices
    assert [choice["value"] for choice in offered] == ["gore"]
    assert "not banned" in await server.config("filter", remove="other")
    await server.config("filter", remove="GORE")
    assert "> gore" in await server.sora("gore")
    assert "letter or digit" in await server.config("filter", add="...")
    changes = server.studio.database.changes()
    for same in ("bad thing", "BÁD thing", "ｂａｄ  ｔｈｉｎｇ"):
        assert "“Bad Thing” is banned already" in await server.config("filter", add=same)
    assert server.studio.database.changes() == changes
    assert server.studio.database.banned_terms() == ["Bad Thing"]


async def test_the_time_zone_is_chosen_from_iana_names_and_holds_from_the_next_window(server: Server) -> None:
    offered = (await server.mod.autocomplete("config timezone", "name", name="new york").answer()).choices
    assert [choice["value"] for choice in offered] == ["America/New_York"]
    assert len((await server.mod.autocomplete("config timezone", "name", name="").answer()).choices) == 25
    answer = await server.config("timezone", name="asia/almaty")
    assert "Asia/Almaty" in answer
    assert "run to their end" in answer
    assert "As before" in await server.config("timezone", name="Asia/Almaty")
    assert "not a time zone" in await server.config("timezone", name="Mars/Olympus")
    assert server.studio.database.zone_changes() == ["Asia/Almaty"]


async def test_results_are_spoilers_where_the_server_wants_that(server: Server) -> None:
    def covered(message_number: int) -> list[bool]:
        parts = server.studio.results()[message_number].components
        return [item["spoiler"] for part in parts if part["type"] == 12 for item in part["items"]]

    await server.video("open")
    assert "covered" in await server.config("results", spoiler=True)
    await server.video("covered")
    assert (covered(0), covered(1)) == ([False], [True])


async def test_the_card_shows_every_setting_and_its_menus_change_them_after_a_restart(server: Server) -> None:
    discord, studio = server.studio.discord, server.studio
    await server.config("filter", add="gore")
    await server.config("limits", longest=8)
    await server.config("block", member=studio.person("Troll"))
    shown = server.mod.slash("config show")
    answer = await shown.answer()
    for part in ("Channels** · everywhere", "longest: 8 s", "||gore||", "Log channel** · off", "UTC", "none open"):
        assert part in answer.text
    assert set(menus(answer)) == {
        f"config:{one}" for one in ("log-channel", "channels", "models", "threads", "results")
    }
    card = await shown.message()
    log = discord.world.add_channel(discord.guild, "log")
    await studio.bot.stop()
    await studio.bot.start()

    async def pick(name: str, *values: str) -> str:
        await server.mod.select(card, f"config:{name}", values).answer()
        return said(card)

    assert f"Log channel** · <#{log.id}>" in await pick("log-channel", log.id)
    assert f"Channels** · <#{discord.channel.id}>" in await pick("channels", discord.channel.id)
    assert "Models** · Sora 2\n" in await pick("models", "Sora 2")
    assert "Threads** · always" in await pick("threads", "always")
    assert "Results** · covered" in await pick("results", "on")
    assert "Log channel** · off" in await pick("log-channel")
    assert "Channels** · everywhere" in await pick("channels")
    refused = server.studio.person("Ben").at(card.channel).select(card, "config:threads", ["never"])
    assert "manage this server" in (await refused.answer()).text
    told = [message.text for message in discord.messages(log)]
    assert "my log" in told[0]
    assert any(f"none → <#{log.id}>" in text for text in told)
    logged = [(change.subject_id, change.before, change.after) for change in studio.database.audit("setting")]
    assert ("filter", "", ' {"kind": "terms", "terms": ["gore"]}') in logged
    assert ("threads", ' {"kind": "threads", "mode": "on request"}', ' {"kind": "threads", "mode": "always"}') in logged
    assert ("log-channel", f' {{"kind": "channels", "ids": ["{log.id}"]}}', "") in logged


@pytest.mark.parametrize(
    ("waiting", "accepted", "why"),
    [(2, 3, "You have 1 video running and 2 waiting"), (0, 1, "You have 1 video running, and in this server none may")],
)
async def test_so_many_in_parallel_are_accepted_as_may_run_and_wait(
    server: Server, waiting: int, accepted: int, why: str
) -> None:
    server.studio.uniall.seconds = 600
    assert "Changed" in await server.config("limits", running=1, waiting=waiting)
    answers = await asyncio.gather(*(server.sora(f"fox {number}") for number in range(10)))
    refused = [answer for answer in answers if "> fox" not in answer]
    assert len(refused) == 10 - accepted
    assert all(why in answer for answer in refused)
    assert server.studio.held() == accepted


async def test_the_log_channel_is_shown_without_an_option_and_switched_off_on_the_card_also_when_it_is_gone(
    server: Server,
) -> None:
    discord = server.studio.discord
    assert "**Log channel** · off" in await server.config("log-channel")
    log = await server.log_channel()
    shown = await server.config("log-channel")
    assert f"**Log channel** · <#{log.id}>" in shown
    assert "The menu in /config show switches it off." in shown
    assert server.studio.database.log_channels() == [log.id]
    discord.world.delete_channel(log)
    card = await server.mod.slash("config show").message()
    assert f"<#{log.id}> ⚠️ I cannot see it" in said(card)
    refused = server.studio.person("Ben").at(card.channel).press(card, "Switch the log off")
    assert "manage this server" in (await refused.answer()).text
    await server.mod.press(card, "Switch the log off").answer()
    assert "**Log channel** · off" in said(card)
    assert buttons(card) == ["Undo the last change"]


async def test_no_word_is_too_long_to_be_answered(server: Server) -> None:
    long, video = "x" * 4000, await server.video("y" * 4000)
    for command, options in (
        ("models", {"allow": long}),
        ("models", {"remove": long}),
        ("timezone", {"name": long}),
        ("filter", {"add": long}),
        ("filter", {"remove": long}),
        ("block", {"member": server.mia, "reason": long}),
    ):
        assert 10 < len(await server.config(command, **options)) < 400, command
    assert "There is no model “xxx" in (refused := await server.sora(model=long))
    assert len(refused) < 400
    assert "x" * 99 in refused
    card = server.mia.slash("sora", prompt="named", image=image(name=f"{'z' * 4000}.png"))
    assert "> named" in (await card.answer()).text
    assert "kept" in await report(server.studio.person("Ben"), video, words="z" * 400)
    assert "yyyy" in str((await server.mod.slash("config show").answer()).data)
