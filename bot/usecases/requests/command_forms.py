"""A refused command as a form: everything that was typed is stored, shown again, and made once it is sent in.

Nothing is held meanwhile. What has no field in the form (sound, seed, what to avoid, the last picture, the style) goes on
as far as the model that is chosen can do it.
"""

from dataclasses import replace
from functools import partial

from bot.domain.generation import Orientation
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import PictureShape
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.drafts import Draft
from bot.domain.requests.origins import LeftOut, Origins, Part
from bot.domain.requests.request import Edits, RequestContext
from bot.domain.requests.video_options import VideoOptions
from bot.runtime.context import ServiceContext
from bot.usecases.requests.accept import Requests
from bot.usecases.requests.alternatives import Asked
from bot.usecases.requests.checks import choose_any
from bot.usecases.requests.commands import Plan
from bot.usecases.requests.generation_request import AcceptedCard, GenerationRequest
from bot.usecases.versions.iterate import Iteration
from bot.usecases.versions.next_choice import left_out, possible

# After these refusals of a command, a changed form or another try later may help.
MENDABLE = frozenset(
    {
        *(RefusalCode.PROMPT_EMPTY, RefusalCode.PROMPT_TOO_LONG, RefusalCode.PROMPT_LINK, RefusalCode.STYLED_TOO_LONG),
        *(RefusalCode.AVOID_TOO_LONG, RefusalCode.FILTERED, RefusalCode.STYLE_UNKNOWN, RefusalCode.END_IMAGE_ALONE),
        *(RefusalCode.ORIENTATION_UNKNOWN, RefusalCode.SHAPE_UNKNOWN, RefusalCode.SECONDS_UNKNOWN),
        *(RefusalCode.WORD_UNKNOWN, RefusalCode.NO_MODELS, RefusalCode.MODEL_UNKNOWN, RefusalCode.MODEL_OFF),
        *(RefusalCode.MODEL_NOT_ALLOWED, RefusalCode.DEARER_ONLY, RefusalCode.DEARER_NOW, RefusalCode.NO_FIT),
        *(RefusalCode.NOTHING_FITS, RefusalCode.TOO_LONG, RefusalCode.TOO_DEAR, RefusalCode.QUOTA),
        *(RefusalCode.TOO_MANY_OPEN, RefusalCode.TOO_MANY_RUNNING, RefusalCode.TOO_MANY_WAITING),
        *(
            RefusalCode.IMAGE_EMPTY,
            RefusalCode.IMAGE_TOO_LARGE,
            RefusalCode.IMAGE_TOO_SLOW,
            RefusalCode.IMAGE_TOO_HEAVY,
        ),
        *(RefusalCode.IMAGE_TOO_MANY_PIXELS, RefusalCode.IMAGE_TOO_WIDE, RefusalCode.IMAGE_TOO_HIGH),
        *(RefusalCode.IMAGE_NOT_AN_IMAGE, RefusalCode.IMAGE_UNREADABLE, RefusalCode.IMAGE_GONE),
        *(RefusalCode.IMAGE_ELSEWHERE, RefusalCode.IMAGES_BUSY, RefusalCode.PICTURE_GONE),
        *(RefusalCode.PAUSED, RefusalCode.RESTARTING, RefusalCode.DISK_FULL, RefusalCode.CARD_REFUSED),
    }
)
# The picture itself was refused.
PICTURE_REFUSED = frozenset(
    {
        *(
            RefusalCode.IMAGE_EMPTY,
            RefusalCode.IMAGE_TOO_LARGE,
            RefusalCode.IMAGE_TOO_SLOW,
            RefusalCode.IMAGE_TOO_HEAVY,
        ),
        *(RefusalCode.IMAGE_TOO_MANY_PIXELS, RefusalCode.IMAGE_TOO_WIDE, RefusalCode.IMAGE_TOO_HIGH),
        *(RefusalCode.IMAGE_NOT_AN_IMAGE, RefusalCode.IMAGE_UNREADABLE, RefusalCode.PICTURE_GONE),
    }
)


class CommandForms:
    """Stores what a refused command asked for, and makes what its form asks for."""

    def __init__(self, context: ServiceContext, requests: Requests, iteration: Iteration) -> None:
        self._context = context
        self._requests = requests
        self._iteration = iteration

    async def keep(self, guild_id: str, member_id: str, plan: Plan, asked: Asked, refusal: Refusal) -> Draft:
        """Store what a refused command asked for. asked: with its pictures. A picture that was refused is not kept."""
        context, code = self._context, refusal.code
        typed, options = plan.typed, plan.typed.options
        refused = code in PICTURE_REFUSED
        only_end = isinstance(refusal.payload, PictureShape) and refusal.payload.end
        picture = None if refused and not only_end else asked.picture
        settings = await context.store.guild(guild_id)
        model, shape, seconds = self._named(settings, plan)
        draft = Draft(
            id=context.ids.new(),
            guild_id=guild_id,
            member_id=member_id,
            made_at=context.clock.now(),
            generation_id=plan.parent.id if plan.parent else None,
            pictures=(picture,) if picture else (),
            covered=frozenset({picture} if picture and asked.covered else ()),
            image_gone=code in (RefusalCode.IMAGE_GONE, RefusalCode.IMAGE_ELSEWHERE),
            image_refused=asked.picture is not None and picture is None,
            prompt=typed.prompt,
            orientation=shape,
            seconds=seconds,
            model=model,
            sound=options.sound,
            avoid=None if code == RefusalCode.AVOID_TOO_LONG else options.avoid,
            seed=options.seed,
            end_picture=None if refused else asked.end_picture,
            end_covered=asked.end_covered,
            style=None if code == RefusalCode.STYLE_UNKNOWN else typed.style,
            command=True,
        )
        await context.store.keep_draft(draft)
        return draft

    async def make(
        self, origin: RequestContext, draft: Draft, edits: Edits, *, most_micros: int | None
    ) -> AcceptedCard:
        """Make what a form asks for that goes on from no version. edits: the fields of the form. Raises Refusal."""
        catalog, store = self._context.catalog, self._context.store
        style = await store.style(draft.guild_id, draft.style) if draft.style else None
        asked = VideoOptions(
            orientation=edits.orientation,
            seconds=edits.seconds,
            image=edits.image is not None,
            end_image=edits.image is not None and draft.end_picture is not None,
            picture=edits.picture,
            sound=draft.sound,
            avoid=draft.avoid,
            seed=draft.seed,
        )
        model = edits.model or catalog.default_family()
        options = possible(catalog, model, Edits(where_able=True), asked)
        lost = left_out(asked, options)
        if draft.style and style is None:
            lost = (*lost, LeftOut(part=Part.STYLE, value=draft.style))
        if draft.end_picture and edits.image is None:
            lost = (*lost, LeftOut(part=Part.END_IMAGE))
        end = draft.end_picture if options.end_image else None
        return await self._requests.accept(
            GenerationRequest(
                context=origin,
                prompt=edits.prompt or "",
                model=model,
                options=options,
                most_micros=most_micros,
                image=edits.image,
                spoiler=edits.spoiler,
                end_image=partial(self._iteration.picture, end) if end else None,
                end_spoiler=draft.end_covered,
                style=style,
                origins=Origins(left_out=lost),
            )
        )

    async def carried(self, draft: Draft) -> Edits:
        """What goes on with a form besides its fields, for one that goes on from a version."""
        style = await self._context.store.style(draft.guild_id, draft.style) if draft.style else None
        end = draft.end_picture
        return Edits(
            sound=draft.sound,
            avoid=draft.avoid,
            seed=draft.seed,
            style=style.name if style else None,
            end_image=partial(self._iteration.picture, end) if end else None,
            end_spoiler=draft.end_covered,
            where_able=True,
        )

    def _named(self, settings: GuildSettings, plan: Plan) -> tuple[str | None, Orientation | None, int | None]:
        """The family, shape and length that the form stands at; an id that states them brings its own."""
        catalog, typed, options = self._context.catalog, plan.typed, plan.typed.options
        if typed.model is None:
            if plan.parent or not typed.any_model:
                return None, options.orientation, options.seconds
            return self._any(settings, options), options.orientation, options.seconds
        name = typed.model.casefold()
        offer = next((one for one in catalog.offers if name in (one.family.casefold(), one.model.casefold())), None)
        if offer is None:
            return None, options.orientation, options.seconds
        own = replace(options, orientation=offer.orientations[0], seconds=offer.seconds[0])
        stated = own if catalog.encoded(name) else options
        return offer.family, options.orientation or stated.orientation, options.seconds or stated.seconds

    def _any(self, settings: GuildSettings, options: VideoOptions) -> str | None:
        """The family that makes this, else the one that comes nearest."""
        catalog = self._context.catalog
        try:
            return choose_any(catalog, settings, options).offer.family
        except Refusal:
            near = catalog.nearest(options, allowed=settings.families)
            return near.offer.family if near else None
