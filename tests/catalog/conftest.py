"""The shipped catalogue, and catalogues from a few lines of TOML."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.refusals.models import NoFit, Unavailable
from tests.errors import refused

TODAY = date(2026, 11, 20)


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
