"""A request that passed every check that needs no picture, and the generation that it becomes."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.catalog.offers import Choice
from bot.domain.generation import Generation, State
from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.origins import NOTHING_TAKEN, Origins
from bot.domain.request import RequestContext
from bot.domain.styles import Style
from bot.domain.video_options import VideoOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRequest:
    """A request that passed the checks. options: what was asked; choice: what will be made.

    continues_id: see `Generation`.
    """

    settings: GuildSettings
    prompt: str = field(repr=False)
    options: VideoOptions
    choice: Choice
    parent_id: str | None
    continues_id: str | None = None
    style: Style | None = None
    origins: Origins = NOTHING_TAKEN


def new_generation(generation_id: str, origin: RequestContext, checked: CheckedRequest, *, now: datetime) -> Generation:
    """The generation as it would be accepted now, without its pictures."""
    choice = checked.choice
    sound = choice.options.sound
    if sound is None and choice.offer.sound is False:
        sound = False  # where nothing was said, the card says that there will be none
    return Generation(
        id=generation_id,
        interaction_id=origin.ask_id,
        guild_id=origin.guild_id,
        channel_id=origin.channel_id,
        member_id=origin.member_id,
        prompt=checked.prompt,
        family=choice.offer.family,
        model=choice.offer.model,
        format=choice.offer.format,
        orientation=choice.orientation,
        seconds=choice.seconds,
        price_micros=choice.price_micros,
        state=State.RESERVED,
        accepted_at=now,
        due_at=now,
        parent_id=checked.parent_id,
        root_id="" if checked.parent_id else generation_id,
        parent_channel_id=origin.channel_id if origin.private else origin.parent_channel_id,
        locale=origin.locale,
        draft_id=origin.draft_id,
        shape_from_image=choice.shape_from_image,
        sound=sound,
        avoid=checked.options.avoid,
        seed=choice.options.seed,
        estimate=choice.offer.estimate,
        continues_id=checked.continues_id,
        style=checked.style,
        origins=checked.origins,
    )
