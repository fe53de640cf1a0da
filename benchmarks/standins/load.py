"""Members who ask a bot: at a fixed pace, or as fast as they are answered.

Times are seconds from writing INTERACTION_CREATE to having read the head of its callback. A command is finished by a callback
that carries a message, or, after "thinking…", by the message that replaces it. One that is not finished within a minute is
counted as lost.
"""

import asyncio
import json
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from benchmarks.standins import payloads
from benchmarks.standins.payloads import JsonObject

_PATIENCE = 60.0
_DEFERRED, _EPHEMERAL, _LOADING = (5, 6), 64, 128


class Gateway(Protocol):
    """What a load needs of the stand-in."""

    commands: list[JsonObject]

    async def dispatch(self, name: str, body: Any) -> None:
        """Send an event."""
        ...


@dataclass(slots=True, kw_only=True)
class Asked:
    """One command on its way. sent: when, by `time.perf_counter`."""

    body: JsonObject
    sent: float
    finished: asyncio.Future[float]
    answered: float | None = None
    message_id: str = field(default_factory=payloads.snowflake)


class Load:
    """Sends commands, and takes their answers."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._asked: dict[str, Asked] = {}
        self._number = 0
        self._kinds: Counter[str] = Counter()

    async def ask(self, wanted: JsonObject) -> Asked:
        """Send one command. wanted: its name, subcommand, options by name ("{n}" is a number) and
        perhaps the id of its asker."""
        self._number += 1
        token = secrets.token_hex(32)
        data = self._data(wanted)
        body = payloads.interaction(self._number, token, data, asker=wanted.get("asker"))
        asked = Asked(body=body, sent=time.perf_counter(), finished=asyncio.get_running_loop().create_future())
        self._asked[token] = asked
        await self._gateway.dispatch("INTERACTION_CREATE", body)
        return asked

    def _data(self, wanted: JsonObject) -> JsonObject:
        name, *inner = str(wanted["command"]).split()
        known = next((one for one in self._gateway.commands if one["name"] == name), None)
        if known is None:
            raise web.HTTPConflict(text=f"the bot has no command {name}")
        options: list[JsonObject] = []
        resolved: JsonObject = {}
        for key, value in dict(wanted.get("options") or {}).items():
            kind = 4 if isinstance(value, int) else 6 if key == "member" else 3
            text = str(value).replace("{n}", str(self._number))
            options.append({"name": key, "type": kind, "value": value if kind == 4 else text})
            if kind == 6:
                whole = payloads.member(text)
                resolved = {"users": {text: whole.pop("user")}, "members": {text: whole | {"permissions": "0"}}}
        for word in reversed(inner):
            options = [{"name": word, "type": 1, "options": options}]
        return {"id": known["id"], "name": name, "type": 1, "options": options, "resolved": resolved}

    async def callback(self, request: web.Request) -> web.Response:
        """The first answer."""
        at: float = request["at"]
        asked, sent = self._asked[request.match_info["token"]], await _body(request)
        kind = int(sent.get("type") or 4)
        data: JsonObject = sent.get("data") or {}
        asked.answered = at
        flags = int(data.get("flags") or 0)
        self._kinds[f"type {kind}{' ephemeral' if flags & _EPHEMERAL else ''}"] += 1
        deferred = kind in _DEFERRED
        about: JsonObject = {
            "id": asked.body["id"],
            "type": 2,
            "response_message_id": asked.message_id,
            "response_message_loading": deferred,
            "response_message_ephemeral": bool(flags & _EPHEMERAL),
        }
        response: JsonObject = {"interaction": about}
        if not deferred:
            message = await self._message(asked, data)
            response["resource"] = {"type": kind, "message": message}
            self._finish(asked, at)
        return _json(response)

    async def original(self, request: web.Request) -> web.Response:
        """What replaces "thinking…"."""
        asked, sent = self._asked[request.match_info["token"]], await _body(request)
        message = await self._message(asked, sent)
        self._finish(asked, request["at"])
        return _json(message)

    async def followup(self, request: web.Request) -> web.Response:
        """A further message."""
        asked, sent = self._asked[request.match_info["token"]], await _body(request)
        self._kinds["follow-up"] += 1
        self._finish(asked, request["at"])
        return _json(payloads.message(asked.body["channel_id"], sent))

    async def _message(self, asked: Asked, sent: JsonObject) -> JsonObject:
        """The answer as a message, which the gateway tells of as well."""
        message: JsonObject = {**payloads.message(asked.body["channel_id"], sent), "id": asked.message_id}
        if not message["flags"] & _EPHEMERAL:
            await self._gateway.dispatch("MESSAGE_CREATE", message | {"guild_id": asked.body["guild_id"]})
        return message

    def _finish(self, asked: Asked, at: float) -> None:
        if not asked.finished.done():
            asked.finished.set_result(at)

    async def pace(self, request: web.Request) -> web.Response:
        """An open loop: `rate` commands a second for `seconds`, sent by the clock, whatever has been answered."""
        wanted = await request.json()
        rate, seconds = float(wanted["rate"]), float(wanted["seconds"])
        self._kinds.clear()
        begun, sent, late = time.perf_counter(), list[Asked](), list[float]()
        for number in range(int(rate * seconds)):
            due = begun + number / rate
            if (ahead := due - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            late.append(time.perf_counter() - due)
            sent.append(await self.ask(wanted))
        await asyncio.wait([asked.finished for asked in sent], timeout=_PATIENCE)
        return self._measured(sent, time.perf_counter() - begun, late=max(late))

    async def flood(self, request: web.Request) -> web.Response:
        """A closed loop: `outstanding` members for `seconds`, each of whom asks again once they have been answered."""
        wanted = await request.json()
        end = time.perf_counter() + float(wanted["seconds"])
        begun, sent = time.perf_counter(), list[Asked]()
        self._kinds.clear()

        async def one() -> None:
            while time.perf_counter() < end:
                asked = await self.ask(wanted)
                sent.append(asked)
                await asyncio.wait([asked.finished], timeout=_PATIENCE)

        await asyncio.gather(*(one() for _ in range(int(wanted["outstanding"]))))
        return self._measured(sent, time.perf_counter() - begun)

    def _measured(self, sent: list[Asked], seconds: float, *, late: float = 0.0) -> web.Response:
        """What became of these commands."""
        first = [asked.answered - asked.sent for asked in sent if asked.answered is not None]
        whole = [asked.finished.result() - asked.sent for asked in sent if asked.finished.done()]
        result = {
            "sent": len(sent),
            "first": first,
            "whole": whole,
            "lost": sum(not asked.finished.done() for asked in sent),
            "kinds": dict(self._kinds),
            "seconds": seconds,
            "late": late,
        }
        return _json(result)


async def _body(request: web.Request) -> JsonObject:
    """The JSON of an answer; of one with files nothing."""
    raw = await request.read()
    return json.loads(raw) if request.content_type == "application/json" else {}


def _json(body: Any) -> web.Response:
    return web.Response(body=payloads.encoded(body).encode(), content_type="application/json")
