"""The shipped catalogue, catalogues from a few lines of TOML, and an environment with nothing of this machine in it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from bot.catalog.catalog import Catalog, Offer
from bot.domain.errors import Refusal, Unusable

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


def offers_of(refusal: Refusal) -> tuple[Offer, ...]:
    """The offers that a `no_fit` names."""
    return cast("tuple[Offer, ...]", refusal.details["offers"])


def unusable(ask: Callable[[], object]) -> str:
    """The one line that a call ends in."""
    with pytest.raises(Unusable) as caught:
        ask()
    said = str(caught.value)
    assert "\n" not in said
    return said
