"""No command and no button does for a member what only moderators may, and each place has its one clear answer."""

import pytest

from tests.cogs.moderation.conftest import Server, menus, private
from tests.process.conftest import Studio
from tests.standins.discord import Permission

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_member_without_rights_is_refused_by_every_config_command(server: Server) -> None:
    discord = server.studio.discord
    manager = discord.person("Channels", permissions=Permission.MANAGE_CHANNELS | Permission.MANAGE_MESSAGES)
    commands: dict[str, dict[str, object]] = {
        "show": {},
        "channels": {"allow": discord.channel},
        "models": {"allow": "Sora 2"},
        "limits": {},
        "filter": {"add": "x"},
        "log-channel": {"channel": discord.channel},
        "threads": {"mode": "never"},
        "timezone": {"name": "UTC"},
        "results": {"spoiler": True},
        "block": {"member": server.mod},
        "unblock": {"member": server.mod},
        "pause": {"minutes": 5},
        "resume": {},
    }
    [known] = [command for command in discord.application.commands if command["name"] == "config"]
    assert known["default_member_permissions"] == str(int(Permission.MANAGE_GUILD))
    assert known["contexts"] == [0]
    assert {one["name"] for one in known["options"]} == set(commands)
    for command, options in commands.items():
        for person in (server.mia, manager):
            assert "manage this server" in await server.config(command, person, **options), command
    assert server.studio.database.changes() == 0
    for command, option in (("models", "allow"), ("filter", "remove"), ("timezone", "name")):
        offered = await server.mia.autocomplete(f"config {command}", option, **{option: ""}).answer()
        assert offered.choices == []
    admin = discord.person("Admin", permissions=Permission.ADMINISTRATOR)
    assert "Settings" in await server.config("show", admin)


async def test_a_server_that_is_not_served_gets_one_answer_to_every_command_and_button(studio: Studio) -> None:
    await studio.start()
    mia, mod = studio.person(), studio.discord.person("Mod", permissions=Permission.MANAGE_GUILD)
    studio.uniall.seconds = 600
    running = await mia.slash("sora", prompt="runs").message()
    shown = await mod.slash("config show").message()
    studio.uniall.seconds = 0.1
    await mia.slash("sora", prompt="done").message()
    [video] = await studio.wait_results(1)
    await studio.bot.stop()
    await studio.start(ALLOWED_GUILD_IDS="1")
    sentence = "not on the list of servers"
    for command, options in (
        ("sora", {"prompt": "x"}),
        ("usage", {}),
        ("help", {}),
        ("quota list", {}),
        ("config show", {}),
        ("privacy show", {}),
    ):
        assert sentence in private(await mod.slash(command, **options).answer()), command
    for label in ("Delete", "Report"):
        assert sentence in private(await mia.press(video, label).answer())
    assert sentence in private(await mod.select(shown, "config:threads", ["never"]).answer())
    assert (await mod.autocomplete("sora", "model", model="").answer()).choices == []
    assert running


async def test_in_direct_messages_the_bot_says_that_it_works_in_servers(server: Server) -> None:
    alone = server.mia.in_direct_messages()
    contexts = {command["name"]: command["contexts"] for command in server.studio.discord.application.commands}
    assert {name for name, offered in contexts.items() if 1 in offered} == {"help", "privacy"}
    for command, options in (("sora", {"prompt": "x"}), ("usage", {}), ("help", {}), ("config show", {})):
        assert "I work in servers" in private(await alone.slash(command, **options).answer()), command


async def test_a_menu_cannot_be_used_by_who_is_no_moderator_any_more(server: Server) -> None:
    shown = server.mod.slash("config show")
    card = await shown.message()
    member = server.mod.member
    assert member is not None
    member.role_ids.clear()
    for name in menus(await shown.answer()):
        refused = server.mod.select(card, name, [])
        assert "manage this server" in private(await refused.answer()), name
    assert server.studio.database.changes() == 0
