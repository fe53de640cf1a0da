"""`/video`: makes a video with any model. Without one, the first of the catalogue makes it that can do all that is asked."""

import re
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.generation import Orientation
from bot.domain.refusal_codes import RefusalCode
from bot.domain.refusals import Refusal, UnknownWord
from bot.domain.video_options import MOST_SEED, VideoOptions
from cogs._ui import suggestions
from cogs._ui.suggestions import SOUND, Names, Numbers
from cogs._ui.text import SHAPES
from cogs.cards.asking import Typed, make_video


class _Seconds(app_commands.Transformer):
    """A length: a whole number. Whether a model has it is checked with everything else."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        """Return the type of the option."""
        return discord.AppCommandOptionType.integer

    @property
    def min_value(self) -> int:
        """Return the shortest length that Discord lets a member type."""
        return 1

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> int:
        """Return the number. Raises Refusal `seconds_unknown`."""
        if not re.fullmatch(r"[1-9][0-9]{0,5}", str(value).strip()):
            raise Refusal(UnknownWord(RefusalCode.SECONDS_UNKNOWN, word=str(value)))
        return int(value)


class Video(commands.Cog):
    """The `/video` command."""

    @app_commands.command(name="video", description="Make a video with any model")
    @app_commands.describe(
        prompt="What the video should show",
        model="Which model makes it (the first that can, unless you choose)",
        shape="The shape of the video (the picture's, else Landscape)",
        seconds="How long the video is, with its price (about 4 seconds unless you choose)",
        image="A picture to start from (PNG, JPEG or WebP)",
        end_image="A picture to end with; it needs one to start from",
        sound="Whether it has sound (as the model usually does unless you choose)",
        avoid="What the video should not show",
        seed="A number: the same one with the same words gives a similar video",
    )
    @app_commands.choices(
        shape=[app_commands.Choice(name=name, value=str(shape)) for shape, name in SHAPES.items()],
        sound=[app_commands.Choice(name=word.capitalize(), value=word) for word in SOUND],
    )
    async def video(
        self,
        interaction: discord.Interaction[Any],
        prompt: app_commands.Range[str, 1, 4000],
        model: str | None = None,
        shape: str | None = None,
        seconds: app_commands.Transform[int, _Seconds] | None = None,
        image: discord.Attachment | None = None,
        end_image: discord.Attachment | None = None,
        sound: str | None = None,
        avoid: app_commands.Range[str, 1, 500] | None = None,
        seed: app_commands.Range[int, 0, MOST_SEED] | None = None,
    ) -> None:
        """Accept the request, and reply with its status card."""
        options = VideoOptions(
            orientation=_shape(shape),
            seconds=seconds,
            sound=_sound(sound),
            avoid=(avoid or "").strip() or None,
            seed=_seed(seed),
        )
        named = (model or "").strip() or None
        typed = Typed(prompt=prompt, model=named, any_model=True, options=options, image=image, end_image=end_image)
        await make_video(interaction, typed)

    @video.autocomplete("model")
    async def models(self, interaction: discord.Interaction[Any], current: str) -> Names:
        """Suggest models with their prices."""
        return await suggestions.models(interaction, current)

    @video.autocomplete("seconds")
    async def lengths(self, interaction: discord.Interaction[Any], current: Any) -> Numbers:
        """Suggest lengths with their prices."""
        return await suggestions.lengths(interaction, current)


def _shape(word: str | None) -> Orientation | None:
    """Return the shape with this value. Raises Refusal `shape_unknown`: Discord may still show older choices."""
    if not word:
        return None
    try:
        return Orientation(word.strip().lower())
    except ValueError as error:
        raise Refusal(UnknownWord(RefusalCode.SHAPE_UNKNOWN, word=word)) from error


def _sound(word: str | None) -> bool | None:
    """Return whether there is to be sound. Raises Refusal `word_unknown`."""
    if not word:
        return None
    if word not in SOUND:
        raise Refusal(UnknownWord(RefusalCode.WORD_UNKNOWN, word=word))
    return SOUND[word]


def _seed(number: int | None) -> int | None:
    """Return the seed. Raises Refusal `word_unknown`: Discord's own limits are its word alone."""
    if number is not None and not 0 <= number <= MOST_SEED:
        raise Refusal(UnknownWord(RefusalCode.WORD_UNKNOWN, word=str(number)))
    return number


async def setup(bot: commands.Bot) -> None:
    """Register the command."""
    await bot.add_cog(Video())
