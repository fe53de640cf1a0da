"""What is suggested while a command is typed: models with the price of a second, and lengths with the price of each.

A request that is made with a suggestion, and with what was typed when it was shown, costs what the suggestion says.
"""

from collections.abc import Iterable
from dataclasses import replace

from bot.catalog.catalog import Catalog
from bot.catalog.offers import Choice, Offer
from bot.domain.generation import Generation
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.refusals.models import NamedPrice
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.styles import Style, key_of
from bot.domain.requests.video_options import VideoOptions
from bot.domain.versions.visibility import Reader
from bot.runtime.context import ServiceContext
from bot.usecases.requests.checks import check_choice, choose_any
from bot.usecases.requests.commands import Commands, TypedCommand


class Suggestions:
    """Suggests only what the server allows and the key can use now."""

    def __init__(self, context: ServiceContext, commands: Commands) -> None:
        self._context = context
        self._commands = commands

    async def models(self, guild_id: str | None, typed: str) -> list[NamedPrice]:
        """The families whose names contain what is typed, in the order of the catalogue; then, once something is typed,
        such model ids.
        """
        settings, typed = await self._settings(guild_id), typed.strip().casefold()
        found = list(self._catalog.prices(settings.families))
        if typed:
            found += self._ids(self._named(None, settings))
        return [one for one in found if typed in one.name.casefold()]

    async def lengths(self, guild_id: str | None, model: str | None, options: VideoOptions) -> list[Choice]:
        """What would be made at each possible length, the shortest first. options: what was typed, without a length.

        Without a model: what the first model that fits would make. A model that needs a picture is assumed to get one.
        """
        settings = await self._settings(guild_id)
        offers = self._named(model, settings)
        for asked in (options, replace(options, image=True)):
            lengths = {length for offer in offers if offer.fits(asked) for length in offer.seconds}
            found = [
                choice
                for seconds in sorted(lengths)
                if (choice := self._choice(settings, model, replace(asked, seconds=seconds)))
            ]
            if found or not model:
                return found
        return []

    async def lengths_of(
        self, reader: Reader, typed: TypedCommand, *, channel_id: str, parent_channel_id: str | None
    ) -> list[Choice]:
        """`lengths` for what a command in a channel stands for: with its thread's video, or the member's defaults."""
        plan = await self._commands.plan(reader, typed, channel_id=channel_id, parent_channel_id=parent_channel_id)
        model, options = plan.typed.model, plan.typed.options
        if (parent := plan.parent) and model is None:
            model, options = parent.family, self._as_before(parent, options)
        any_model = typed.any_model or model is not None
        return await self.lengths(reader.guild_id, model if any_model else self._catalog.default_family(), options)

    def _as_before(self, parent: Generation, options: VideoOptions) -> VideoOptions:
        """The options with what goes on from an earlier version and tells its price."""
        before, image = self._catalog.offer_of(parent), options.image or parent.image is not None
        sound = parent.sound if before is None or before.sound is None else before.sound
        return replace(
            options,
            orientation=options.orientation or (None if image else parent.orientation),
            image=image,
            end_image=options.end_image or parent.end_image is not None,
            sound=sound if options.sound is None else options.sound,
            avoid=options.avoid or parent.avoid,
            seed=parent.seed if options.seed is None else options.seed,
        )

    async def styles(self, guild_id: str | None, typed: str) -> list[Style]:
        """The styles whose names contain what is typed."""
        found = await self._context.store.styles(guild_id) if guild_id else []
        return [style for style in found if key_of(typed) in key_of(style.name)]

    @property
    def _catalog(self) -> Catalog:
        return self._context.catalog

    async def _settings(self, guild_id: str | None) -> GuildSettings:
        return await self._context.store.guild(guild_id) if guild_id else GuildSettings(guild_id="")

    def _named(self, model: str | None, settings: GuildSettings) -> list[Offer]:
        """The offers that may be used, of a family or a model id; of all without a name."""
        name = (model or "").casefold()
        return [
            offer
            for offer in self._catalog.offers
            if self._catalog.usable(offer)
            and (not name or name in (offer.family.casefold(), offer.model.casefold()))
            and (not settings.families or offer.family in settings.families)
        ]

    def _ids(self, offers: Iterable[Offer]) -> list[NamedPrice]:
        """The model ids of these offers, each with the price of a second."""
        by_id: dict[str, list[Offer]] = {}
        for offer in offers:
            by_id.setdefault(offer.model, []).append(offer)
        return [
            NamedPrice(
                name=model,
                low=min(offer.micros_per_second for offer in of),
                high=max(offer.micros_per_second for offer in of),
                estimate=any(offer.estimate for offer in of),
            )
            for model, of in by_id.items()
        ]

    def _choice(self, settings: GuildSettings, model: str | None, options: VideoOptions) -> Choice | None:
        """What a request would be made with; None where it would be refused."""
        catalog, allowed = self._catalog, settings.families
        try:
            choice = (
                catalog.resolve(model, options, allowed=allowed) if model else choose_any(catalog, settings, options)
            )
            check_choice(settings, choice)
        except Refusal:
            return None
        return choice
