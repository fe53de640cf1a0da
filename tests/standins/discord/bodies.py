"""What came in a request's body: JSON, or a form with `payload_json` and `files[n]`."""

import json
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from tests.standins.discord.errors import invalid_form
from tests.standins.shapes import Json, JsonObject, is_object


@dataclass(slots=True, kw_only=True)
class File:
    """An uploaded file; `index` is the n of its `files[n]`."""

    index: str
    filename: str
    content_type: str
    data: bytes


@dataclass(slots=True, kw_only=True)
class Body:
    """A body in parts. `json` is None when there was none."""

    json: Json = None
    files: list[File] = field(default_factory=list[File])
    multipart: bool = False

    @property
    def object(self) -> JsonObject:
        """The JSON when it is an object, else an empty one."""
        return self.json if is_object(self.json) else {}


async def read(request: web.BaseRequest) -> Body:
    """Reads the whole body. A client that vanishes midway raises, so half an upload never counts."""
    if request.content_type == "multipart/form-data":
        return await _form(request)
    raw = await request.read()
    if not raw or request.content_type != "application/json":
        return Body()
    return Body(json=_parsed(raw))


def _parsed(raw: bytes) -> Json:
    try:
        return json.loads(raw)
    except ValueError:
        raise invalid_form("", "BASE_TYPE_BAD_JSON", "The request body contains invalid JSON.") from None


async def _form(request: web.BaseRequest) -> Body:
    body = Body(multipart=True)
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        data = bytes(await part.read(decode=False))
        name = part.name or ""
        if name == "payload_json":
            body.json = _parsed(data)
        elif name.startswith("files["):
            kind = part.headers.get("Content-Type", "application/octet-stream")
            body.files.append(File(index=name[6:-1], filename=part.filename or "unknown", content_type=kind, data=data))
    return body
