"""Which addresses count as public, and that every layer holds by itself."""

import asyncio
import ipaddress
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault, Format, JobState, JobStatus
from bot.uniall import UniAll
from bot.uniall.network.addresses import (
    ForbiddenAddress,
    PublicResolver,
    is_public,
    literal_address,
    objection,
    public_socket,
)
from tests.tables import every_row
from tests.uniall.peer import Peer, close

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "::127.0.0.1",
]
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


@every_row("text", PRIVATE)
def test_an_address_outside_the_public_internet_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_of_the_public_internet_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_inside_ipv6(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for inside in (
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
    ):
        assert is_public(inside) == is_public(address)


@given(st.ip_addresses(v=4))
def test_every_spelling_of_an_ipv4_address_is_read_as_the_c_library_reads_it(address: ipaddress.IPv4Address) -> None:
    a, b, c, d = address.packed
    number = int(address)
    spellings = [
        str(number),
        hex(number),
        f"0{number:o}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{number & 0xFFFF}",
        f"0x{a:x}.0{b:o}.{c}.{d}",
        f"0X{a:X}.{b}.{c}.{d}",
        f"{a}.{b}.{c}.{d}.",
    ]
    for spelling in spellings:
        assert literal_address(spelling) == address, spelling


@pytest.mark.parametrize("host", ["1.2.3.4.5", "999.1.1.1", "08.1.1.1", "4294967296", "0xfffffffff"])
def test_numbers_that_make_no_address_are_not_taken_for_a_name(host: str) -> None:
    address = literal_address(host)
    assert host == "1.2.3.4.5" or (address is not None and not is_public(address))


@pytest.mark.parametrize("host", ["example.com", "1.example", "0x.example", "cafe", "a-1.b", "dead.beef"])
def test_a_name_is_no_address(host: str) -> None:
    assert literal_address(host) is None


@every_row(
    ("link", "local", "fine"),
    [
        ("https://cdn.example/v.mp4", False, True),
        ("https://1.1.1.1/v.mp4", False, True),
        ("http://cdn.example/v.mp4", False, False),
        ("http://cdn.example/v.mp4", True, True),
        ("http://127.0.0.1:9/v.mp4", True, True),
        ("https://127.0.0.1/v.mp4", False, False),
        ("https://user:pass@cdn.example/v.mp4", False, False),
        ("ftp://cdn.example/v.mp4", True, False),
        ("https:///v.mp4", True, False),
        ("https://cdn.example:0/v.mp4", True, False),
    ],
)
def test_a_link_is_fetched_over_https_from_a_public_address_unless_local_is_allowed(
    link: str, local: bool, fine: bool
) -> None:
    assert (objection(httpx.URL(link), allow_local=local) is None) is fine


class Names(AbstractResolver):
    """DNS that answers what it is told."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}
            for address in self.addresses
        ]

    async def close(self) -> None:
        return


async def test_a_name_with_any_private_address_is_refused() -> None:
    assert len(await PublicResolver(Names("1.1.1.1", "2606:4700:4700::1111")).resolve("x")) == 2
    for addresses in (["127.0.0.1"], ["1.1.1.1", "10.0.0.1"], ["fe80::1%eth0"], ["::ffff:192.168.0.1"]):
        with pytest.raises(ForbiddenAddress):
            await PublicResolver(Names(*addresses)).resolve("x")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "not an address"])
def test_no_socket_is_made_for_a_private_address(address: str) -> None:
    with pytest.raises(ForbiddenAddress):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 443)))


async def fetch(client: UniAll, link: str, to: Path) -> ProviderError:
    job = JobStatus(job_id="x", state=JobState.SUCCEEDED, video_url=link)
    with pytest.raises(ProviderError) as caught:
        await client.download(job, to, format=Format.OPENAI)
    return caught.value


async def test_a_public_name_that_resolves_to_a_private_address_is_not_connected_to(
    elsewhere: Peer, strict: UniAll, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere.unread = close

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    error = await fetch(strict, f"https://cdn.example:{elsewhere.port}/v.mp4", tmp_path / "v.mp4")
    assert error.fault is Fault.RESULT_UNUSABLE
    assert elsewhere.connections == 0


async def test_the_socket_is_refused_even_where_the_resolver_was_fooled(
    elsewhere: Peer, strict: UniAll, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere.unread = close
    monkeypatch.setattr(PublicResolver, "resolve", Names("127.0.0.1").resolve)
    error = await fetch(strict, f"https://cdn.example:{elsewhere.port}/v.mp4", tmp_path / "v.mp4")
    assert error.fault is Fault.RESULT_UNUSABLE
    assert elsewhere.connections == 0
