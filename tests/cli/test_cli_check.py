"""`sora-bot check`: everything the bot needs in one line each, and exit code 1 if any fails."""

import asyncio
import os
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.storage.sqlite.schema import migrations
from bot.storage.store import SqlStore
from sandbox.uniall import UniAllStandIn
from tests.cli.conftest import KEY, TOKEN, WRONG, Ran, Runner, nowhere, together
from tests.standins.discord import DiscordStandIn, Permission, Rules
from tests.storage.empty import put_empty

ROW = 'format = "task"\nseconds = [4]\nusd_per_second = 0.1\n'
FOREIGN = f'[[family]]\nname = "Wan"\n[[family.offer]]\nmodel = "wan2.6"\n{ROW}'.encode()
PARTLY = FOREIGN + f'[[family.offer]]\nmodel = "sora2-pro-720p"\n{ROW}'.encode()
BROKEN = FOREIGN + b"price = 3\n"


def older_database(folder: Path) -> bytes:
    """A database of the schema before this one, whose bot has run for a month without a backup; one job waits for funds."""
    path = put_empty(folder.parent / "old" / "old.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {len(migrations()) - 1}")
        month_ago = int((time.time() - 30 * 86_400) * 1000)
        connection.execute("INSERT OR REPLACE INTO value (name, value) VALUES ('first_start', ?)", (str(month_ago),))
        connection.execute("PRAGMA journal_mode = DELETE")
    return path.read_bytes()


def later_database(folder: Path) -> bytes:
    """Made by newer code, which has other columns."""
    path = folder / "later.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"CREATE TABLE generation (id); PRAGMA user_version = {len(migrations()) + 1}")
    return path.read_bytes()


def anothers_database(folder: Path) -> bytes:
    """Of another program."""
    path = folder / "another.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE album (id)")
    return path.read_bytes()


async def everything(folder: Path) -> dict[str, Ran]:
    run = Runner(folder)
    async with (
        UniAllStandIn(keys=(KEY,)) as uniall,
        DiscordStandIn(token=TOKEN) as discord,
        DiscordStandIn(token=TOKEN, rules=Rules(identifies_left=0)) as tired,
    ):
        good = {
            "DISCORD_TOKEN": TOKEN,
            "UNIALL_API_KEY": KEY,
            "DISCORD_API_BASE_URL": discord.base_url,
            "UNIALL_BASE_URL": uniall.base_url,
            "ALLOWED_GUILD_IDS": discord.guild.id,
            "OPERATOR_CHANNEL_ID": discord.channel.id,
            "MEDIA_BUDGET": "1 MB",
        }
        models = good | {"MODELS_FILE": "m.toml"}
        closed = discord.world.add_channel(discord.guild, "closed")
        discord.revoke(closed, Permission.SEND_MESSAGES)
        store = await SqlStore.open(folder / "running.db")
        try:
            return await together(
                {
                    "good": run(good | {"METRICS_LISTEN": "127.0.0.1:0"}, "check", forked=False),
                    "secrets": run(good | {"DISCORD_TOKEN": WRONG, "UNIALL_API_KEY": WRONG}, "check"),
                    "folders": run(
                        models
                        | {"MEDIA_DIR": "file/media", "DATABASE_URL": "sqlite:///file/bot.db"}
                        | {"METRICS_LISTEN": "203.0.113.1:9464"},
                        "check",
                        files={"file": b"", "m.toml": BROKEN},
                    ),
                    "unreachable": run(
                        good | {"DISCORD_API_BASE_URL": f"{nowhere()}/api/v10", "UNIALL_BASE_URL": nowhere()}, "check"
                    ),
                    "foreign": run(
                        models | {"DISCORD_API_BASE_URL": tired.base_url, "OPERATOR_CHANNEL_ID": tired.channel.id},
                        "check",
                        files={"m.toml": FOREIGN},
                    ),
                    "partly": run(models | {"ALLOWED_GUILD_IDS": "77"}, "check", files={"m.toml": PARTLY}),
                    "running": run(
                        good
                        | {"ALLOWED_GUILD_IDS": "", "DATABASE_URL": f"sqlite:///{folder}/running.db"}
                        | {"METRICS_LISTEN": discord.base_url.removeprefix("http://").partition("/")[0]},
                        "check",
                    ),
                    "settings": run({"DISCORD_TOKEN": TOKEN, "LOG_LEVEL": "LOUD"}, "check"),
                    "operator": run(
                        good | {"OPERATOR_CHANNEL_ID": "4", "DISCORD_TOEKN": "x", "MEDIA_BUDGET": "9000 TB"},
                        "check",
                        files={
                            ".env": b"DEFAULT_QOUTA=unlimited\nPOSTGRES_PASSWORD=x\nOPERATOR BUDGET=5 usd per day\n"
                        },
                    ),
                    "owners": run(good | {"OPERATOR_CHANNEL_ID": "", "OWNER_IDS": "5"}, "check"),
                    "nobody": run(good | {"OPERATOR_CHANNEL_ID": ""}, "check"),
                    "closed": run(good | {"OPERATOR_CHANNEL_ID": closed.id}, "check"),
                    "later": run(
                        good | {"DATABASE_URL": "sqlite:///l.db"}, "check", files={"l.db": later_database(folder)}
                    ),
                    "another's": run(
                        good | {"DATABASE_URL": "sqlite:///a.db"}, "check", files={"a.db": anothers_database(folder)}
                    ),
                    "older": run(
                        good | {"DATABASE_URL": "sqlite:///old.db"}, "check", files={"old.db": older_database(folder)}
                    ),
                }
            )
        finally:
            await store.close()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    return asyncio.run(everything(tmp_path_factory.mktemp("check")))


def findings(ran: Ran) -> dict[str, tuple[str, str]]:
    """What was looked at, with its mark and what was said."""
    assert ran.err == ""
    rows = [line.split(maxsplit=2) for line in ran.out.splitlines()]
    assert len({what for _, what, _ in rows}) == len(rows), "one line for each thing"
    return {what: (mark, said) for mark, what, said in rows}


def marks(ran: Ran, mark: str) -> set[str]:
    return {what for what, (found, _) in findings(ran).items() if found == mark}


def test_where_all_is_well_every_line_is_ok(ran: dict[str, Ran]) -> None:
    assert ran["good"].code == 0
    assert marks(ran["good"], "ok") == set(findings(ran["good"]))
    assert list(findings(ran["good"])) == [
        *("settings", "spending", "media", "database", "backup", "funds", "disk", "metrics", "key", "models", "token"),
        *("gateway", "shards", "intents", "operator", "clock"),
    ]
    assert findings(ran["good"])["clock"][1] == "agrees with UniAll's, agrees with Discord's"
    assert "27 of 27 ids" in findings(ran["good"])["models"][1]


@pytest.mark.parametrize(
    ("case", "failing"),
    [
        ("secrets", {"key": "does not accept UNIALL_API_KEY", "token": "Discord does not accept DISCORD_TOKEN"}),
        (
            "folders",
            {
                "media": "file/media cannot be written: ",
                "database": "file cannot be written: ",
                "metrics": "nothing can listen on 203.0.113.1 port 9464: ",
                "models": "m.toml, line 8: price: there is no such key",
            },
        ),
        ("unreachable", {"key": "cannot be asked: ", "discord": "cannot be asked: "}),
        ("later", {"database": "l.db was made by a newer sora-bot"}),
        ("another's", {"database": "a.db is a database of another program. Name another file in DATABASE_URL"}),
        (
            "foreign",
            {"models": "the key can use none of the catalogue's 1 models", "gateway": "0 starts left today"},
        ),
    ],
)
def test_what_fails_has_a_line_with_its_reason(ran: dict[str, Ran], case: str, failing: dict[str, str]) -> None:
    assert ran[case].code == 1
    assert marks(ran[case], "FAIL") == set(failing)
    for what, reason in failing.items():
        assert reason in findings(ran[case])[what][1]


def test_wrong_settings_are_the_only_line(ran: dict[str, Ran]) -> None:
    assert ran["settings"].code == 1
    assert list(findings(ran["settings"])) == ["settings"]
    assert findings(ran["settings"])["settings"][0] == "FAIL"
    assert "UNIALL_API_KEY must be set" in findings(ran["settings"])["settings"][1]
    assert "; LOG_LEVEL " in findings(ran["settings"])["settings"][1]


def test_models_that_the_key_lacks_and_servers_without_the_bot_are_warned_of(ran: dict[str, Ran]) -> None:
    assert ran["partly"].code == 0
    assert marks(ran["partly"], "warn") == {"models", "servers"}
    assert findings(ran["partly"])["models"][1].startswith("Wan; not with this key: wan2.6. Give the key these too")
    assert "77" in findings(ran["partly"])["servers"][1]


def test_the_bot_may_be_running_meanwhile_and_strangers_who_may_spend_are_warned_of(ran: dict[str, Ran]) -> None:
    assert ran["running"].code == 0
    assert marks(ran["running"], "warn") == {"database", "metrics", "spending"}
    assert "another sora-bot is running" in findings(ran["running"])["database"][1]


def test_every_line_that_is_not_well_ends_in_what_to_do(ran: dict[str, Ran]) -> None:
    for name, one in ran.items():
        for what, (mark, said) in findings(one).items():
            assert mark == "ok" or re.search(r"[.?] [A-Z`][^.]* .*$", said), (name, what, said)


def test_names_that_were_most_likely_meant_to_be_settings_are_told(ran: dict[str, Ran]) -> None:
    mark, said = findings(ran["operator"])["names"]
    assert mark == "warn"
    assert "DEFAULT_QOUTA in .env is no setting and is ignored: did you mean DEFAULT_QUOTA?" in said
    assert "DISCORD_TOEKN in the environment is no setting and is ignored: did you mean DISCORD_TOKEN?" in said
    assert "line 3 of .env is not NAME=value and is ignored" in said
    assert "POSTGRES" not in said
    assert "?." not in said


def test_a_file_of_settings_that_others_can_read_is_told(ran: dict[str, Ran]) -> None:
    mark, said = findings(ran["operator"])["private"]
    assert mark == "warn"
    assert "other users of this machine can read .env, which has the token and the key. Run `chmod 600 .env`" in said
    assert "private" not in findings(ran["good"])


def test_a_service_that_cannot_be_reached_is_named_with_the_cause(ran: dict[str, Ran]) -> None:
    said = findings(ran["unreachable"])
    assert "cannot be asked: ClientConnectorError (Connection refused). See whether" in said["key"][1]
    assert "Connect call failed" in said["discord"][1]


def test_who_is_told_of_trouble_is_looked_at(ran: dict[str, Ran]) -> None:
    said = {name: findings(ran[name])["operator"] for name in ("operator", "owners", "nobody", "closed")}
    assert said["operator"][0] == "FAIL"
    assert "OPERATOR_CHANNEL_ID 4 is no channel that the bot can see" in said["operator"][1]
    assert said["owners"][0] == "FAIL"
    assert "Discord knows no user 5 of OWNER_IDS" in said["owners"][1]
    assert said["nobody"][0] == "warn"
    assert said["closed"][0] == "FAIL"
    assert "the bot may not write in the channel of OPERATOR_CHANNEL_ID" in said["closed"][1]


def test_a_budget_beyond_the_disk_is_warned_of_and_so_is_a_month_without_a_backup(ran: dict[str, Ran]) -> None:
    assert findings(ran["operator"])["disk"][0] in ("warn", "FAIL")
    assert "Make room" in findings(ran["operator"])["disk"][1]
    mark, said = findings(ran["older"])["backup"]
    assert (mark, said.startswith("none was ever made, in 30 days. Run `sora-bot db backup FILE`")) == ("warn", True)


def test_it_changes_nothing(ran: dict[str, Ran]) -> None:
    assert os.listdir(ran["good"].folder) == []
    assert os.listdir(ran["older"].folder) == ["old.db"]
    with closing(sqlite3.connect(ran["older"].folder / "old.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(migrations()) - 1,)
    mark, said = findings(ran["older"])["database"]
    assert (mark, "The next start upgrades it" in said) == ("warn", True)
