"""What Discord answers when it refuses: a status, its own code, a message and, for forms, the field at fault."""

from dataclasses import dataclass, field

from tests.standins.shapes import JsonObject


@dataclass(slots=True)
class ApiError(Exception):
    """A refusal by the API. The body is Discord's: `{"message", "code", "errors"?}`."""

    status: int
    code: int
    text: str
    errors: JsonObject = field(default_factory=dict[str, object])

    def body(self) -> JsonObject:
        """The JSON that the client gets."""
        body: JsonObject = {"message": self.text, "code": self.code}
        if self.errors:
            body["errors"] = self.errors
        return body


def unauthorized() -> ApiError:
    """The token is not the bot's."""
    return ApiError(401, 0, "401: Unauthorized")


def unknown_route() -> ApiError:
    """No such address. Discord's own answer; the stand-in also remembers it and complains at its end."""
    return ApiError(404, 0, "404: Not Found")


def harmful_link() -> ApiError:
    """The link filter has refused the message."""
    return ApiError(400, 240000, "Message blocked by harmful links filter")


def unknown_channel() -> ApiError:
    """Deleted, or never there."""
    return ApiError(404, 10003, "Unknown Channel")


def unknown_guild() -> ApiError:
    """Never there, or the bot was thrown out."""
    return ApiError(404, 10004, "Unknown Guild")


def unknown_member() -> ApiError:
    """Not in this guild."""
    return ApiError(404, 10007, "Unknown Member")


def unknown_message() -> ApiError:
    """Deleted, ephemeral, or never there."""
    return ApiError(404, 10008, "Unknown Message")


def unknown_user() -> ApiError:
    """Nobody has this id."""
    return ApiError(404, 10013, "Unknown User")


def unknown_webhook() -> ApiError:
    """A webhook token that nobody issued, or an interaction that was not acknowledged yet."""
    return ApiError(404, 10015, "Unknown Webhook")


def unknown_interaction() -> ApiError:
    """Never there, or three seconds passed without a first answer."""
    return ApiError(404, 10062, "Unknown interaction")


def already_acknowledged() -> ApiError:
    """A second first answer."""
    return ApiError(400, 40060, "Interaction has already been acknowledged.")


def entity_too_large() -> ApiError:
    """A file over the limit."""
    return ApiError(413, 40005, "Request entity too large")


def missing_access() -> ApiError:
    """The bot cannot see this channel."""
    return ApiError(403, 50001, "Missing Access")


def foreign_message() -> ApiError:
    """Only the author may edit."""
    return ApiError(403, 50005, "Cannot edit a message authored by another user")


def empty_message() -> ApiError:
    """Neither text nor file nor anything else."""
    return ApiError(400, 50006, "Cannot send an empty message")


def missing_permissions() -> ApiError:
    """The bot sees the channel but may not do this."""
    return ApiError(403, 50013, "Missing Permissions")


def expired_token() -> ApiError:
    """An interaction's token after its fifteen minutes."""
    return ApiError(401, 50027, "Invalid Webhook Token")


def invalid_form(path: str, code: str, text: str) -> ApiError:
    """A field that Discord refuses; `path` is dotted (`components.0.items`), empty for the form as a whole."""
    inner: JsonObject = {"_errors": [{"code": code, "message": text}]}
    for key in reversed([part for part in path.split(".") if part]):
        inner = {key: inner}
    return ApiError(400, 50035, "Invalid Form Body", inner)


def archived_thread() -> ApiError:
    """Nothing in an archived thread can be edited."""
    return ApiError(400, 50083, "Thread is archived")


def thread_exists() -> ApiError:
    """A message has one thread at most."""
    return ApiError(400, 160004, "A thread has already been created for this message")


def locked_thread() -> ApiError:
    """Only moderators speak in a locked thread."""
    return ApiError(400, 160005, "Thread is locked")


def reply_without_history() -> ApiError:
    """A reply needs the permission to read what it replies to."""
    return ApiError(400, 160002, "Cannot reply without permission to read message history")
