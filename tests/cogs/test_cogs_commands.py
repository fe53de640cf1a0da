"""The slash commands as Discord is told of them: those of the contract, with its options, within Discord's limits."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from bot.gateway.client import SoraBot
from cogs import EXTENSIONS
from cogs._ui.buttons import _HANDLERS, Button
from cogs._ui.wording import DEFAULT
from tests.cogs.conftest import COGS

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, MEMBER, CHANNEL, ROLE, NUMBER, ATTACHMENT = 1, 2, 3, 4, 5, 6, 7, 8, 10, 11
CHAT, MANAGE_SERVER = 1, 1 << 5
IN_SERVERS, IN_MESSAGES = 0, 1
UNITS, WINDOWS = ["videos", "seconds", "usd"], ["hour", "day", "week", "month"]

# design, section 2: every command with its options in order; * is required.
CONTRACT = {
    "sora": "prompt* orientation duration image model style",
    "video": "prompt* model shape seconds image end_image sound avoid seed style",
    "defaults": "model shape seconds style",
    "style add": "name* text*",
    "style remove": "name*",
    "style list": "",
    "usage": "",
    "history": "find",
    "quota set": "limit* unit* per* member role reason",
    "quota server": "limit* unit* per* reason",
    "quota remove": "rule* reason",
    "quota list": "",
    "quota show": "member*",
    "quota plan": "limits* member role reason",
    "quota grant": "amount* unit* member role days announce reason",
    "quota reset": "member* reason",
    "quota report": "days",
    "quota export": "days",
    "quota log": "member",
    "config show": "",
    "config channels": "allow remove",
    "config models": "allow remove",
    "config limits": "running waiting longest dearest",
    "config filter": "add remove",
    "config log-channel": "channel",
    "config threads": "mode",
    "config timezone": "name",
    "config results": "spoiler",
    "config block": "member* reason hours",
    "config unblock": "member* reason",
    "config pause": "reason minutes",
    "config resume": "",
    "privacy show": "",
    "privacy delete": "",
    "help": "",
}
MENUS = {"Animate image"}
MESSAGE = 3
FOR_MODERATORS = {"quota", "config"}
IN_SERVERS_ONLY = {"defaults", "style"}
READY = {path.partition(" ")[0] for path in CONTRACT}
KINDS = {
    **dict.fromkeys(("prompt", "orientation", "model", "unit", "per", "reason", "rule", "add"), STRING),
    **dict.fromkeys(("mode", "name", "shape", "sound", "avoid", "find", "style", "text", "limits"), STRING),
    **dict.fromkeys(
        ("seconds", "seed", "duration", "days", "hours", "minutes", "running", "waiting", "longest"), INTEGER
    ),
    **dict.fromkeys(("limit", "amount", "dearest"), NUMBER),
    **{
        "image": ATTACHMENT,
        "end_image": ATTACHMENT,
        "member": MEMBER,
        "role": ROLE,
        "channel": CHANNEL,
        "spoiler": BOOLEAN,
        "announce": BOOLEAN,
    },
}


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


def commands_in(payload: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each command that can be run, by the words one types."""

    def walk(path: str, one: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        inner = [option for option in one.get("options", []) if option["type"] in (SUBCOMMAND, GROUP)]
        if not inner:
            yield path, one
        for option in inner:
            yield from walk(f"{path} {option['name']}", option)

    return {
        path: found
        for name, command in payload.items()
        if command["type"] == CHAT
        for path, found in walk(name, command)
    }


async def test_only_commands_of_the_contract_are_registered(payload: dict[str, dict[str, Any]]) -> None:
    assert set(payload) == READY | MENUS
    assert {name: command["type"] for name, command in payload.items() if command["type"] != CHAT} == dict.fromkeys(
        MENUS, MESSAGE
    )
    assert set(commands_in(payload)) == set(CONTRACT)


@pytest.mark.parametrize("path", CONTRACT)
async def test_a_command_has_the_options_of_the_contract(payload: dict[str, dict[str, Any]], path: str) -> None:
    found = options(commands_in(payload)[path])
    assert " ".join(f"{name}{'*' if one.get('required') else ''}" for name, one in found.items()) == CONTRACT[path]
    listed = dict.fromkeys(("allow", "remove"), CHANNEL if path == "config channels" else STRING)
    assert {name: one["type"] for name, one in found.items()} == {name: {**KINDS, **listed}[name] for name in found}


async def test_units_windows_and_modes_are_chosen_from_those_of_the_contract(
    payload: dict[str, dict[str, Any]],
) -> None:
    offered = {"unit": UNITS, "per": WINDOWS, "mode": ["never", "on request", "always"]}
    seen: set[str] = set()
    for path, command in commands_in(payload).items():
        for name, option in options(command).items():
            if name in offered:
                assert [choice["value"] for choice in option["choices"]] == offered[name], path
                seen.add(name)
    assert seen == set(offered)


async def test_what_the_server_has_is_completed_while_it_is_typed(payload: dict[str, dict[str, Any]]) -> None:
    completed = {
        (path, name)
        for path, command in commands_in(payload).items()
        for name, option in options(command).items()
        if option.get("autocomplete")
    }
    assert completed == {
        ("sora", "model"),
        ("video", "model"),
        ("video", "seconds"),
        ("sora", "style"),
        ("video", "style"),
        ("defaults", "model"),
        ("defaults", "seconds"),
        ("defaults", "style"),
        ("style remove", "name"),
        ("quota remove", "rule"),
        ("config models", "allow"),
        ("config models", "remove"),
        ("config filter", "remove"),
        ("config timezone", "name"),
    }


async def test_a_limit_can_close_and_lift_and_a_grant_can_be_taken_back(payload: dict[str, dict[str, Any]]) -> None:
    commands = commands_in(payload)
    for path in ("quota set", "quota server"):
        assert options(commands[path])["limit"]["min_value"] == -1
    amount = options(commands["quota grant"])["amount"]
    assert amount["min_value"] == -amount["max_value"] < 0
    for option in options(commands["config limits"]).values():
        assert option["min_value"] == -1
    for path in ("quota report", "quota export"):
        assert options(commands[path])["days"]["min_value"] == 1


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
        ("style", STRING, False),
    ]
    assert (found["prompt"]["min_length"], found["prompt"]["max_length"]) == (1, 4000)
    assert [choice["name"] for choice in found["orientation"]["choices"]] == ["Landscape", "Portrait"]
    assert [choice["value"] for choice in found["duration"]["choices"]] == [4, 8, 12, 16, 20]
    assert found["model"]["autocomplete"] is True
    assert "choices" not in found["model"]


async def test_direct_messages_offer_only_what_works_there(payload: dict[str, dict[str, Any]]) -> None:
    for name in READY | MENUS:
        anywhere = name in {"help", "privacy"}
        assert payload[name].get("contexts") == ([IN_SERVERS, IN_MESSAGES] if anywhere else [IN_SERVERS]), name


async def test_everyone_may_use_what_is_for_everyone(payload: dict[str, dict[str, Any]]) -> None:
    for name in (READY | MENUS) - FOR_MODERATORS:
        assert payload[name].get("default_member_permissions") is None


async def test_what_is_for_moderators_defaults_to_manage_server(payload: dict[str, dict[str, Any]]) -> None:
    for name in FOR_MODERATORS:
        assert int(payload[name]["default_member_permissions"]) == MANAGE_SERVER, name


async def test_no_command_is_for_adults_only(payload: dict[str, dict[str, Any]]) -> None:
    assert not [name for name, command in payload.items() if command.get("nsfw")]


async def test_the_texts_name_only_commands_that_there_are(payload: dict[str, dict[str, Any]]) -> None:
    named: set[str] = set()
    for file in (COGS / "locales" / DEFAULT).glob("*.ftl"):  # other languages: test_cogs_translator.py
        for found in re.finditer(r"(?<![\w/])/(\w+)((?: [a-z-]+){0,2})", file.read_text("utf-8")):
            name, *more = [found[1], *found[2].split()]
            named.add(name)
            assert name in payload, found.group()
            inner = {path.split(" ")[1] for path in CONTRACT if path.startswith(f"{name} ")}
            if more and inner:
                assert more[0] in inner, found.group()
    assert {"sora", "usage", "quota", "config", "privacy"} <= named


async def test_every_command_keeps_discords_limits(payload: dict[str, dict[str, Any]]) -> None:
    assert len([command for command in payload.values() if command["type"] == CHAT]) <= 100
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


def modules() -> dict[str, ModuleType]:
    """Every module of the commands, those in packages too, by name."""
    found: dict[str, ModuleType] = {}
    for path in sorted(COGS.rglob("*.py")):
        inside = path.relative_to(COGS).with_suffix("").parts
        name = ".".join(("cogs", *(inside[:-1] if inside[-1] == "__init__" else inside)))
        found[name] = import_module(name)
    return found


def dynamic_items(found: ModuleType) -> set[type[ui.DynamicItem[Any]]]:
    """What a module defines itself: a base that only others are made of has no words of its own."""
    return {
        one
        for one in vars(found).values()
        if isinstance(one, type)
        and issubclass(one, ui.DynamicItem)
        and one.__module__ == found.__name__
        and not one.__name__.startswith("_")
    }


async def test_every_button_and_menu_outlives_a_restart(bot: SoraBot) -> None:
    items = {item for found in modules().values() for item in dynamic_items(found)}
    templates = {item.__discord_ui_compiled_template__.pattern for item in items}
    assert len(templates) == len(items) == 4
    assert set(bot._connection._view_store._dynamic_items.values()) == items


def test_no_button_answers_for_another() -> None:
    items = {item for found in modules().values() for item in dynamic_items(found)}
    jobs = ("again", "cancel", "continue", "join", "retry", "post-here", "remix", "reopen", "thread", "versions")
    menus = ("log-channel", "log-offer", "channels", "models", "threads", "results", "report")
    pressed = [*(f"config:{name}" for name in menus), "privacy-delete:5"]
    pressed += [*(f"{name}:1a" for name in jobs), "history:3:history-older", "tree:1a:3:tree-later", "tree-remix:1a"]
    pressed += ["history:1a:3:history-older", "history-filter:1a", "question-make:1a", "question-cancel:1a"]
    pressed += [f"{name}:1a" for name in ("delete", "delete-sure", "report", "remove", "block", "dismiss")]
    pressed += [
        "quota-remove:1:2",
        "quota-reset:1",
        "quota-keep:1",
        "quota-list:next:1",
        "quota-list-remove:1a:0",
        "quota-log:0:5",
        "post-anyway:1a:1b",
        "make-with:1a",
        "help:start",
        "defaults-clear:5",
        "style-list:0",
        "keep-limit:usd:day:3000000",
        "undo:7",
        "undo-card:7",
    ]
    meant = [
        [item for item in items if item.__discord_ui_compiled_template__.fullmatch(custom_id)] for custom_id in pressed
    ]
    assert [len(found) for found in meant] == [1] * len(pressed)
    assert {found[0] for found in meant} == items
    known = {custom_id.partition(":")[0] for custom_id, found in zip(pressed, meant, strict=True) if found == [Button]}
    assert known == set(_HANDLERS)


async def test_every_fault_of_a_command_is_caught(bot: SoraBot) -> None:
    assert bot.tree.on_error.__module__ == "cogs._ui.errors"


def test_every_cog_is_loaded_and_explains_itself() -> None:
    assert {
        "cogs.sora",
        "cogs.moderation.quota",
        "cogs.moderation.quota.confirm",
        "cogs.moderation.config",
        "cogs.moderation.config.card",
    } <= set(modules())
    for name, found in modules().items():
        assert found.__doc__, name
    assert [name for name, found in modules().items() if hasattr(found, "setup")] == sorted(EXTENSIONS)


async def test_every_extension_is_loaded(bot: SoraBot) -> None:
    assert set(bot.extensions) == set(EXTENSIONS)
    assert len(set(EXTENSIONS)) == len(EXTENSIONS)


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
