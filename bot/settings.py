"""The operator's settings: environment or `.env`, read once into one frozen object.

Every name is in `.env.example` with a comment. A wrong value is reported in one sentence that names the setting,
without a traceback and without any token or key.
"""

import logging
import re
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.domain.errors import WrongSettings
from bot.domain.quota.limits import Limit, Scope, parse_limits

_SIZE = re.compile(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*(B|KB|MB|GB|TB)?\s*", re.IGNORECASE)
_LISTEN = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[0-9A-Za-z._-]+)):(?P<port>[0-9]{1,5})")
_TIME = re.compile(r"\s*([1-9][0-9]{0,4})\s*(day|week|month|year)s?\s*", re.IGNORECASE)
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_BUCKET = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[\w.!'()*/-]*))?")
_POSTGRESQL = re.compile(r"postgres(?:ql)?://(?:[^\s/?#]*@)?[^\s/?#@]*/[^\s/?#]+(?:\?[^\s#]*)?")
_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


def _bytes(value: Any) -> Any:
    """ "5 GB" as a number of bytes."""
    if not isinstance(value, str):
        return value
    if not (found := _SIZE.fullmatch(value)):
        raise ValueError("is a size such as '5 GB'")
    return int(float(found[1]) * _UNITS[(found[2] or "B").lower()])


def _time(value: Any) -> Any:
    """ "180 days" as a duration; "for ever" as None."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() in ("for ever", "forever"):
        return None
    if not (found := _TIME.fullmatch(value)):
        raise ValueError("is a time such as '180 days', or 'for ever'")
    return timedelta(days=int(found[1]) * _DAYS[found[2].lower()])


def _ids(value: Any) -> Any:
    """Discord ids, separated by commas or spaces."""
    if not isinstance(value, str):
        return value
    parts = tuple(part for part in re.split(r"[,\s]+", value) if part)
    if not all(re.fullmatch(r"[0-9]{1,20}", part) for part in parts):
        raise ValueError("is a list of Discord ids, such as 123456789012345678, 234567890123456789")
    return parts


def _id(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,20}", value.strip()):
        raise ValueError("is a Discord id, such as 123456789012345678")
    return value.strip() if isinstance(value, str) else value


def _limits(value: Any) -> Any:
    return parse_limits(value) if isinstance(value, str) else value


def _budget(value: Any) -> Any:
    return parse_limits(value, Scope.OPERATOR) if isinstance(value, str) else value


Ids = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_ids)]
Seconds = Annotated[float, Field(ge=0.1, le=86_400)]


class Settings(BaseSettings):
    """All settings; each field is the environment variable's name in lower case."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    discord_token: SecretStr
    uniall_api_key: SecretStr
    discord_api_base_url: str | None = None
    uniall_base_url: str = "https://api.uniall.ai"
    database_url: Annotated[str, Field(repr=False)] = "sqlite:///data/sora-bot.db"  # may hold a password
    models_file: Path | None = None
    media_dir: Path = Path("data/media")
    media_url: str | None = None
    aws_access_key_id: SecretStr | None = None
    aws_secret_access_key: SecretStr | None = None
    aws_session_token: SecretStr | None = None
    aws_region: str | None = None
    aws_endpoint_url: str | None = None
    media_budget: Annotated[int, BeforeValidator(_bytes), Field(gt=0)] = 5 * 10**9
    keep_prompts: Annotated[timedelta | None, BeforeValidator(_time)] = None
    max_in_flight: Annotated[int, Field(ge=1, le=10_000)] = 10
    poll_min_seconds: Seconds = 5
    poll_max_seconds: Seconds = 60
    default_quota: Annotated[tuple[Limit, ...], NoDecode, BeforeValidator(_limits)] = parse_limits(
        "5 videos per day, 3 usd per day"
    )
    operator_budget: Annotated[tuple[Limit, ...], NoDecode, BeforeValidator(_budget)] = ()
    allowed_guild_ids: Ids = ()
    operator_channel_id: Annotated[str | None, BeforeValidator(_id)] = None
    owner_ids: Ids = ()
    allow_local_media: bool = False
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    metrics_listen: str | None = None

    @field_validator("discord_api_base_url", "uniall_base_url")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            plain = not (parts.username or parts.query or parts.fragment or re.search(r"\s", value))
            valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and plain
        except ValueError:
            valid = False
        if not valid:
            raise ValueError("is an address such as https://api.example.com")
        return value.rstrip("/")

    @field_validator("uniall_base_url")
    @classmethod
    def _no_version(cls, value: str) -> str:
        if urlsplit(value).path.rstrip("/"):
            raise ValueError("is an origin, without /v1, such as https://api.uniall.ai")
        return value

    @field_validator("discord_token", "uniall_api_key")
    @classmethod
    def _secret(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("is empty, or has a character that no token or key has")
        return SecretStr(text)

    @field_validator("metrics_listen")
    @classmethod
    def _listen(cls, value: str | None) -> str | None:
        found = _LISTEN.fullmatch(value.strip()) if value else None
        if value and (found is None or int(found["port"]) > 65_535):
            raise ValueError("is an address and a port, such as 127.0.0.1:9464 or [::1]:9464")
        return found[0] if found else None

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value.startswith(("postgresql:", "postgres:")):
            if not _POSTGRESQL.fullmatch(value):
                raise ValueError(
                    "is not of the form postgresql://USER:PW@HOST/DATABASE"
                    " (in PW, @ is %40, / is %2F, ? is %3F, # is %23, % is %25)"
                )
            if find_spec("psycopg") is None:
                raise ValueError("names PostgreSQL, which needs more packages: pip install 'sora-bot[cluster]'")
            return value
        if not value.startswith("sqlite:///") or not value.removeprefix("sqlite:///"):
            raise ValueError(
                "is sqlite:///relative/file.db, sqlite:////absolute/file.db or postgresql://USER:PW@HOST/DATABASE"
            )
        return value

    @field_validator("media_url")
    @classmethod
    def _bucket(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not _BUCKET.fullmatch(value) or "//" in value.removeprefix("s3://"):
            raise ValueError("is s3://bucket or s3://bucket/prefix")
        if find_spec("obstore") is None:
            raise ValueError("names a bucket, which needs more packages: pip install 'sora-bot[cluster]'")
        return value

    @model_validator(mode="after")
    def _keys(self) -> Self:
        if not self.media_url:  # the AWS_ names may be there for something else
            return self
        if (self.aws_access_key_id is None) != (self.aws_secret_access_key is None):
            raise ValueError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together: one of them is not set")
        try:
            self._origin(self.aws_endpoint_url)
        except ValueError as error:
            raise ValueError(f"AWS_ENDPOINT_URL {error}") from error
        return self

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.poll_max_seconds < self.poll_min_seconds and "poll_min_seconds" in self.model_fields_set:
            raise ValueError("POLL_MAX_SECONDS is below POLL_MIN_SECONDS")
        return self

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
    def load(cls, **values: Any) -> Self:
        """Read the environment and `.env`. Raises WrongSettings with one line for everything that is wrong.

        values: used instead of the environment; a command that needs no token or no key passes a placeholder here.
        """
        logging.getLogger("dotenv").setLevel(logging.ERROR)  # of lines that it cannot read `bot.cli.check_names` tells
        try:
            return cls(**values)
        except ValidationError as error:
            faults = error.errors(include_input=False, include_url=False)
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            do = "; let the user of the bot read it" if isinstance(error, PermissionError) else ""
            raise WrongSettings(f"the file .env cannot be read: {why}{do}") from error
        missing = [str(fault["loc"][0]).upper() for fault in faults if fault["type"] == "missing"]
        wrong = [
            " ".join(
                [
                    *(str(part).upper() for part in fault["loc"][:1]),
                    str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input "),
                ]
            )
            for fault in faults
            if fault["type"] != "missing"
        ]
        if missing:
            example = ".env.example" if Path(".env.example").is_file() else "the .env.example of the sources"
            hint = "" if Path(".env").is_file() else f"; there is no .env here: copy {example} to .env and fill it in"
            hint = "; .env is a folder here, not a file" if Path(".env").is_dir() else hint
            wrong.insert(0, f"{' and '.join(missing)} must be set{hint}")
        raise WrongSettings("; ".join(wrong))
