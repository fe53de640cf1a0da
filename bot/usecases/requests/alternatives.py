"""Offers the nearest model in place of one that is gone, and makes the same with it at the press of a button.

What was asked is stored as a draft. So the button works after a restart, for the member who asked; it makes at most one
video, and never for more than it says.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

from bot.catalog.offers import Choice
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.drafts import Draft
from bot.domain.requests.request import ReadImage, RequestContext
from bot.domain.requests.video_options import VideoOptions
from bot.runtime.context import ServiceContext
from bot.usecases.moderation.styles import Styles
from bot.usecases.requests.accept import Requests
from bot.usecases.requests.checks import check_choice
from bot.usecases.requests.generation_request import AcceptedCard, GenerationRequest
from bot.usecases.versions.iterate import Iteration

# After these refusals, another model may make the same.
GONE = (RefusalCode.MODEL_OFF, RefusalCode.DEARER_ONLY, RefusalCode.MODEL_NOT_ALLOWED, RefusalCode.OFFER_DEARER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a member asked for. model: None for that of `/sora`.

    picture, end_picture: where the pictures lie at Discord. covered, end_covered: they are spoilers.
    style: the name of a style.
    """

    prompt: str = field(repr=False)
    model: str | None
    options: VideoOptions
    picture: str | None = None
    covered: bool = False
    end_picture: str | None = None
    end_covered: bool = False
    style: str | None = None

    @classmethod
    def by(cls, draft: Draft) -> Self:
        """What the button of this draft makes."""
        picture = next(iter(draft.pictures), None)
        return cls(
            prompt=draft.prompt or "",
            model=draft.model,
            options=VideoOptions(
                orientation=draft.orientation,
                seconds=draft.seconds,
                sound=draft.sound,
                avoid=draft.avoid,
                seed=draft.seed,
            ),
            picture=picture,
            covered=picture in draft.covered,
            end_picture=draft.end_picture,
            end_covered=draft.end_covered,
            style=draft.style,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What a button offers: the draft that its press makes, and the model, length and price that it shows."""

    draft_id: str
    choice: Choice


class Alternatives:
    """Finds what is nearest, and makes it."""

    def __init__(self, context: ServiceContext, requests: Requests, iteration: Iteration, styles: Styles) -> None:
        self._context = context
        self._requests = requests
        self._iteration = iteration
        self._styles = styles

    async def offer(self, guild_id: str, member_id: str, asked: Asked) -> Alternative | None:
        """Store a draft of the nearest that this server allows; None where nothing comes near."""
        context = self._context
        settings = await context.store.guild(guild_id)
        choice = next(self._near(settings, asked), None)
        if choice is None:
            return None
        draft = Draft(
            id=context.ids.new(),
            guild_id=guild_id,
            member_id=member_id,
            made_at=context.clock.now(),
            pictures=(asked.picture,) if asked.picture else (),
            covered=frozenset({asked.picture} if asked.picture and asked.covered else ()),
            prompt=asked.prompt,
            orientation=choice.orientation,
            seconds=choice.seconds,
            model=choice.offer.family,
            sound=asked.options.sound,
            avoid=asked.options.avoid,
            seed=asked.options.seed,
            end_picture=asked.end_picture,
            end_covered=asked.end_covered,
            price_micros=choice.price_micros,
            style=asked.style,
        )
        await context.store.keep_draft(draft)
        return Alternative(draft_id=draft.id, choice=choice)

    async def make(self, origin: RequestContext, draft: Draft) -> AcceptedCard:
        """Make what a button offers. Raises Refusal: `offer_dearer` where it now costs more than the button says,
        `picture_gone` where Discord has dropped its picture, `form_gone` where this is the draft of something else.
        """
        if draft.price_micros is None:  # the draft of a form, and no button shows a price for it
            raise Refusal(RefusalCode.FORM_GONE)
        asked = Asked.by(draft)
        style = await self._styles.named(draft.guild_id, asked.style) if asked.style else None
        return await self._requests.accept(
            GenerationRequest(
                context=replace(origin, draft_id=draft.id),
                prompt=asked.prompt,
                model=asked.model,
                options=asked.options,
                most_micros=draft.price_micros,
                image=self._read(asked.picture),
                spoiler=asked.covered,
                end_image=self._read(asked.end_picture),
                end_spoiler=asked.end_covered,
                style=style,
            )
        )

    def _near(self, settings: GuildSettings, asked: Asked) -> Iterator[Choice]:
        """What may be made instead, the nearest first, as the press of its button would make it now."""
        catalog, allowed = self._context.catalog, settings.families
        options = replace(
            self._with_own(asked),
            image=asked.picture is not None,
            end_image=asked.end_picture is not None,
            prompt_length=len(asked.prompt),
        )
        nearest = catalog.nearest(options, to=asked.model, allowed=allowed)
        for near in (*([nearest] if nearest else []), *catalog.choices(options, allowed=allowed)):
            try:
                choice = catalog.resolve(near.offer.family, near.options, allowed=allowed)
                check_choice(settings, choice)
            except Refusal:
                continue
            if choice.offer.takes_shape(asked.options.picture):
                yield choice

    def _with_own(self, asked: Asked) -> VideoOptions:
        """What was asked, with the shape and length that a model id states itself."""
        name, options = (asked.model or "").casefold(), asked.options
        own = next((offer for offer in self._context.catalog.offers if offer.model.casefold() == name), None)
        if own is None or not own.encoded:
            return options
        shape, length = options.orientation or own.orientations[0], options.seconds or own.seconds[0]
        return replace(options, orientation=shape, seconds=length)

    def _read(self, address: str | None) -> ReadImage | None:
        return partial(self._iteration.picture, address) if address else None
