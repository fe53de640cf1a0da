"""Decides which addresses a video may be downloaded from.

Promised: with `allow_local` off, nothing is fetched over http or from an address that is not public. This holds for
every notation (decimal, octal and hexadecimal IPv4, IPv4 inside IPv6), for every result of a name lookup, and if a name
changes its address later. It is enforced in three places, so that two URL parsers that disagree open no gap: the link
and every redirect (`objection`), the answers of DNS (`PublicResolver`), and the socket itself (`public_socket`). Rests
on `docs/sources.md`, the video API.
"""

import ipaddress
import re
import socket
from typing import Any

import httpx
from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# What the C library's resolver accepts as an IPv4 address: one to four parts, each decimal, octal or hexadecimal.
_LEGACY_IPV4 = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}\.?", re.IGNORECASE)


class ForbiddenAddress(OSError):
    """This address is not public; nothing was sent to it."""

    def __init__(self) -> None:
        super().__init__("the address is not public")


def is_public(address: Address) -> bool:
    """Return whether an address is public, also checking an IPv4 address inside an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
    )


def literal_address(host: str) -> Address | None:
    """Return the address that `host` spells, in the modern or the C library's notation; None for a name."""
    bare = host.strip("[]").partition("%")[0]
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    if _LEGACY_IPV4.fullmatch(bare):
        try:
            return ipaddress.IPv4Address(socket.inet_aton(bare.rstrip(".")))
        except OSError:  # numbers that make no address: no host name looks like this either
            return ipaddress.IPv4Address(0)
    return None


def objection(url: httpx.URL, *, allow_local: bool) -> str | None:
    """Return why a link must not be fetched, or None. The resolver checks later what its name resolves to."""
    if url.scheme != "https" and not (allow_local and url.scheme == "http"):
        return "the link is not https"
    if not url.host or url.userinfo:
        return "the link names no host, or a user"
    if url.port is not None and not 0 < url.port < 65536:
        return "the link names no port that exists"
    address = literal_address(url.host)
    if address is not None and not allow_local and not is_public(address):
        return "the link is at an address that is not public"
    return None


class PublicResolver(AbstractResolver):
    """Resolves names, and refuses a name with any address outside the public internet."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve a name as the system does. Raises ForbiddenAddress."""
        found = await self._inner.resolve(host, port, family)
        for result in found:
            address = literal_address(result["host"])
            if address is None or not is_public(address):
                raise ForbiddenAddress
        return found

    async def close(self) -> None:
        """Close the underlying resolver."""
        await self._inner.close()


def public_socket(info: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
    """Create the socket of one connection, or refuse its address: the last check, after every parser and resolver."""
    family, kind, proto, _, target = info
    host: Any = target[0]
    address = literal_address(host) if isinstance(host, str) else None
    if address is None or not is_public(address):
        raise ForbiddenAddress
    return socket.socket(family=family, type=kind, proto=proto)
