"""Continue: the last frame of a video becomes the reference picture of the next version.

The frame is taken from the kept video once everything else has been checked, and stored with the new job as any other
picture. The shape follows it.
"""

from dataclasses import replace
from functools import partial
from itertools import combinations

from bot.domain.errors import MediaUnavailable, PostError, ProviderError
from bot.domain.generation import Generation
from bot.domain.messages.result_status import ResultStatus
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.origins import Origins
from bot.domain.requests.request import RequestContext
from bot.domain.requests.styles import with_style
from bot.domain.requests.video_options import VideoOptions
from bot.domain.versions.version import Version
from bot.runtime.context import ServiceContext
from bot.runtime.kept_videos import VideoGone, video_file
from bot.system.log import log
from bot.usecases.moderation.styles import Styles
from bot.usecases.requests.accept import Requests
from bot.usecases.requests.generation_request import AcceptedCard, GenerationRequest
from bot.usecases.versions.find_version import VersionLookup
from bot.usecases.versions.form_choices import FormChoices, continue_choices

_KEPT = ("sound", "avoid")  # of the version, where the model can do it


class Continuation:
    """Makes the version that goes on from the last frame of another one."""

    def __init__(self, context: ServiceContext, requests: Requests, versions: VersionLookup, styles: Styles) -> None:
        self._context = context
        self._requests = requests
        self._versions = versions
        self._styles = styles

    async def form_choices(
        self, guild_id: str, start: Generation, *, wanted: str | None = None, prompt: str | None = None
    ) -> FormChoices:
        """What the form offers: the models that start from a picture. wanted, prompt: what was filled in before.

        Raises Refusal `frame_no_models`.
        """
        settings = await self._context.store.guild(guild_id)
        choices = continue_choices(self._context.catalog, start, wanted=wanted, prompt=prompt, settings=settings)
        if choices.selected is None:
            raise Refusal(RefusalCode.FRAME_NO_MODELS)
        return choices

    async def make(
        self,
        origin: RequestContext,
        generation_id: str,
        *,
        prompt: str,
        model: str | None,
        seconds: int | None,
        most_micros: int | None = None,
    ) -> AcceptedCard:
        """Make the next version. model: a family; None for the version's own. Raises Refusal; then nothing was spent.

        `frame_gone`: the video is neither kept nor in its message. most_micros: the price that the form showed.
        """
        context = self._context
        version = await self._versions.source(origin.reader, generation_id)
        start = version.generation
        check_has_video(version)
        settings = await context.store.guild(origin.guild_id)
        covered = settings.spoiler or any(image.spoiler for image in (start.image, start.end_image) if image)
        family = model or start.family
        since = await self._styles.since(origin.guild_id, start.style) if start.style else None
        return await self._requests.accept(
            GenerationRequest(
                context=origin,
                prompt=prompt,
                model=family,
                options=self._options(start, family, seconds, prompt),
                most_micros=most_micros,
                image=partial(self._frame, version),
                spoiler=covered,
                parent_id=start.id,
                continues_id=start.id,
                style=start.style,
                origins=Origins(style_since=since),
            )
        )

    def _options(self, start: Generation, family: str, seconds: int | None, prompt: str) -> VideoOptions:
        """What is asked for: the shape of the frame, and what the version had, as far as the model can do it."""
        wide, high = (int(part) for part in start.orientation.ratio.split(":"))
        whole = VideoOptions(
            seconds=seconds,
            image=True,
            picture=(wide, high),  # until the frame itself is there
            sound=start.sound,
            avoid=start.avoid,
            prompt_length=len(with_style(prompt, start.style)),
        )
        catalog = self._context.catalog
        offers = [one for one in catalog.offers if one.family == family and catalog.usable(one)]
        fewer = (
            replace(whole, **dict.fromkeys(left, None)) for count in range(3) for left in combinations(_KEPT, count)
        )
        return next((one for one in fewer if any(offer.fits(one) for offer in offers)), whole)

    async def _frame(self, version: Version) -> bytes:
        """The last frame as a picture. Raises Refusal `frame_gone`, `image_unreadable` or `media_unavailable`."""
        context, generation = self._context, version.generation
        try:
            async with video_file(context, version, f"{context.ids.new()}-fetched.mp4") as path:
                data, _ = await context.media.last_frame(path)
        except (VideoGone, ProviderError) as error:
            log.warning("no_frame", generation=generation.id, error=error)
            raise Refusal(RefusalCode.FRAME_GONE) from error
        except MediaUnavailable as error:
            log.warning("no_frame", generation=generation.id, error=error)
            raise Refusal(RefusalCode.MEDIA_UNAVAILABLE) from error
        except (PostError, OSError) as error:
            log.warning("no_frame", generation=generation.id, error=error)
            raise Refusal(RefusalCode.IMAGE_UNREADABLE) from error
        return data


def check_has_video(version: Version) -> None:
    """Raise Refusal `no_video`, `no_video_yet` or `frame_gone` for a version without a video."""
    match version.status:
        case ResultStatus.NOT_MADE:
            raise Refusal(RefusalCode.NO_VIDEO)
        case ResultStatus.UNDER_WAY:
            raise Refusal(RefusalCode.NO_VIDEO_YET)
        case ResultStatus.REMOVED | ResultStatus.LOST:
            raise Refusal(RefusalCode.FRAME_GONE)
        case _:
            return
