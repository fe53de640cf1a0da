"""The shipped catalogue, catalogues from a few lines of TOML, and an environment with nothing of this machine in it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.errors import Unusable
from bot.domain.refusals import NoFit, Refusal, Unavailable

TODAY = date(2026, 11, 20)
SECRETS = {"DISCORD_TOKEN": "token.of-the.bot", "UNIALL_API_KEY": "sk-key-of-uniall"}


@pytest.fixture
def shipped() -> Catalog:
    return Catalog.read()


@pytest.fixture
def models(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a models file."""

    def write(text: str) -> Path:
        path = tmp_path / "models.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def refused(ask: Callable[[], object]) -> Refusal:
    """The Refusal that a call ends in."""
    with pytest.raises(Refusal) as caught:
        ask()
    return caught.value


def unavailable(ask: Callable[[], object]) -> Unavailable:
    """What comes with the `model_off` or `dearer_only` that a call ends in."""
    payload = refused(ask).payload
    assert isinstance(payload, Unavailable)
    return payload


def no_fit(ask: Callable[[], object]) -> NoFit:
    """What comes with the `no_fit` that a call ends in."""
    payload = refused(ask).payload
    assert isinstance(payload, NoFit)
    return payload


def unusable(ask: Callable[[], object]) -> str:
    """The one line that a call ends in."""
    with pytest.raises(Unusable) as caught:
        ask()
    said = str(caught.value)
    assert "\n" not in said
    return said
