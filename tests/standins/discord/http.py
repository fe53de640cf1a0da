"""A request as the routes see it, and the table that finds the route."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.standins.discord.bodies import Body
from tests.standins.shapes import Json


@dataclass(slots=True, kw_only=True)
class Call:
    """One request, read to its end."""

    method: str
    path: str
    params: dict[str, str]
    query: Mapping[str, str]
    body: Body


@dataclass(slots=True)
class Reply:
    """An answer: a status and JSON, or raw bytes of a type."""

    status: int
    json: Json = None
    raw: bytes | None = None
    content_type: str = "application/json"


@dataclass(slots=True)
class Route:
    """`template` names its parameters in braces. `open` routes ask for no bot token.

    Handlers do not await, so each request is carried out whole before the next.
    """

    method: str
    template: str
    handler: Callable[[Call], Reply]
    open: bool = False


class Router:
    """Finds a route by method and path; templates with more fixed words win."""

    def __init__(self, routes: list[Route]) -> None:
        self._table: dict[tuple[str, int], list[tuple[re.Pattern[str], Route]]] = {}
        for route in sorted(routes, key=lambda route: route.template.count("{")):
            pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.template) + "$")
            self._table.setdefault((route.method, route.template.count("/")), []).append((pattern, route))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and its parameters."""
        for pattern, route in self._table.get((method, path.count("/")), []):
            if match := pattern.match(path):
                return route, match.groupdict()
        return None
