"""`sora-bot run`, and the command line itself: exit codes 0, 1 and 2, with one line that says why."""

import asyncio
import signal
from pathlib import Path

import pytest

from bot.__main__ import main
from sandbox.uniall import UniAllStandIn
from tests.cli.conftest import KEY, TOKEN, WRONG, Ran, Runner, together
from tests.standins.discord import DiscordStandIn


async def everything(folder: Path) -> dict[str, Ran]:
    run = Runner(folder)
    async with (
        UniAllStandIn(keys=(KEY,)) as uniall,
        DiscordStandIn(token=TOKEN) as first,
        DiscordStandIn(token=TOKEN) as second,
    ):
        good = {
            "DISCORD_TOKEN": TOKEN,
            "UNIALL_API_KEY": KEY,
            "DISCORD_API_BASE_URL": first.base_url,
            "UNIALL_BASE_URL": uniall.base_url,
        }
        file = "\n".join(f"{name}={value}" for name, value in good.items()).encode()
        return await together(
            {
                "SIGTERM": run({}, "run", files={".env": file}, until=first.ready, forked=False),
                "SIGINT": run(
                    good
                    | {"DISCORD_API_BASE_URL": second.base_url, "LOG_FORMAT": "json", "DEFAULT_QOUTA": "unlimited"},
                    "run",
                    until=second.ready,
                    end=signal.SIGINT,
                ),
                "nothing set": run({}, "run", forked=False),
                "wrong setting": run(good | {"DATABASE_URL": "postgresql://me:pa ss@db/bot"}, "run"),
                "token": run(good | {"DISCORD_TOKEN": WRONG}, "run"),
                "key": run(good | {"UNIALL_API_KEY": WRONG}, "run"),
                "models": run(good | {"MODELS_FILE": "none.toml"}, "run"),
                "gateway": run(good, "gateway", "--shards", "0-1/2"),
                "worker": run(good | {"DATABASE_URL": "postgresql://me:pass@db/bot"}, "worker"),
                "range": run(good, "gateway", "--shards", "2-1/4"),
            }
        )


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    return asyncio.run(everything(tmp_path_factory.mktemp("run")))


@pytest.mark.parametrize("end", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_well(ran: dict[str, Ran], end: str) -> None:
    assert (ran[end].code, ran[end].out) == (0, "")
    assert "stopped" in ran[end].err.splitlines()[-1]
    assert "sora-bot: " not in ran[end].err
    assert "error" not in ran[end].err.lower()


def test_a_misspelt_setting_is_a_warning_in_the_log(ran: dict[str, Ran]) -> None:
    [line] = [line for line in ran["SIGINT"].err.splitlines() if "setting_ignored" in line]
    assert "did you mean DEFAULT_QUOTA?" in line


def test_without_settings_it_is_told_what_to_do(ran: dict[str, Ran]) -> None:
    assert (ran["nothing set"].code, ran["nothing set"].out) == (2, "")
    assert ran["nothing set"].err == (
        "sora-bot: DISCORD_TOKEN and UNIALL_API_KEY must be set; "
        "there is no .env here: copy the .env.example of the sources to .env and fill it in\n"
    )


def test_a_wrong_setting_is_one_line(ran: dict[str, Ran]) -> None:
    assert ran["wrong setting"].code == 2
    assert ran["wrong setting"].err.startswith("sora-bot: DATABASE_URL is not of the form postgresql://")
    assert len(ran["wrong setting"].err.splitlines()) == 1
    assert "pa ss" not in ran["wrong setting"].err


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("token", "Discord does not accept DISCORD_TOKEN"),
        ("key", "does not accept UNIALL_API_KEY"),
        ("models", "none.toml cannot be read: No such file or directory"),
    ],
)
def test_what_the_operator_must_mend_ends_it_with_its_reason(ran: dict[str, Ran], case: str, reason: str) -> None:
    assert (ran[case].code, ran[case].out) == (2 if case == "models" else 78, "")
    assert reason in ran[case].reason


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (
            "gateway",
            "`sora-bot gateway` shares its work with other processes and needs DATABASE_URL=postgresql://… and",
        ),
        ("worker", "`sora-bot worker` shares its work with other processes and needs MEDIA_URL=s3://…;"),
        ("range", "--shards 2-1/4: the shards of 4 are 0 to 3, the first before the last"),
    ],
)
def test_a_role_that_cannot_share_its_work_is_wrong_usage(ran: dict[str, Ran], case: str, reason: str) -> None:
    assert (ran[case].code, ran[case].out) == (2, "")
    assert ran[case].err.startswith(f"sora-bot: {reason}")
    assert len(ran[case].err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["gateway"],
        ["worker", "1"],
        ["walk"],
        ["--fast"],
        ["check", "all"],
        ["run", "faster"],
        ["generate"],
        ["generate", "a", "cat"],
        ["generate", "a cat", "--duration", "long"],
        ["generate", "a cat", "--orientation", "diagonal"],
        ["generate", "a cat", "--image"],
    ],
)
def test_every_wrong_usage_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: sora-bot")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--version"], ["sora-bot "]),
        (["--help"], ["run ", "gateway ", "worker ", "check ", "generate ", "sandbox "]),
        (["gateway", "--help"], ["--shards", "A-B/N", "DATABASE_URL", "MEDIA_URL"]),
        (["worker", "--help"], ["DATABASE_URL", "MEDIA_URL"]),
        (["generate", "--help"], ["PROMPT", "--orientation", "--duration", "--model", "--image", "--out"]),
    ],
)
def test_help_and_version_are_no_failure(
    arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert all(word in said.out for word in words)
