"""The file addresses of the stand-in: signed, with an end, as Discord's CDN gives them.

`url` signs an address anew each time (`ex` when it ends and `is` when it was issued, both hex seconds, `hm` over
both); `opens` says whether an address with such a query still holds.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from tests.standins.discord.model import Attachment
from tests.standins.shapes import JsonObject

_KEY = b"discord stand-in"


def _signature(path: str, expires: str, issued: str) -> str:
    return hmac.new(_KEY, f"{path}:{expires}:{issued}".encode(), hashlib.sha256).hexdigest()


@dataclass(slots=True, kw_only=True)
class Cdn:
    """Knows where the stand-in is reached. `lifetime`: seconds that an address holds, a day as announced. `ahead`: by how
    many seconds its clock is ahead of the bot's, so that what was signed before has grown old.
    """

    origin: str
    lifetime: float = 86_400.0
    ahead: float = 0.0

    def path(self, file: Attachment) -> str:
        """Where a file lies. Files of interactions lie in a place of their own."""
        place = "ephemeral-attachments" if file.ephemeral else "attachments"
        return f"/{place}/{file.channel_id}/{file.id}/{quote(file.filename)}"

    def url(self, file: Attachment) -> str:
        """A freshly signed address."""
        now = time.time() + self.ahead
        expires, issued, path = f"{int(now + self.lifetime):x}", f"{int(now):x}", self.path(file)
        return f"{self.origin}{path}?ex={expires}&is={issued}&hm={_signature(path, expires, issued)}&"

    def opens(self, file: Attachment, query: Mapping[str, str]) -> bool:
        """Whether an address with this query may be read now."""
        expires, issued = query.get("ex", ""), query.get("is", "")
        signed = hmac.compare_digest(_signature(self.path(file), expires, issued), query.get("hm", ""))
        return signed and time.time() + self.ahead <= int(expires, 16) and not file.gone

    def attachment(self, file: Attachment) -> JsonObject:
        """An attachment object."""
        url = self.url(file)
        body: JsonObject = {
            "id": file.id,
            "filename": file.filename,
            "size": file.size,
            "url": url,
            "proxy_url": url,
            "content_type": file.content_type,
        }
        if file.width:
            body |= {"width": file.width, "height": file.height}
        if file.description is not None:
            body["description"] = file.description
        if file.ephemeral:
            body["ephemeral"] = True
        return body

    def unfurled(self, file: Attachment) -> JsonObject:
        """A file of this message where a component shows it."""
        url = self.url(file)
        return {
            "id": file.id,
            "attachment_id": file.id,
            "url": url,
            "proxy_url": url,
            "width": file.width or 0,
            "height": file.height or 0,
            "content_type": file.content_type,
        }
