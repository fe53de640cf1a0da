"""What `/sora` and `/video` make of what was typed: what was not comes from the video of the thread, else from the
member's defaults, else from the bot.

In the thread of a video a command goes on from its newest version, as a mention does; defaults do not count there. A
default that the model cannot do is left out, and the card says so; a model that was chosen as a default is never
replaced by another.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bot.catalog.catalog import ANYTHING
from bot.domain.generation import Generation
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.member_defaults import NO_DEFAULTS, MemberDefaults
from bot.domain.requests.origins import LeftOut, Origins, Part
from bot.domain.requests.request import Edits, ReadImage, RequestContext
from bot.domain.requests.video_options import VideoOptions
from bot.domain.versions.visibility import Reader, may_read, places
from bot.runtime.context import ServiceContext
from bot.usecases.moderation.styles import Styles
from bot.usecases.requests.accept import Requests
from bot.usecases.requests.checks import check_choice, choose_any
from bot.usecases.requests.generation_request import AcceptedCard, GenerationRequest
from bot.usecases.versions.iterate import Iteration


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCommand:
    """What a member typed. model, style: as typed; any_model: without a model, any may make it, not only Sora 2.

    options: `picture` is filled in where Discord knows it; `image` and `end_image` tell whether there are pictures.
    """

    prompt: str = field(repr=False)
    model: str | None = None
    any_model: bool = False
    options: VideoOptions = ANYTHING
    style: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A command with what was not typed. parent: the video of the thread that it goes on from; then `typed` is as typed.

    typed: with the defaults that are used; used: those parts; left_out: the defaults that are not.
    """

    typed: TypedCommand
    parent: Generation | None = None
    used: tuple[Part, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandPictures:
    """The pictures of a command: how to read them, and whether they are spoilers."""

    image: ReadImage | None = None
    spoiler: bool = False
    end_image: ReadImage | None = None
    end_spoiler: bool = False


class Commands:
    """The use cases behind `/sora` and `/video`."""

    def __init__(self, context: ServiceContext, requests: Requests, iteration: Iteration, styles: Styles) -> None:
        self._context = context
        self._requests = requests
        self._iteration = iteration
        self._styles = styles

    async def plan(
        self, reader: Reader, typed: TypedCommand, *, channel_id: str, parent_channel_id: str | None
    ) -> Plan:
        """What a command stands for in a channel. Nothing is checked, and nothing is refused."""
        parent = await self._in_thread(reader, channel_id) if parent_channel_id else None
        if parent:
            return Plan(typed=typed, parent=parent)
        defaults = await self._context.store.defaults(reader.guild_id, reader.member_id)
        return Plan(typed=typed) if defaults == NO_DEFAULTS else await self._with(reader.guild_id, typed, defaults)

    async def make(self, origin: RequestContext, plan: Plan, pictures: CommandPictures) -> AcceptedCard:
        """Make what a plan stands for. Raises Refusal; then nothing was spent."""
        typed, options = plan.typed, plan.typed.options
        if plan.parent:
            edits = Edits(
                prompt=typed.prompt,
                orientation=options.orientation,
                seconds=options.seconds,
                model=typed.model,
                image=pictures.image,
                picture=options.picture,
                spoiler=pictures.spoiler,
                end_image=pictures.end_image,
                end_spoiler=pictures.end_spoiler,
                sound=options.sound,
                avoid=options.avoid,
                seed=options.seed,
                style=typed.style,
                nearest=True,
            )
            return await self._iteration.make(origin, plan.parent, edits, in_thread=True)
        style = await self._styles.named(origin.guild_id, typed.style) if typed.style else None
        return await self._requests.accept(
            GenerationRequest(
                context=origin,
                prompt=typed.prompt,
                model=typed.model,
                any_model=typed.any_model,
                options=options,
                image=pictures.image,
                spoiler=pictures.spoiler,
                end_image=pictures.end_image,
                end_spoiler=pictures.end_spoiler,
                style=style,
                origins=Origins(defaults=plan.used, left_out=plan.left_out),
            )
        )

    async def _in_thread(self, reader: Reader, channel_id: str) -> Generation | None:
        """The newest version in the thread of a video, if its words are still there and the member may read it."""
        store = self._context.store
        newest = await store.newest_in(channel_id)
        found = await store.version(newest.id) if newest and newest.prompt else None
        if found is None or found.generation.guild_id != reader.guild_id:
            return None
        if found.generation.member_id == reader.member_id:
            return found.generation
        readable = await self._context.readers.readable(reader, places(found))
        return found.generation if may_read(reader, found, readable) else None

    async def _with(self, guild_id: str, typed: TypedCommand, defaults: MemberDefaults) -> Plan:
        """What was typed, with the defaults that go with it."""
        settings, catalog = await self._context.store.guild(guild_id), self._context.catalog
        style = None
        if defaults.style and typed.style is None:
            style = await self._context.store.style(guild_id, defaults.style)
        model = typed.model or defaults.model
        own = bool(model) and catalog.encoded(model or "")  # such an id brings its own shape and length
        shape = None if own or typed.options.orientation or typed.options.image else defaults.shape
        seconds = None if own or typed.options.seconds else defaults.seconds
        filled = replace(typed, model=model, style=typed.style or (style.name if style else None))
        options = self._fitting(settings, filled, MemberDefaults(shape=shape, seconds=seconds))
        used = {
            Part.MODEL: typed.model is None and defaults.model is not None,
            Part.SHAPE: shape is not None and options.orientation is shape,
            Part.LENGTH: seconds is not None and options.seconds == seconds,
            Part.STYLE: style is not None,
        }
        lost: list[LeftOut] = []
        if shape and not used[Part.SHAPE]:
            lost.append(LeftOut(part=Part.SHAPE, value=shape))
        if seconds and not used[Part.LENGTH]:
            lost.append(LeftOut(part=Part.LENGTH, value=str(seconds)))
        if defaults.style and typed.style is None and style is None:
            lost.append(LeftOut(part=Part.STYLE, value=defaults.style))
        return Plan(
            typed=replace(filled, options=options),
            used=tuple(part for part, is_used in used.items() if is_used),
            left_out=tuple(lost),
        )

    def _fitting(self, settings: GuildSettings, typed: TypedCommand, wanted: MemberDefaults) -> VideoOptions:
        """The options with as much as possible of the shape and length that are wanted."""
        catalog, options = self._context.catalog, typed.options
        for asked in _fewer(options, wanted):
            try:
                if typed.model or not typed.any_model:
                    choice = catalog.resolve(typed.model, asked, allowed=settings.families)
                else:
                    choice = choose_any(catalog, settings, asked)
                check_choice(settings, choice)
            except Refusal:
                continue
            return asked
        return options  # it is refused with or without them


def _fewer(options: VideoOptions, wanted: MemberDefaults) -> Iterator[VideoOptions]:
    """Yield the options with both defaults, with each alone, and with none."""
    with_length = replace(options, seconds=wanted.seconds or options.seconds)
    with_shape = replace(options, orientation=wanted.shape or options.orientation)
    yield replace(with_length, orientation=with_shape.orientation)
    yield with_length
    yield with_shape
    yield options
