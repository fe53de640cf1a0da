"""The stand-in as tests hold it: `async with DiscordStandIn() as discord:`."""

import re
import secrets
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from tests.standins.discord import faults
from tests.standins.discord.application import ApplicationRoutes
from tests.standins.discord.callbacks import CallbackRoutes
from tests.standins.discord.cdn import Cdn
from tests.standins.discord.channels import ChannelRoutes
from tests.standins.discord.faults import Failure, Fault, Faults, Limit
from tests.standins.discord.gateway import Gateway
from tests.standins.discord.http import Router
from tests.standins.discord.journal import Exchange, Journal
from tests.standins.discord.model import Channel, Guild, Message
from tests.standins.discord.permissions import Permission
from tests.standins.discord.person import Person, Wiring
from tests.standins.discord.posting import Posting
from tests.standins.discord.rules import Rules
from tests.standins.discord.server import API, Server
from tests.standins.discord.waiting import PATIENCE, Pulse
from tests.standins.discord.world import Event, World
from tests.standins.shapes import JsonObject

T = TypeVar("T")


class DiscordStandIn:
    """Discord on a loopback port, with one server ("Studio") that has one channel ("general") to begin with.

    Promises on leaving: if the bot asked for an address that the stand-in does not know, or the stand-in itself
    failed, an `AssertionError` says so, unless the test fails already.
    """

    def __init__(self, *, rules: Rules | None = None, token: str | None = None) -> None:
        self.rules = rules or Rules()
        self.token = token or f"{secrets.token_hex(12)}.stand.in"
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.base_url = self.origin + API
        self.gateway_url = self.origin.replace("http", "ws", 1) + "/gateway"
        self.journal = Journal()
        self.faults = Faults()
        self.pulse = Pulse()
        self.cdn = Cdn(origin=self.origin)
        self.gateway = Gateway(
            token=lambda: self.token,
            rules=self.rules,
            pulse=self.pulse,
            world=lambda: self.world,
            address=lambda: self.gateway_url,
        )
        self.world = World(self.cdn, self._emit)
        posting = Posting(self.world, self.rules)
        self.application = ApplicationRoutes(self.world, self.rules, lambda: self.gateway_url)
        callbacks = CallbackRoutes(self.world, self.rules, posting)
        self.server = Server(
            token=lambda: self.token,
            world=self.world,
            cdn=self.cdn,
            journal=self.journal,
            trouble=self.faults,
            pulse=self.pulse,
        )
        channels = ChannelRoutes(self.world, posting)
        self.server.router = Router([*self.application.routes(), *channels.routes(), *callbacks.routes()])
        self._wiring = Wiring(
            world=self.world,
            rules=self.rules,
            cdn=self.cdn,
            pulse=self.pulse,
            gateway=self.gateway,
            application=self.application,
            callbacks=callbacks,
            posting=posting,
        )
        self.guild: Guild = self.world.add_guild("Studio")
        self.channel: Channel = self.world.add_channel(self.guild, "general")

    def _emit(self, event: Event) -> None:
        self.gateway.emit(event)

    async def __aenter__(self) -> Self:
        await self.server.start(self._socket, self.gateway.handle)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.faults.stop()
        await self.gateway.drop(1001)
        await self.server.stop()
        if error is None:
            assert not self.server.crashes, f"the stand-in failed: {self.server.crashes!r}"
            assert not self.server.unknown, f"the stand-in has no route for: {self.server.unknown}"

    # -- people

    def person(
        self,
        name: str,
        *,
        channel: Channel | None = None,
        permissions: Permission | int = 0,
        roles: tuple[str, ...] = (),
        locale: str = "en-US",
    ) -> Person:
        """A new member of the channel's guild; `permissions` come by a role of their own, `roles` are role ids."""
        place = channel or self.channel
        user = self.world.add_user(name)
        if place.guild:
            member = self.world.join(place.guild, user)
            member.role_ids.extend(roles)
            if permissions:
                member.role_ids.append(self.world.add_role(place.guild, f"of {name}", int(permissions)).id)
        return Person(wiring=self._wiring, user=user, channel=place, locale=locale)

    def messages(self, channel: Channel | None = None, *, viewer: Person | None = None) -> list[Message]:
        """What people see in a channel, oldest first; `viewer` also sees what only they are shown."""
        place = channel or self.channel
        own = [m for m in place.ephemerals.values() if viewer and m.viewer_id == viewer.id]
        return sorted([*place.messages.values(), *own], key=lambda message: int(message.id))

    # -- the bot's lot

    def revoke(self, channel: Channel, *permissions: Permission) -> None:
        """Takes permissions from the bot in a channel; without any, gives back all that were taken."""
        denied = 0
        for permission in permissions:
            denied |= permission
        self.world.overwrite(channel, self.world.bot.id, deny=denied)

    def fail_next(
        self,
        method: str,
        path: str,
        failure: Failure,
        *,
        times: int = 1,
        after_processing: bool = False,
        code: int = 0,
        message: str = "",
        retry_after: float = 1.0,
        is_global: bool = False,
        scope: str = "user",
    ) -> Fault:
        """Lets the next requests fail whose path (after `/api/v10`) matches a pattern; `*` is any method.

        `failure` is a status, "disconnect", "reset", "hang" or "slow". With 429, `retry_after` seconds are named.
        """
        body: JsonObject = {"message": message or f"{failure}: fault on order", "code": code}
        headers: dict[str, str] = {}
        if failure == 429:
            body, headers = faults.rate_limited(retry_after, is_global=is_global, scope=scope)
        return self.faults.add(
            Fault(
                method=method,
                path=re.compile(path),
                failure=failure,
                times=times,
                after_processing=after_processing,
                body=body,
                headers=headers,
            )
        )

    def limit(self, method: str, path: str, *, requests: int, seconds: float) -> Limit:
        """Lets at most so many requests pass for each channel, guild or webhook."""
        limit = Limit(method=method, path=re.compile(path), requests=requests, seconds=seconds)
        self.faults.limits.append(limit)
        return limit

    def requests(self, method: str = "", path: str = "", *, status: int | None = None) -> list[Exchange]:
        """The journal, filtered."""
        return self.journal.find(method, path, status=status)

    # -- waiting

    async def wait_for(self, look: Callable[[], T | None], what: str = "", *, timeout: float = PATIENCE) -> T:
        """The first truthy answer of `look`, asked again at every change. `TooLate` lists the last requests."""

        def explain() -> str:
            last = "\n".join(str(exchange) for exchange in self.journal.exchanges[-15:])
            return f"{what or 'the condition'}\nlast requests:\n{last}"

        return await self.pulse.until(look, explain, timeout)

    async def wait_message(
        self, fits: Callable[[Message], bool] = lambda _: True, *, channel: Channel | None = None
    ) -> Message:
        """The first message of the bot in a channel that fits and is more than "thinking…"."""

        def look() -> Message | None:
            posted = [m for m in self.messages(channel) if m.author is self.world.bot and not m.loading]
            return next((message for message in posted if fits(message)), None)

        return await self.wait_for(look, "a fitting message")

    async def ready(self, *, sessions: int = 1) -> None:
        """Until so many gateway sessions are live and commands are known."""

        def look() -> bool:
            return len(self.gateway.live) >= sessions and bool(self.application.commands)

        await self.wait_for(look, "a bot that is connected and has synced its commands")
