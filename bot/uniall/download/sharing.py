"""Decides whether a link to a video can be given to members: they have no key, are on another network, and open it
later.

`forbids` examines the link alone. `opens` requests it without the key, as members would, because signatures state their
expiry in many forms and some state none.
"""

import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault
from bot.uniall.download.redirects import is_forbidden
from bot.uniall.network.addresses import literal_address, objection
from bot.uniall.network.exchange import NETWORK_ERRORS
from bot.uniall.network.verbatim import Link

LASTS = timedelta(minutes=10)  # a link that ends sooner is not worth posting
_HOPS = 5
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_PRIVATE = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "test",
    "invalid",
    "arpa",
    "onion",
)
_FIRST, _LAST = datetime(2001, 9, 9, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
# Parameters with the expiry, in seconds or milliseconds since 1970 or as a date; compared in lower case.
_ENDS = frozenset(
    {"expires", "expire", "expiry", "expiration", "exp", "expires_at", "expiresat", "expire_at", "x-expires", "e", "se"}
    | {"deadline", "valid_until", "validuntil", "auth_key", "wstime", "txtime", "ex"}
)
_HEX = frozenset({"ex", "txtime", "wstime"})
_STAMP = re.compile(r"\d{8}T\d{6}Z")
_INSIDE = re.compile(r"(?:^|[~*&?;,:])(?:exp|expires)=(\d{9,13})")  # in Akamai's tokens, under any name

Open = Callable[[Link], Awaitable[httpx.Response]]


def forbids(url: httpx.URL, *, own_host: str, now: datetime) -> str | None:
    """Return why members could not open a link, judged by the link alone, or None."""
    reason = objection(url, allow_local=False)
    if reason is not None:
        return reason
    host = url.host.rstrip(".").lower()
    if host == own_host.rstrip(".").lower():
        return "the link is at the gateway itself"
    if literal_address(host) is None and ("." not in host or host.rpartition(".")[2] in _PRIVATE):
        return "the link names a host of a private network"
    ends = min(ends_at(url), default=None)
    if ends is not None and ends < now + LASTS:
        return "the link is over, or soon will be"
    return None


def ends_at(url: httpx.URL) -> Iterator[datetime]:
    """Yield every expiry time that a signed link states."""
    query = {name.lower(): value for name, value in parse_qsl(url.query.decode("ascii", "replace"))}
    for name, value in query.items():
        if name.endswith("-expires") and (begun := query.get(f"{name.removesuffix('expires')}date")):
            yield from _after(begun, value)
        elif name in _ENDS:
            yield from _moment(value.partition("-")[0] if name == "auth_key" else value, in_hex=name in _HEX)
        elif name == "policy":
            yield from _in_json(value)
        elif value.count(".") == 2:
            yield from _in_json(value.split(".")[1])
        for found in _INSIDE.finditer(value):
            yield from _moment(found[1])


def _after(begun: str, seconds: str) -> Iterator[datetime]:
    """Yield the time `seconds` after a start time, as AWS, Google, Alibaba and Volcano write it."""
    if _STAMP.fullmatch(begun) and seconds.isascii() and seconds.isdigit() and len(seconds) < 10:
        at = datetime.strptime(begun, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        yield at + timedelta(seconds=int(seconds))


def _moment(text: str, *, in_hex: bool = False) -> Iterator[datetime]:
    """Yield a number as a time if it is plausible today. Any other number is a duration or something else."""
    for base in (16, 10) if in_hex else (10,):
        try:
            number = int(text, base)
        except ValueError:
            continue
        for seconds in (number, number / 1000):
            if _FIRST.timestamp() <= seconds <= _LAST.timestamp():
                yield datetime.fromtimestamp(seconds, UTC)
                return
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if _FIRST <= at <= _LAST:
        yield at


def _in_json(text: str) -> Iterator[datetime]:
    """Yield the expiry in a CloudFront policy, or in the middle part of a JWT."""
    plain = text.translate(str.maketrans("-_~", "+/=")).rstrip("=")
    try:
        data: Any = json.loads(base64.b64decode(plain + "=" * (-len(plain) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return
    yield from _ends_in(data, 0)


def _ends_in(data: Any, depth: int) -> Iterator[datetime]:
    if depth > 8:
        return
    if isinstance(data, Mapping):
        for name, value in data.items():  # pyright: ignore[reportUnknownVariableType] - foreign JSON
            if name in ("exp", "AWS:EpochTime") and isinstance(value, int):
                yield from _moment(str(value))
            else:
                yield from _ends_in(value, depth + 1)
    elif isinstance(data, list):
        for value in data:  # pyright: ignore[reportUnknownVariableType] - foreign JSON
            yield from _ends_in(value, depth + 1)


async def opens(link: Link, begin: Open) -> bool:
    """Return whether a link returns a file without the key. Raises ProviderError if it does not answer.

    begin: sends a request to a checked address, without the key.
    """
    for _ in range(_HOPS + 1):
        response = await _answer(link, begin)
        try:
            if response.has_redirect_location:
                link = link.join(response.headers["location"])
                if objection(link.url, allow_local=False) is not None:
                    return False
                continue
            if response.status_code in _PASSING:
                raise ProviderError(Fault.TRANSIENT, f"status {response.status_code} for the link")
            return response.status_code in (200, 206)
        except (httpx.InvalidURL, ValueError):
            return False
        finally:
            await response.aclose()
    return False


async def _answer(link: Link, begin: Open) -> httpx.Response:
    failure, fault = "", Fault.TRANSIENT
    try:
        return await begin(link)
    except NETWORK_ERRORS as error:
        failure = type(error).__name__
        if is_forbidden(error):
            fault = Fault.RESULT_UNUSABLE
    raise ProviderError(fault, f"{failure} for the link")
