"""What use cases are asked with: the shipped catalogue."""

from tests.catalog.conftest import shipped

__all__ = ["shipped"]
