"""The operator's settings: environment or `.env`, read once into one frozen object.

Every name is in `.env.example` with a comment. A wrong value is reported in one sentence that names the setting,
without a traceback and without any token or key.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bot.domain.errors import WrongSettings
from bot.domain.quota.limits import Limit, Scope, parse_limits
from bot.system.plain_values import flag, number, one_of, whole

_SIZE = re.compile(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*(B|KB|MB|GB|TB)?\s*", re.IGNORECASE)
_LISTEN = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[0-9A-Za-z._-]+)):(?P<port>[0-9]{1,5})")
_TIME = re.compile(r"\s*([1-9][0-9]{0,4})\s*(day|week|month|year)s?\s*", re.IGNORECASE)
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_BUCKET = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[\w.!'()*/-]*))?")
_POSTGRESQL = re.compile(r"postgres(?:ql)?://(?:[^\s/?#]*@)?[^\s/?#@]*/[^\s/?#]+(?:\?[^\s#]*)?")
ENV_FILE = Path(".env")
_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


class Secret:
    """A token or a key. It is shown as asterisks, wherever it is shown."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Return the secret itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('**********')"


def _secret(text: str) -> Secret:
    text = text.strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("is empty, or has a character that no token or key has")
    return Secret(text)


def _bytes(text: str) -> int:
    """ "5 GB" as a number of bytes."""
    if not (found := _SIZE.fullmatch(text)):
        raise ValueError("is a size such as '5 GB'")
    return whole(int(float(found[1]) * _UNITS[(found[2] or "B").lower()]), above=0)


def _time(text: str) -> timedelta | None:
    """ "180 days" as a duration; "for ever" as None."""
    if text.strip().lower() in ("for ever", "forever"):
        return None
    if not (found := _TIME.fullmatch(text)):
        raise ValueError("is a time such as '180 days', or 'for ever'")
    return timedelta(days=int(found[1]) * _DAYS[found[2].lower()])


def _ids(text: str) -> tuple[str, ...]:
    """Discord ids, separated by commas or spaces."""
    parts = tuple(part for part in re.split(r"[,\s]+", text) if part)
    if not all(re.fullmatch(r"[0-9]{1,20}", part) for part in parts):
        raise ValueError("is a list of Discord ids, such as 123456789012345678, 234567890123456789")
    return parts


def _id(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,20}", text.strip()):
        raise ValueError("is a Discord id, such as 123456789012345678")
    return text.strip()


def _origin(text: str) -> str:
    try:
        parts = urlsplit(text)
        plain = not (parts.username or parts.query or parts.fragment or re.search(r"\s", text))
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and plain
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("is an address such as https://api.example.com")
    return text.rstrip("/")


def _bare_origin(text: str) -> str:
    origin = _origin(text)
    if urlsplit(origin).path.rstrip("/"):
        raise ValueError("is an origin, without /v1, such as https://api.uniall.ai")
    return origin


def _listen(text: str) -> str | None:
    found = _LISTEN.fullmatch(text.strip()) if text else None
    if text and (found is None or int(found["port"]) > 65_535):
        raise ValueError("is an address and a port, such as 127.0.0.1:9464 or [::1]:9464")
    return found[0] if found else None


def _database(text: str) -> str:
    if text.startswith(("postgresql:", "postgres:")):
        if not _POSTGRESQL.fullmatch(text):
            raise ValueError(
                "is not of the form postgresql://USER:PW@HOST/DATABASE"
                " (in PW, @ is %40, / is %2F, ? is %3F, # is %23, % is %25)"
            )
        if find_spec("psycopg") is None:
            raise ValueError("names PostgreSQL, which needs more packages: pip install 'sora-bot[cluster]'")
        return text
    if not text.startswith("sqlite:///") or not text.removeprefix("sqlite:///"):
        raise ValueError(
            "is sqlite:///relative/file.db, sqlite:////absolute/file.db or postgresql://USER:PW@HOST/DATABASE"
        )
    return text


def _bucket(text: str) -> str:
    if not _BUCKET.fullmatch(text) or "//" in text.removeprefix("s3://"):
        raise ValueError("is s3://bucket or s3://bucket/prefix")
    if find_spec("obstore") is None:
        raise ValueError("names a bucket, which needs more packages: pip install 'sora-bot[cluster]'")
    return text


def _as(read: Callable[[str], object]) -> dict[str, Callable[[str], object]]:
    """How the text of a setting is read; `read` raises ValueError with what the setting should be."""
    return {"read": read}


_seconds = partial(number, least=0.1, most=86_400)
_log_format = partial(one_of, known=("console", "json"))
_log_level = partial(one_of, known=("DEBUG", "INFO", "WARNING", "ERROR"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings; each field is the environment variable's name in lower case."""

    discord_token: Secret = field(metadata=_as(_secret))
    uniall_api_key: Secret = field(metadata=_as(_secret))
    discord_api_base_url: str | None = field(default=None, metadata=_as(_origin))
    uniall_base_url: str = field(default="https://api.uniall.ai", metadata=_as(_bare_origin))
    # may hold a password
    database_url: str = field(default="sqlite:///data/sora-bot.db", repr=False, metadata=_as(_database))
    models_file: Path | None = field(default=None, metadata=_as(Path))
    media_dir: Path = field(default=Path("data/media"), metadata=_as(Path))
    media_url: str | None = field(default=None, metadata=_as(_bucket))
    aws_access_key_id: Secret | None = field(default=None, metadata=_as(Secret))
    aws_secret_access_key: Secret | None = field(default=None, metadata=_as(Secret))
    aws_session_token: Secret | None = field(default=None, metadata=_as(Secret))
    aws_region: str | None = field(default=None, metadata=_as(str))
    aws_endpoint_url: str | None = field(default=None, metadata=_as(str))  # `_contradictions` checks it
    media_budget: int = field(default=5 * 10**9, metadata=_as(_bytes))
    keep_prompts: timedelta | None = field(default=None, metadata=_as(_time))
    max_in_flight: int = field(default=10, metadata=_as(partial(whole, least=1, most=10_000)))
    poll_min_seconds: float = field(default=5, metadata=_as(_seconds))
    poll_max_seconds: float = field(default=60, metadata=_as(_seconds))
    default_quota: tuple[Limit, ...] = field(
        default=parse_limits("5 videos per day, 3 usd per day"), metadata=_as(parse_limits)
    )
    operator_budget: tuple[Limit, ...] = field(default=(), metadata=_as(partial(parse_limits, scope=Scope.OPERATOR)))
    allowed_guild_ids: tuple[str, ...] = field(default=(), metadata=_as(_ids))
    operator_channel_id: str | None = field(default=None, metadata=_as(_id))
    owner_ids: tuple[str, ...] = field(default=(), metadata=_as(_ids))
    allow_local_media: bool = field(default=False, metadata=_as(flag))
    log_format: Literal["console", "json"] = field(default="console", metadata=_as(_log_format))
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = field(default="INFO", metadata=_as(_log_level))
    metrics_listen: str | None = field(default=None, metadata=_as(_listen))

    @property
    def poll_bounds(self) -> tuple[float, float]:
        """The shortest and the longest gap between two polls of a job, in seconds."""
        return min(self.poll_min_seconds, self.poll_max_seconds), self.poll_max_seconds

    @property
    def database_path(self) -> Path | None:
        """The path of the SQLite file: three slashes relative, four absolute. None where the database is PostgreSQL."""
        path = self.database_url.removeprefix("sqlite:///")
        return Path(path) if path != self.database_url else None

    @property
    def bucket(self) -> tuple[str, str] | None:
        """The name of the bucket, and the prefix in it without slashes around it; None where files are in MEDIA_DIR."""
        found = _BUCKET.fullmatch(self.media_url) if self.media_url else None
        return (found["bucket"], (found["prefix"] or "").strip("/")) if found else None

    @property
    def metrics_address(self) -> tuple[str, int] | None:
        """Where metrics are served: host and port, 0 for any free port; None where they are off."""
        found = _LISTEN.fullmatch(self.metrics_listen) if self.metrics_listen else None
        return (found["six"] or found["host"], int(found["port"])) if found else None

    @property
    def strangers_may_spend(self) -> bool:
        """Whether any server that invites the bot can spend the operator's money without a limit."""
        return not self.allowed_guild_ids and not self.operator_budget

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of all settings, in lower case."""
        return tuple(one.name for one in fields(cls))

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """The value of each setting that need not be set."""
        return {one.name: one.default for one in fields(cls) if one.default is not MISSING}

    @classmethod
    def load(cls, *, env_file: Path | None = ENV_FILE, **values: Any) -> Self:
        """Read the environment and `.env`. Raises WrongSettings with one line for everything that is wrong.

        values: used instead of the environment; a command that needs no token or no key passes a placeholder here.
        """
        given = _written(env_file) | values
        missing: list[str] = []
        wrong: list[str] = []
        read: dict[str, Any] = {}
        for one in fields(cls):
            value = given.get(one.name, one.default)
            if value is MISSING:
                missing.append(one.name.upper())
                continue
            try:
                read[one.name] = one.metadata["read"](value) if one.name in given and isinstance(value, str) else value
            except ValueError as error:
                wrong.append(f"{one.name.upper()} {error}")
        if missing:
            example = ".env.example" if Path(".env.example").is_file() else "the .env.example of the sources"
            hint = "" if ENV_FILE.is_file() else f"; there is no .env here: copy {example} to .env and fill it in"
            hint = "; .env is a folder here, not a file" if ENV_FILE.is_dir() else hint
            wrong.insert(0, f"{' and '.join(missing)} must be set{hint}")
        if not wrong:
            settings = cls(**read)
            wrong = list(settings._contradictions(lowest_given="poll_min_seconds" in given))[:1]
            if not wrong:
                return settings
        raise WrongSettings("; ".join(wrong))

    def _contradictions(self, *, lowest_given: bool) -> Iterator[str]:
        """Yield what does not go together."""
        if self.media_url:  # else the AWS_ names may be there for something else
            if (self.aws_access_key_id is None) != (self.aws_secret_access_key is None):
                yield "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together: one of them is not set"
            try:
                _origin(self.aws_endpoint_url or "https://s3.amazonaws.com")
            except ValueError as error:
                yield f"AWS_ENDPOINT_URL {error}"
        if self.poll_max_seconds < self.poll_min_seconds and lowest_given:
            yield "POLL_MAX_SECONDS is below POLL_MIN_SECONDS"


def _written(env_file: Path | None) -> dict[str, str]:
    """Return what the environment and the file say, by names in lower case; an empty value is none."""
    logging.getLogger("dotenv").setLevel(logging.ERROR)  # of lines that it cannot read `bot.cli.check_names` tells
    try:
        there = env_file is not None and (env_file.is_file() or env_file.is_fifo())
        of_file = dotenv_values(env_file, encoding="utf-8") if there else {}
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        do = "; let the user of the bot read it" if isinstance(error, PermissionError) else ""
        raise WrongSettings(f"the file .env cannot be read: {why}{do}") from error
    both = [*of_file.items(), *os.environ.items()]
    return {name.lower(): value for name, value in both if value}
