"""The slash commands as Discord is told of them: those of the contract, with its options, within Discord's limits."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.client import SoraBot
from cogs import EXTENSIONS
from tests.cogs.conftest import COGS

STRING, INTEGER, ATTACHMENT, SUBCOMMAND, GROUP = 3, 4, 11, 1, 2
# design, section 2. Groups are named here; who adds one adds its options to this test.
CONTRACT = {"sora", "usage", "history", "quota", "config", "privacy", "help"}
MENUS = {"Animate image"}
READY = {"sora", "usage", "help"}
IN_SERVERS, IN_MESSAGES = 0, 1


@pytest.fixture
async def bot() -> AsyncIterator[SoraBot]:
    """The bot with its commands loaded; it never talks to Discord."""
    client = SoraBot(EXTENSIONS)
    for extension in EXTENSIONS:
        await client.load_extension(extension)
    yield client
    await client.close()


@pytest.fixture
async def payload(bot: SoraBot) -> dict[str, dict[str, Any]]:
    """Each command as it is synced, by name."""
    commands: list[dict[str, Any]] = [dict(command.to_dict(bot.tree)) for command in bot.tree.get_commands()]
    assert len({(command["type"], command["name"]) for command in commands}) == len(commands)
    return {command["name"]: command for command in commands}


def options(command: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {option["name"]: option for option in command.get("options", [])}


def everything(command: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield command
    for option in command.get("options", []):
        yield from everything(option)


async def test_only_commands_of_the_contract_are_registered(payload: dict[str, dict[str, Any]]) -> None:
    assert READY <= set(payload) <= CONTRACT | MENUS


async def test_no_command_is_answered_to_a_message(bot: SoraBot) -> None:
    assert not bot.commands


async def test_sora_has_the_options_of_the_contract(payload: dict[str, dict[str, Any]]) -> None:
    found = options(payload["sora"])
    assert [(name, option["type"], option.get("required", False)) for name, option in found.items()] == [
        ("prompt", STRING, True),
        ("orientation", STRING, False),
        ("duration", INTEGER, False),
        ("image", ATTACHMENT, False),
        ("model", STRING, False),
    ]
    assert (found["prompt"]["min_length"], found["prompt"]["max_length"]) == (1, 4000)
    assert [choice["name"] for choice in found["orientation"]["choices"]] == ["Landscape", "Portrait"]
    assert [choice["value"] for choice in found["duration"]["choices"]] == [4, 8, 12, 16, 20]
    assert found["model"]["autocomplete"] is True
    assert "choices" not in found["model"]


@pytest.mark.parametrize("name", ["usage", "help"])
async def test_usage_and_help_have_no_options(payload: dict[str, dict[str, Any]], name: str) -> None:
    assert options(payload[name]) == {}


async def test_every_command_is_offered_in_direct_messages_too_where_it_explains_itself(
    payload: dict[str, dict[str, Any]],
) -> None:
    for name in READY:
        assert payload[name].get("contexts") == [IN_SERVERS, IN_MESSAGES], name


async def test_everyone_may_use_what_is_for_everyone(payload: dict[str, dict[str, Any]]) -> None:
    for name in READY:
        assert payload[name].get("default_member_permissions") is None
        assert not payload[name].get("nsfw")


async def test_every_command_keeps_discords_limits(payload: dict[str, dict[str, Any]]) -> None:
    assert len([command for command in payload.values() if command["type"] == 1]) <= 100
    for command in payload.values():
        assert len(json.dumps(command)) < 8000
        for one in everything(command):
            if command["type"] != 1:
                assert 1 <= len(one["name"]) <= 32
                continue
            assert re.fullmatch(r"[a-z0-9_-]{1,32}", one["name"])
            assert 1 <= len(one["description"]) <= 100
            assert one["description"] != "…", f"{one['name']} is not described"
            assert len(one.get("options", [])) <= 25
            assert len(one.get("choices", [])) <= 25
            assert all(1 <= len(str(choice["name"])) <= 100 for choice in one.get("choices", []))
            needed = [option.get("required", False) for option in one.get("options", [])]
            assert needed == sorted(needed, reverse=True), "required options come first"


async def test_every_button_outlives_a_restart(bot: SoraBot) -> None:
    from cogs.buttons import DYNAMIC_ITEMS

    templates = [item.__discord_ui_compiled_template__.pattern for item in DYNAMIC_ITEMS]
    assert len(set(templates)) == len(templates)
    known = bot._connection._view_store._dynamic_items
    assert set(known.values()) == set(DYNAMIC_ITEMS)


async def test_every_fault_of_a_command_is_caught(bot: SoraBot) -> None:
    assert bot.tree.on_error.__module__ == "cogs.errors"


def test_every_cog_is_loaded_and_explains_itself() -> None:
    for path in COGS.glob("*.py"):
        module = import_module("cogs" if path.stem == "__init__" else f"cogs.{path.stem}")
        assert module.__doc__, path.name
        assert hasattr(module, "setup") == (module.__name__ in EXTENSIONS), path.name


async def test_every_cog_and_command_is_documented(bot: SoraBot) -> None:
    for cog in bot.cogs.values():
        assert type(cog).__doc__
        for command in cog.walk_app_commands():
            if isinstance(command, app_commands.Command):
                assert command.callback.__doc__, command.qualified_name


async def test_the_bot_asks_for_no_privileged_intent(bot: SoraBot) -> None:
    privileged = discord.Intents(members=True, presences=True, message_content=True)
    assert not bot.intents.value & privileged.value
    assert bot.intents.guilds
    assert bot.intents.guild_messages
