"""What people do at the Discord stand-in, proved with a real discord.py client over real sockets."""

import io

import discord as discord_py
import pytest
from discord.http import Route
from PIL import Image

from tests.standins.conftest import connected
from tests.standins.discord import DiscordStandIn, NotAnswered, Permission, Upload
from tests.standins.sample_bot import SampleBot

TEXT: discord_py.ui.TextDisplay[discord_py.ui.LayoutView] = discord_py.ui.TextDisplay("no button any more")


def png() -> Upload:
    """A small real picture, 2 by 3."""
    out = io.BytesIO()
    Image.new("RGB", (2, 3), "red").save(out, "PNG")
    return Upload(data=out.getvalue(), filename="my fox.png")


async def test_a_slash_with_a_file_is_answered_with_a_card_that_shows_it(bot: SampleBot, discord: DiscordStandIn):
    ada, picture = discord.person("ada", locale="de"), png()
    card = await ada.slash("draw", prompt="a fox", image=picture).message()
    assert card.text == "a fox"
    assert card.labels == ["Again"]
    assert [(file.filename, file.data, file.width) for file in card.shown_files] == [("my_fox.png", picture.data, 2)]
    assert card.versions[-1]["attachments"] == [], "what a component shows is not listed"
    assert discord.messages() == [card]


async def test_an_interaction_says_who_asks_where_and_what_is_allowed(bot: SampleBot, discord: DiscordStandIn):
    ada = discord.person("ada", locale="de", permissions=Permission.MANAGE_GUILD)
    discord.revoke(discord.channel, Permission.ATTACH_FILES)
    await ada.slash("draw", prompt="a fox").answer()
    asked = bot.interactions[-1]
    assert (str(asked.locale), str(asked.guild_locale), asked.filesize_limit) == ("de", "en-US", 20 << 20)
    assert asked.permissions.manage_guild
    assert asked.app_permissions.send_messages
    assert not asked.app_permissions.attach_files
    assert isinstance(asked.user, discord_py.Member)
    assert [str(role) for role in asked.user.roles] == ["@everyone", "of ada"]
    assert asked.context.guild
    await ada.in_direct_messages().slash("draw", prompt="alone").answer()
    assert (bot.interactions[-1].guild_id, bot.interactions[-1].context.dm_channel) == (None, True)


async def test_subcommands_nest_and_options_go_out_as_given(bot: SampleBot, discord: DiscordStandIn):
    ada, bob = discord.person("ada"), discord.person("bob")
    answer = await ada.slash("quota set", limit=5, member=bob).answer()
    assert (answer.text, answer.ephemeral) == ("5 for bob", True)
    long = "x" * 5000
    ada.slash("draw", prompt=long, model=7)
    await discord.wait_for(lambda: len(bot.interactions) == 2)
    data: dict[str, object] = dict(bot.interactions[-1].data or {})
    assert data["options"] == [{"name": "prompt", "type": 3, "value": long}, {"name": "model", "type": 3, "value": 7}]
    with pytest.raises(LookupError, match="Discord knows no command 'paint'; it knows: Animate image, ask, draw"):
        ada.slash("paint")


async def test_autocomplete_offers_what_the_bot_says(bot: SampleBot, discord: DiscordStandIn):
    typed = discord.person("ada").autocomplete("draw", "model", prompt="a", model="so")
    assert (await typed.answer()).choices == [{"name": "sora-2", "value": "sora-2"}]


async def test_a_modal_comes_back_with_texts_and_files(bot: SampleBot, discord: DiscordStandIn):
    ada = discord.person("ada")
    opened = ada.slash("ask")
    assert (await opened.answer()).text == "Remix\nPrompt\nImage"
    assert (await ada.submit_modal(opened).message()).text == "a fox []"
    again = ada.slash("ask")
    await again.answer()
    sent = ada.submit_modal(again, {"Prompt": "a bear", "file": Upload(data=b"1")})
    assert (await sent.message()).text == "a bear [b'1']"
    with pytest.raises(LookupError, match="the modal has no Colour"):
        ada.submit_modal(again, {"Colour": "red"})


async def test_a_persistent_button_works_for_another_process(redirected: DiscordStandIn):
    ada = redirected.person("ada")
    async with connected(redirected):
        card = await ada.slash("draw", prompt="a fox").message()
    async with connected(redirected):
        answer = await ada.press(card, "Again").answer()
        assert (answer.text, answer.ephemeral) == ("again j1", True)
    with pytest.raises(LookupError, match="nothing to press called 'Delete'; there is: Again"):
        ada.press(card, "Delete")


async def test_a_deferred_answer_becomes_a_message_and_followups_come_after(bot: SampleBot, discord: DiscordStandIn):
    ada, bob = discord.person("ada"), discord.person("bob")
    asked = ada.slash("slow", secret=True)
    assert (await asked.first_answer()).deferred
    shown, more = await asked.message(), await asked.followup()
    assert [message.text for message in (shown, more)] == ["thought", "and more"]
    assert discord.messages(viewer=ada) == [shown, more]
    assert discord.messages(viewer=bob) == []
    assert [bool(version["flags"] & 1 << 7) for version in shown.versions] == [True, False]


async def test_while_it_thinks_the_first_followup_takes_the_place_of_the_placeholder(
    bot: SampleBot, discord: DiscordStandIn
):
    ada = discord.person("ada")
    asked = ada.slash("draw")  # no prompt: the bot fails and says nothing
    await discord.wait_for(lambda: bot.interactions)
    await bot.interactions[-1].response.defer(thinking=True)
    await bot.interactions[-1].followup.send("refused", ephemeral=True)
    assert (asked.original, asked.followups) == (discord.messages()[0], [])
    assert (discord.messages()[0].text, discord.messages()[0].ephemeral) == ("refused", False)


async def test_what_is_picked_from_a_menu_and_pressed_too_late_arrives(
    bot: SampleBot, discord: DiscordStandIn, general: discord_py.PartialMessageable
):
    ada = discord.person("ada")
    menu = discord_py.ui.View(timeout=None)
    menu.add_item(discord_py.ui.Select(custom_id="pick", options=[discord_py.SelectOption(label="a")]))
    await general.send("pick", view=menu)
    posted = await discord.wait_message(lambda message: message.text == "pick")
    ada.select(posted, "pick", ["a"])
    await discord.wait_for(lambda: bot.interactions)
    assert dict(bot.interactions[-1].data or {}) | {"id": 0} == {
        "component_type": 3,
        "custom_id": "pick",
        "values": ["a"],
        "id": 0,
    }
    card = await ada.slash("draw", prompt="a fox").message()
    await general.get_partial_message(int(card.id)).edit(view=discord_py.ui.LayoutView().add_item(TEXT))
    with pytest.raises(LookupError):
        ada.press(card, "Again")
    assert (await ada.press(card, "Again", stale=True).answer()).text == "again j1"


async def test_a_message_menu_carries_the_message_whole(bot: SampleBot, discord: DiscordStandIn):
    ada, bob = discord.person("ada"), discord.person("bob")
    written = bob.say("look", files=[Upload(data=b"pixels")])
    answer = await ada.message_menu("Animate image", written).answer()
    assert answer.text == "look [b'pixels']"


async def test_an_interaction_takes_one_first_answer_within_its_time(bot: SampleBot, discord: DiscordStandIn):
    ada = discord.person("ada")
    first = ada.slash("draw", prompt="a fox")
    await first.answer()
    route = Route("POST", f"/interactions/{first.id}/{first.token}/callback")
    with pytest.raises(discord_py.HTTPException) as failed:
        await bot.http.request(route, json={"type": 5})
    assert failed.value.code == 40060
    discord.rules.answer_within = 0.05
    late = ada.slash("draw")
    with pytest.raises(NotAnswered, match="The application did not respond to draw"):
        await late.answer()
    assert late.error
    with pytest.raises(discord_py.NotFound) as failed:
        await bot.interactions[-1].response.defer()
    assert failed.value.code == 10062


async def test_an_interaction_token_ends(bot: SampleBot, discord: DiscordStandIn):
    await discord.person("ada").slash("draw", prompt="a fox").message()
    discord.rules.token_lifetime = 0.0
    with pytest.raises(discord_py.HTTPException) as failed:
        await bot.interactions[-1].edit_original_response(content="late")
    assert (failed.value.status, failed.value.code) == (401, 50027)
