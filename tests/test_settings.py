"""Settings: each default of the contract, every wrong value in one sentence, and never a token or a key."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import WrongSettings
from bot.domain.quota.limits import Limit, Per, Scope, Unit
from bot.settings import Secret, Settings
from tests.errors import unusable

SECRETS = {"DISCORD_TOKEN": "token.of-the.bot", "UNIALL_API_KEY": "sk-key-of-uniall"}

DEFAULTS: dict[str, Any] = {
    "discord_api_base_url": None,
    "uniall_base_url": "https://api.uniall.ai",
    "database_url": "sqlite:///data/sora-bot.db",
    "models_file": None,
    "media_dir": Path("data/media"),
    "media_url": None,
    "aws_access_key_id": None,
    "aws_secret_access_key": None,
    "aws_session_token": None,
    "aws_region": None,
    "aws_endpoint_url": None,
    "media_budget": 5_000_000_000,
    "keep_prompts": None,
    "max_in_flight": 10,
    "poll_min_seconds": 5,
    "poll_max_seconds": 60,
    "default_quota": (
        Limit(amount=5, unit=Unit.VIDEOS, per=Per.DAY),
        Limit(amount=3_000_000, unit=Unit.USD, per=Per.DAY),
    ),
    "operator_budget": (),
    "allowed_guild_ids": (),
    "operator_channel_id": None,
    "owner_ids": (),
    "allow_local_media": False,
    "log_format": "console",
    "log_level": "INFO",
    "metrics_listen": None,
}
EXAMPLE = Path(__file__).parents[1] / ".env.example"
Environment = Callable[..., None]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, and no setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.names():
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Sets variables beside the two secrets."""

    def put(**values: str) -> None:
        for name, value in (SECRETS | values).items():
            monkeypatch.setenv(name, value)

    return put


def loaded(settings: Settings) -> dict[str, Any]:
    """All but the two secrets."""
    return {name: getattr(settings, name) for name in Settings.names() if name.upper() not in SECRETS}


def dumped(defaults: dict[str, Any]) -> dict[str, Any]:
    return loaded(Settings(discord_token=Secret("t"), uniall_api_key=Secret("k"), **defaults))


def test_each_default_is_that_of_the_contract(environment: Environment) -> None:
    environment()
    settings = Settings.load()
    assert loaded(settings) == dumped(DEFAULTS)
    assert settings.discord_token.get_secret_value() == SECRETS["DISCORD_TOKEN"]
    assert settings.uniall_api_key.get_secret_value() == SECRETS["UNIALL_API_KEY"]


@pytest.mark.parametrize("name", list(DEFAULTS))
@pytest.mark.parametrize("source", ["environment", "file"])
def test_an_empty_value_is_the_default(environment: Environment, name: str, source: str) -> None:
    if source == "environment":
        environment(**{name.upper(): ""})
    else:
        environment()
        Path(".env").write_text(f"{name.upper()}=\n", "utf-8")
    assert loaded(Settings.load()) == dumped(DEFAULTS)


def test_the_file_is_read() -> None:
    text = "\n".join(f"{name}={value}" for name, value in SECRETS.items())
    Path(".env").write_text(f"# ours\n{text}\nMAX_IN_FLIGHT=3 # few\nMEDIA_DIR='фильмы'\nSOMETHING_ELSE=1\n", "utf-8")
    settings = Settings.load()
    assert settings.max_in_flight == 3
    assert settings.media_dir == Path("фильмы")
    assert settings.uniall_api_key.get_secret_value() == SECRETS["UNIALL_API_KEY"]


def test_the_environment_wins_over_the_file_unless_it_is_empty(environment: Environment) -> None:
    Path(".env").write_text("MAX_IN_FLIGHT=3\nLOG_LEVEL=DEBUG\n", "utf-8")
    environment(MAX_IN_FLIGHT="7", LOG_LEVEL="")
    settings = Settings.load()
    assert (settings.max_in_flight, settings.log_level) == (7, "DEBUG")


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("DISCORD_API_BASE_URL", "http://127.0.0.1:9000/api/v10/", "http://127.0.0.1:9000/api/v10"),
        ("UNIALL_BASE_URL", "http://[::1]:8080/", "http://[::1]:8080"),
        ("DATABASE_URL", "sqlite:////var/lib/bot.db", "sqlite:////var/lib/bot.db"),
        ("MODELS_FILE", "my/models.toml", Path("my/models.toml")),
        ("MEDIA_DIR", "/srv/media", Path("/srv/media")),
        ("MEDIA_BUDGET", "1.5 gb", 1_500_000_000),
        ("MEDIA_BUDGET", "200MB", 200_000_000),
        ("MEDIA_BUDGET", "1", 1),
        ("MAX_IN_FLIGHT", "1", 1),
        ("POLL_MIN_SECONDS", "0.1", 0.1),
        ("POLL_MAX_SECONDS", "7.5", 7.5),
        ("DEFAULT_QUOTA", "unlimited", ()),
        (
            "DEFAULT_QUOTA",
            "60 seconds per week, 1 video per hour",
            (
                Limit(amount=60, unit=Unit.SECONDS, per=Per.WEEK),
                Limit(amount=1, unit=Unit.VIDEOS, per=Per.HOUR),
            ),
        ),
        (
            "OPERATOR_BUDGET",
            "50 usd per day,1000 usd per month",
            (
                Limit(amount=50_000_000, unit=Unit.USD, per=Per.DAY, scope=Scope.OPERATOR),
                Limit(amount=1_000_000_000, unit=Unit.USD, per=Per.MONTH, scope=Scope.OPERATOR),
            ),
        ),
        ("OPERATOR_BUDGET", "unlimited", ()),
        ("ALLOWED_GUILD_IDS", "1, 22,333", ("1", "22", "333")),
        ("OWNER_IDS", " 1 2 ", ("1", "2")),
        ("OPERATOR_CHANNEL_ID", "123456789012345678", "123456789012345678"),
        ("ALLOW_LOCAL_MEDIA", "true", True),
        ("LOG_FORMAT", "json", "json"),
        ("LOG_LEVEL", "WARNING", "WARNING"),
        ("METRICS_LISTEN", "127.0.0.1:9464", "127.0.0.1:9464"),
    ],
)
def test_a_setting_is_taken_over(environment: Environment, name: str, given: str, value: object) -> None:
    environment(**{name: given})
    assert loaded(Settings.load()) == dumped(DEFAULTS | {name.lower(): value})


WRONG = [
    *(("DISCORD_API_BASE_URL", value) for value in ("discord", "ftp://a.b/", "http://", "https://u:p@a.b")),
    *(("UNIALL_BASE_URL", value) for value in ("api.uniall.ai", "http://a:99999", "http://[::1", "http://a:0")),
    *(("UNIALL_BASE_URL", value) for value in ("https://api.uniall.ai/v1", "https://a.b/?c=d", "https://a b", "//a")),
    *(("DATABASE_URL", value) for value in ("data.db", "sqlite://data.db", "sqlite:///", "mysql://a/b")),
    *(("DATABASE_URL", value) for value in ("postgresql://me:p ss@db/bot", "postgres://db", "postgresql:///")),
    *(("MEDIA_BUDGET", value) for value in ("0", "-1 GB", "much", "5 GiB", "5 5 GB", "1e9", "9" * 400)),
    *(("MAX_IN_FLIGHT", value) for value in ("0", "-1", "1.5", "ten", "10001", "1" * 5000)),
    *(("POLL_MIN_SECONDS", value) for value in ("0", "0.09", "-1", "nan", "inf", "often", "86401")),
    *(("POLL_MAX_SECONDS", value) for value in ("0", "nan", "inf")),
    *(("DEFAULT_QUOTA", value) for value in ("5", "5 videos", "-1 videos per day", "5 videos per year", ",", "none")),
    *(("OPERATOR_BUDGET", value) for value in ("50 usd", "50 eur per day", "1 usd per day, ", "nan usd per day")),
    *(("ALLOWED_GUILD_IDS", value) for value in ("my server", "12;13", "-5", "1" * 21, "١٢٣", "1.5")),
    *(("OWNER_IDS", value) for value in ("@ada", "0x12")),
    *(("OPERATOR_CHANNEL_ID", value) for value in ("#general", "1, 2", "١٢٣", "1" * 21)),
    *(("ALLOW_LOCAL_MEDIA", value) for value in ("maybe", "2")),
    *(("LOG_FORMAT", value) for value in ("xml", "JSON!")),
    *(("LOG_LEVEL", value) for value in ("LOUD", "5")),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_one_sentence_that_names_the_setting(environment: Environment, name: str, value: str) -> None:
    environment(**{name: value})
    said = unusable(Settings.load)
    assert said.startswith(f"{name} ")
    assert "; " not in said
    assert len(said) < 200
    for secret in (*SECRETS.values(), "pass"):
        assert secret not in said


@pytest.mark.parametrize("name", list(SECRETS))
@pytest.mark.parametrize("value", ["   ", "two words", "naïve", "line\nbreak", "\x7f"])
def test_a_wrong_secret_is_named_and_not_shown(environment: Environment, name: str, value: str) -> None:
    environment(**{name: f"sesame{value}" if value.strip() else value})
    said = unusable(Settings.load)
    assert said.startswith(f"{name} is empty, or has")
    assert "sesame" not in said


def test_space_around_a_secret_is_no_part_of_it(environment: Environment) -> None:
    environment(DISCORD_TOKEN=f" {SECRETS['DISCORD_TOKEN']}\n")
    assert Settings.load().discord_token.get_secret_value() == SECRETS["DISCORD_TOKEN"]


def test_secrets_are_not_shown_by_the_object_itself(environment: Environment) -> None:
    environment()
    shown = f"{Settings.load()!r} {Settings.load()} {asdict(Settings.load())}"
    assert not any(secret in shown for secret in SECRETS.values())


def test_missing_secrets_are_named_together_and_the_way_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    hint = "; there is no .env here: copy the .env.example of the sources to .env and fill it in"
    assert unusable(Settings.load) == f"DISCORD_TOKEN and UNIALL_API_KEY must be set{hint}"
    monkeypatch.setenv("DISCORD_TOKEN", "")
    monkeypatch.setenv("UNIALL_API_KEY", SECRETS["UNIALL_API_KEY"])
    assert unusable(Settings.load) == f"DISCORD_TOKEN must be set{hint}"
    Path(".env").write_text("MAX_IN_FLIGHT=3\n", "utf-8")
    assert unusable(Settings.load) == "DISCORD_TOKEN must be set"


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIALL_API_KEY", SECRETS["UNIALL_API_KEY"])
    monkeypatch.setenv("MAX_IN_FLIGHT", "0")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    said = unusable(Settings.load)
    assert said.startswith("DISCORD_TOKEN must be set; ")
    assert "; MAX_IN_FLIGHT " in said
    assert "; LOG_LEVEL " in said


def test_a_file_that_is_not_utf_8_is_said(environment: Environment) -> None:
    environment()
    Path(".env").write_bytes(b"MEDIA_DIR=caf\xe9\n")
    assert unusable(Settings.load) == "the file .env cannot be read: it is not UTF-8 text"


@pytest.mark.parametrize(
    ("lowest", "highest", "bounds"),
    [("", "", (5, 60)), ("", "3", (3, 3)), ("0.1", "0.1", (0.1, 0.1)), ("7", "", (7, 60)), ("1", "2", (1, 2))],
)
def test_the_bounds_of_polling_never_cross(
    environment: Environment, lowest: str, highest: str, bounds: tuple[float, float]
) -> None:
    environment(POLL_MIN_SECONDS=lowest, POLL_MAX_SECONDS=highest)
    assert Settings.load().poll_bounds == bounds


@pytest.mark.parametrize(("lowest", "highest"), [("10", "9.9"), ("61", "")])
def test_bounds_of_polling_that_cross_are_refused(environment: Environment, lowest: str, highest: str) -> None:
    environment(POLL_MIN_SECONDS=lowest, POLL_MAX_SECONDS=highest)
    assert unusable(Settings.load) == "POLL_MAX_SECONDS is below POLL_MIN_SECONDS"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("", "data/sora-bot.db"),
        ("sqlite:///here.db", "here.db"),
        ("sqlite:////var/lib/bot.db", "/var/lib/bot.db"),
        ("sqlite:///../up.db", "../up.db"),
    ],
)
def test_three_slashes_are_relative_and_four_absolute(environment: Environment, url: str, path: str) -> None:
    environment(DATABASE_URL=url)
    assert Settings.load().database_path == Path(path)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p%20ss@db/bot",
        "postgres://db:5433/bot?sslmode=require",
        "postgresql://me@/bot?host=/run/postgresql",
    ],
)
def test_postgresql_has_no_file_and_its_password_is_not_shown(environment: Environment, url: str) -> None:
    environment(DATABASE_URL=url)
    settings = Settings.load()
    assert (settings.database_path, settings.database_url) == (None, url)
    assert url not in repr(settings)


def _no_module(_: str) -> None:
    """Nothing of this name is installed."""


def test_postgresql_without_its_packages_is_refused_with_how_to_install_them(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.settings.find_spec", _no_module)
    environment(DATABASE_URL="postgresql://me:topsecret@db/bot")
    refused = unusable(Settings.load)
    assert "pip install 'sora-bot[cluster]'" in refused
    assert "secret" not in refused


@pytest.mark.parametrize(
    ("url", "bucket"),
    [("s3://videos", ("videos", "")), ("s3://my.videos/", ("my.videos", "")), ("s3://videos/a/b/", ("videos", "a/b"))],
)
def test_a_bucket_may_have_a_prefix(environment: Environment, url: str, bucket: tuple[str, str]) -> None:
    environment(MEDIA_URL=url)
    assert Settings.load().bucket == bucket


@pytest.mark.parametrize(
    "url", ["https://videos.s3.amazonaws.com", "s3://", "s3:///a", "s3://Videos", "s3://v s", "s3://vid//a"]
)
def test_another_address_is_no_bucket(environment: Environment, url: str) -> None:
    environment(MEDIA_URL=url)
    assert unusable(Settings.load) == "MEDIA_URL is s3://bucket or s3://bucket/prefix"


def test_a_bucket_without_its_packages_is_refused_with_how_to_get_them(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(MEDIA_URL="s3://videos")

    def absent(_: str) -> None:
        return None

    monkeypatch.setattr("bot.settings.find_spec", absent)
    assert "pip install 'sora-bot[cluster]'" in unusable(Settings.load)


def test_half_of_a_buckets_key_is_refused(environment: Environment) -> None:
    environment(MEDIA_URL="s3://videos", AWS_ACCESS_KEY_ID="id")
    assert "AWS_SECRET_ACCESS_KEY" in unusable(Settings.load)


def test_where_a_bucket_is_must_be_an_address_and_matters_only_with_a_bucket(environment: Environment) -> None:
    environment(AWS_ENDPOINT_URL="somewhere", AWS_ACCESS_KEY_ID="id")
    assert Settings.load().bucket is None
    environment(MEDIA_URL="s3://videos", AWS_SECRET_ACCESS_KEY="secret", AWS_ENDPOINT_URL="somewhere")
    assert unusable(Settings.load) == "AWS_ENDPOINT_URL is an address such as https://api.example.com"


@pytest.mark.parametrize(
    ("guilds", "budget", "may"),
    [("", "", True), ("1", "", False), ("", "1 usd per day", False), ("", "unlimited", True)],
)
def test_strangers_may_spend_where_neither_servers_nor_budget_are_bounded(
    environment: Environment, guilds: str, budget: str, may: bool
) -> None:
    environment(ALLOWED_GUILD_IDS=guilds, OPERATOR_BUDGET=budget)
    assert Settings.load().strangers_may_spend is may


@pytest.mark.parametrize(
    ("text", "days"),
    [("180 days", 180), ("1 day", 1), ("2 Weeks", 14), ("6 months", 180), ("1 year", 365), ("for ever", None)],
)
def test_prompts_are_kept_for_so_long(environment: Environment, text: str, days: int | None) -> None:
    environment(KEEP_PROMPTS=text)
    assert Settings.load().keep_prompts == (None if days is None else timedelta(days=days))


@pytest.mark.parametrize("text", ["0 days", "180", "soon", "-1 days", "1.5 days"])
def test_a_time_that_is_none_is_refused_in_one_sentence(environment: Environment, text: str) -> None:
    environment(KEEP_PROMPTS=text)
    with pytest.raises(WrongSettings, match="KEEP_PROMPTS is a time such as '180 days', or 'for ever'"):
        Settings.load()


def named() -> list[str]:
    """The settings that .env.example names, in order."""
    lines = EXAMPLE.read_text("utf-8").splitlines()
    return [line.partition("=")[0] for line in lines if line and not line.startswith("#")]


def test_the_example_names_every_setting_once_and_only_those() -> None:
    assert sorted(named()) == sorted(name.upper() for name in Settings.names())
    assert sorted(Settings.names()) == sorted(["discord_token", "uniall_api_key", *DEFAULTS])


def test_the_example_has_a_comment_over_every_group() -> None:
    for block in EXAMPLE.read_text("utf-8").split("\n\n"):
        lines = block.strip().splitlines()
        settings = [line for line in lines if not line.startswith("#")]
        assert not settings or lines[0].startswith("#"), block


def test_the_example_with_only_the_secrets_filled_in_is_the_defaults() -> None:
    text = EXAMPLE.read_text("utf-8")
    for name, value in SECRETS.items():
        assert f"\n{name}=\n" in text
        text = text.replace(f"\n{name}=\n", f"\n{name}={value}\n")
    Path(".env").write_text(text, "utf-8")
    assert loaded(Settings.load()) == dumped(DEFAULTS)
