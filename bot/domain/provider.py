"""The requests to a video API and its possible responses, as types of this project.

Source of the vocabulary: `docs/sources.md`, the video API.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

# A value in the body of a request.
Extra = str | int | float | bool | Mapping[str, "Extra"]


class Format(StrEnum):
    """The request formats of UniAll. A request has the fields of one format only."""

    TASK = "task"  # POST /v1/video/generations
    VIDEOS = "videos"  # POST /v1/videos/generations
    OPENAI = "openai"  # POST /v1/videos
    MEDIA = "media"  # POST /v1/video/generations, with the fields of every model but Sora


# The fields that a request of a format has by itself; what a models file adds has other names.
OWN_FIELDS: Mapping[Format, frozenset[str]] = MappingProxyType(
    {
        Format.TASK: frozenset({"model", "prompt", "duration", "aspect_ratio", "image_url"}),
        Format.VIDEOS: frozenset(
            {
                *("model", "prompt", "duration", "aspect_ratio", "image_url"),
                *("resolution", "generation_mode", "video_count"),
            }
        ),
        Format.OPENAI: frozenset({"model", "prompt", "seconds", "size", "input_reference"}),
        Format.MEDIA: frozenset({"model", "prompt", "duration", "aspect_ratio", "image", "last_image"}),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One video to be made. A field is None where the format has no such field, or where the model id implies it.

    seconds: length of the clip. ratio: "16:9", "9:16" …. resolution: "720p" … (videos format).
    size: pixels as "1280x720" (openai format) or "1280*720" (media format). image_url: a public address (all but openai);
    end_image_url: that of the picture that the video ends with (media format).
    image_file: an image of exactly `size` pixels (openai format), image_type its media type.
    extra: fields of this one model, nested as they are sent ({"extra_body": {"seed": 7}}); none of them is a field of the
    format (not openai).
    """

    format: Format
    model: str
    prompt: str = field(repr=False)
    seconds: int | None = None
    ratio: str | None = None
    resolution: str | None = None
    size: str | None = None
    image_url: str | None = None
    image_file: Path | None = None
    image_type: str | None = None
    end_image_url: str | None = None
    extra: Mapping[str, Extra] = field(default_factory=dict[str, Extra], repr=False)


class Fault(StrEnum):
    """Why a call or a job failed. Each has a text for members and is counted in the log."""

    AUTH = "auth"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    FORBIDDEN = "forbidden"
    BAD_REQUEST = "bad_request"
    TOO_LARGE = "too_large"
    WRONG_FORMAT = "wrong_format"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    MODEL_UNAVAILABLE = "model_unavailable"
    GATEWAY_ERROR = "gateway_error"
    TRANSIENT = "transient"
    CONTENT_BLOCKED = "content_blocked"
    UPSTREAM_FAILED = "upstream_failed"
    RESULT_MISSING = "result_missing"
    RESULT_UNUSABLE = "result_unusable"  # not a video, cut short, too large, or at a forbidden address
    EXPIRED = "expired"


class JobState(StrEnum):
    """The normalised status of a job; every status word that the API uses maps to one of these."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """A job as the API last reported it.

    progress: 0 to 100, cosmetic. video_url: the most likely address of a finished video; None also on success when
    only `/content` has it. video_urls: every candidate address, in the order to try; empty in a status that was
    rebuilt from a stored video_url. poll_after: seconds that the API asked us to wait before the next poll.
    """

    job_id: str
    state: JobState
    progress: int | None = None
    video_url: str | None = None
    video_urls: tuple[str, ...] = ()
    fault: Fault | None = None
    detail: str = field(default="", repr=False)
    poll_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """UniAll accepted the job: it is billed unless it fails later."""

    status: JobStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """UniAll refused the job for good. quota_back: whether the member gets everything back (True for every known code).

    coded: the API's own error code is the reason. Otherwise there is only an HTTP status, which may come from a proxy:
    that ends this job, and is no evidence about the key, the model or any other job.
    """

    fault: Fault
    detail: str = field(default="", repr=False)
    quota_back: bool = True
    coded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryLater:
    """A response that is documented as refused for now, nothing started: 429, no funds, 503 no channel, a key that is
    not accepted.

    after: seconds, where the response named them. coded: as in `Refused`.
    """

    fault: Fault
    after: float | None = None
    detail: str = field(default="", repr=False)
    coded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverLeft:
    """Proof that the request never reached UniAll: it may be sent again."""

    detail: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """No proof either way. The bot never sends it again by itself: UniAll may have billed it."""

    detail: str = field(default="", repr=False)


Outcome = Accepted | Refused | RetryLater | NeverLeft | Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedJob:
    """A job as the API's own list shows it. A field that the list omits is None.

    model: None also where the list names only a family of models. created_at: seconds since the epoch. failed: it has
    ended without a video.
    """

    job_id: str
    model: str | None = None
    prompt: str | None = field(default=None, repr=False)
    seconds: int | None = None
    created_at: int | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A finished file on this disk. size: bytes. sha256: of the whole file."""

    path: Path
    size: int
    media_type: str
    sha256: str
