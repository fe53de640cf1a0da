"""`/video`: makes a video with any model. Without one, the first of the catalogue makes it that can do all that is asked."""

import re
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.domain.generation import Orientation
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal, UnknownWord
from bot.domain.requests.video_options import MOST_SEED, VideoOptions
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
        style="A style of this server, added to your prompt",
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
        style: str | None = None,
    ) -> None:
        """Accept the request, and reply with its status card."""
        options = VideoOptions(
            orientation=_shape(shape),
            seconds=seconds,
            sound=SOUND.get(sound or ""),
            avoid=(avoid or "").strip() or None,
            seed=seed if seed is not None and 0 <= seed <= MOST_SEED else None,
        )
        typed = Typed(
            prompt=prompt,
            model=(model or "").strip() or None,
            any_model=True,
            options=options,
            image=image,
            end_image=end_image,
            style=(style or "").strip() or None,
            wrong=_wrong(options, shape, sound, seed),
        )
        await make_video(interaction, typed)

    @video.autocomplete("model")
    async def models(self, interaction: discord.Interaction[Any], current: str) -> Names:
        """Suggest models with their prices."""
        return await suggestions.models(interaction, current)

    @video.autocomplete("seconds")
    async def lengths(self, interaction: discord.Interaction[Any], current: Any) -> Numbers:
        """Suggest lengths with their prices."""
        return await suggestions.lengths(interaction, current)

    @video.autocomplete("style")
    async def styles(self, interaction: discord.Interaction[Any], current: str) -> Names:
        """Suggest the styles of the server."""
        return await suggestions.styles(interaction, current)


def _shape(word: str | None) -> Orientation | None:
    """Return the shape with this value; None for a word that is none."""
    value = (word or "").strip().lower()
    return Orientation(value) if value in list(Orientation) else None


def _wrong(options: VideoOptions, shape: str | None, sound: str | None, seed: int | None) -> Refusal | None:
    """Return the refusal of an option that is none of its choices: Discord may show older ones, or not check at all."""
    if shape and options.orientation is None:
        return Refusal(UnknownWord(RefusalCode.SHAPE_UNKNOWN, word=shape))
    if sound and options.sound is None:
        return Refusal(UnknownWord(RefusalCode.WORD_UNKNOWN, word=sound))
    if seed is not None and options.seed is None:
        return Refusal(UnknownWord(RefusalCode.WORD_UNKNOWN, word=str(seed)))
    return None


async def setup(bot: commands.Bot) -> None:
    """Register the command."""
    await bot.add_cog(Video())
