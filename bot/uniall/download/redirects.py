"""Opening a link, redirects followed by hand.

Promised: every hop's address is checked before it is asked, and none but the first is sent the key, to the gateway's own
origin only.
"""

from contextlib import suppress

import httpx

from bot.domain.errors import ProviderError
from bot.domain.jobs import Fault
from bot.uniall.network.addresses import ForbiddenAddress, objection
from bot.uniall.network.exchange import NETWORK_ERRORS
from bot.uniall.network.transport import Gateway
from bot.uniall.network.verbatim import Link

_HOPS = 5


def link_of(text: str, base: Link | None = None) -> Link:
    """An address as it was given; base: what it is relative to. Raises ProviderError RESULT_UNUSABLE where it is none."""
    link: Link | None = None
    with suppress(httpx.InvalidURL, ValueError):
        link = Link.of(text) if base is None else base.join(text)
    if link is None:
        raise ProviderError(Fault.RESULT_UNUSABLE, "the link is not an address")
    return link


async def open_following(gateway: Gateway, link: Link, headers: dict[str, str]) -> httpx.Response:
    """The first response that is no redirect, its body unread; `close` it. Raises ProviderError."""
    for hop in range(_HOPS + 1):
        if not gateway.owns(link.url):
            reason = objection(link.url, allow_local=gateway.allow_local_media)
            if reason is not None:
                raise ProviderError(Fault.RESULT_UNUSABLE, reason)
        response, trouble = await _send(gateway, link, headers, with_key=hop == 0)
        if response is None:
            raise trouble
        if not response.has_redirect_location:
            return response
        target = response.headers["location"]
        await close(response)
        link = link_of(target, base=link)
    raise ProviderError(Fault.RESULT_UNUSABLE, "too many redirects")


async def close(response: httpx.Response) -> None:
    """Close a response, whatever the network says to it."""
    with suppress(*NETWORK_ERRORS):
        await response.aclose()


def is_forbidden(error: BaseException | None) -> bool:
    """Whether our own refusal of an address is behind what the transports made of it."""
    while error is not None:
        if isinstance(error, ForbiddenAddress):
            return True
        error = error.__cause__ or error.__context__
    return False


async def _send(
    gateway: Gateway, link: Link, headers: dict[str, str], *, with_key: bool
) -> tuple[httpx.Response | None, ProviderError]:
    """The response, or what to raise; it is raised outside, so that no exception of the network is chained to it."""
    trouble = ProviderError(Fault.TRANSIENT, "no answer")
    try:
        return await gateway.open(link, headers=headers, with_key=with_key), trouble
    except httpx.RemoteProtocolError:  # on this transport only httpx's own: a Location that it cannot parse
        trouble = ProviderError(Fault.RESULT_UNUSABLE, "redirected to what is not an address")
    except NETWORK_ERRORS as error:
        if is_forbidden(error):
            trouble = ProviderError(Fault.RESULT_UNUSABLE, "the link leads to an address that is not public")
        else:
            trouble = ProviderError(Fault.TRANSIENT, type(error).__name__)
    return None, trouble
