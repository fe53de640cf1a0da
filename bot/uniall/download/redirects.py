"""Opens a link and follows redirects itself.

Promised: the address of every hop is checked before it is requested. The key is sent only with the first request, and
only to the gateway's own origin.
"""

from contextlib import suppress

import httpx

from bot.domain.errors import ProviderError
from bot.domain.provider import Fault
from bot.uniall.network.addresses import ForbiddenAddress, objection
from bot.uniall.network.exchange import NETWORK_ERRORS
from bot.uniall.network.transport import Gateway
from bot.uniall.network.verbatim import Link

_HOPS = 5


def link_of(text: str, base: Link | None = None) -> Link:
    """Return an address as a Link.

    base: the link that it is relative to. Raises ProviderError RESULT_UNUSABLE for a malformed one.
    """
    link: Link | None = None
    with suppress(httpx.InvalidURL, ValueError):
        link = Link.of(text) if base is None else base.join(text)
    if link is None:
        raise ProviderError(Fault.RESULT_UNUSABLE, "the link is not an address")
    return link


async def open_following(gateway: Gateway, link: Link, headers: dict[str, str]) -> httpx.Response:
    """Return the first response that is not a redirect, with its body unread; `close` it. Raises ProviderError."""
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
    """Close a response, and ignore errors of the network."""
    with suppress(*NETWORK_ERRORS):
        await response.aclose()


def is_forbidden(error: BaseException | None) -> bool:
    """Return whether an exception of a transport was caused by our own refusal of an address."""
    while error is not None:
        if isinstance(error, ForbiddenAddress):
            return True
        error = error.__cause__ or error.__context__
    return False


async def _send(
    gateway: Gateway, link: Link, headers: dict[str, str], *, with_key: bool
) -> tuple[httpx.Response | None, ProviderError]:
    """Return the response, or the error to raise.

    It is raised by the caller, so that no network exception is chained to it.
    """
    trouble = ProviderError(Fault.TRANSIENT, "no answer")
    try:
        return await gateway.open(link, headers=headers, with_key=with_key), trouble
    except httpx.RemoteProtocolError:  # with this transport, httpx raises it only for a Location that it cannot parse
        trouble = ProviderError(Fault.RESULT_UNUSABLE, "redirected to what is not an address")
    except NETWORK_ERRORS as error:
        if is_forbidden(error):
            trouble = ProviderError(Fault.RESULT_UNUSABLE, "the link leads to an address that is not public")
        else:
            trouble = ProviderError(Fault.TRANSIENT, type(error).__name__)
    return None, trouble
