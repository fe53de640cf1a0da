"""A member's defaults in a server: checked when they are set, and again whenever a command uses them."""

from dataclasses import dataclass, replace

from bot.catalog.offers import Choice
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.member_defaults import MemberDefaults
from bot.domain.requests.video_options import VideoOptions
from bot.runtime.context import ServiceContext
from bot.usecases.moderation.styles import Styles
from bot.usecases.requests.checks import check_choice, choose_any, resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDefaults:
    """A member's defaults, and what `/video` makes with them where nothing else is said; None where it is refused now.

    style_gone: the server does not have that style any more.
    """

    defaults: MemberDefaults
    choice: Choice | None = None
    style_gone: bool = False


class Defaults:
    """The use cases behind `/defaults`."""

    def __init__(self, context: ServiceContext, styles: Styles) -> None:
        self._context = context
        self._styles = styles

    async def shown(self, guild_id: str, member_id: str) -> ShownDefaults:
        """A member's defaults, as they are now."""
        return await self._shown(guild_id, await self._context.store.defaults(guild_id, member_id))

    async def change(self, guild_id: str, member_id: str, changes: MemberDefaults) -> ShownDefaults:
        """Set what is given, and keep the rest. Raises Refusal where no video can be made so, and sets nothing then."""
        store = self._context.store
        model, style = changes.model, changes.style
        if style:
            style = (await self._styles.named(guild_id, style)).name
        given = replace(changes, style=style)
        if model:
            given = await self._named(guild_id, given, model)
        before = await store.defaults(guild_id, member_id)
        wanted = MemberDefaults(
            model=given.model or before.model,
            shape=given.shape or before.shape,
            seconds=given.seconds or before.seconds,
        )
        if given.model or given.shape or given.seconds:
            await self._choice(guild_id, wanted)
        after = await store.set_defaults(
            guild_id, member_id, model=given.model, shape=given.shape, seconds=given.seconds, style=given.style
        )
        return await self._shown(guild_id, after)

    async def clear(self, guild_id: str, member_id: str) -> None:
        """Forget a member's defaults here."""
        await self._context.store.clear_defaults(guild_id, member_id)

    async def _named(self, guild_id: str, given: MemberDefaults, typed: str) -> MemberDefaults:
        """What is given, with the family that a name stands for; an id that states its shape and length brings both.

        Raises Refusal `model_unknown`.
        """
        catalog, settings = self._context.catalog, await self._context.store.guild(guild_id)
        name = catalog.named(typed.strip(), allowed=settings.families).casefold().strip()
        known = [offer for offer in catalog.offers if name in (offer.family.casefold(), offer.model.casefold())]
        if not known:
            resolve(catalog, typed, allowed=settings.families)
        offer = known[0]
        if not catalog.encoded(name):
            return replace(given, model=offer.family)
        shape, seconds = given.shape or offer.orientations[0], given.seconds or offer.seconds[0]
        return replace(given, model=offer.family, shape=shape, seconds=seconds)

    async def _choice(self, guild_id: str, wanted: MemberDefaults) -> Choice:
        """What is made with these. A model that needs a picture is assumed to get one. Raises Refusal."""
        catalog, settings = self._context.catalog, await self._context.store.guild(guild_id)
        options = VideoOptions(orientation=wanted.shape, seconds=wanted.seconds)
        needy = [offer for offer in catalog.offers if offer.family == wanted.model and catalog.usable(offer)]
        if needy and all(offer.image_required for offer in needy):
            options = replace(options, image=True)
        if wanted.model:
            choice = resolve(catalog, wanted.model, options, allowed=settings.families)
        else:
            choice = choose_any(catalog, settings, options)
        check_choice(settings, choice, catalog)
        return choice

    async def _shown(self, guild_id: str, defaults: MemberDefaults) -> ShownDefaults:
        style = await self._context.store.style(guild_id, defaults.style) if defaults.style else None
        try:
            choice = await self._choice(guild_id, defaults)
        except Refusal:
            choice = None
        return ShownDefaults(defaults=defaults, choice=choice, style_gone=defaults.style is not None and style is None)
