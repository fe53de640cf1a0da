"""Again, Remix, Continue, Join and Thread on results, the first two on failed cards too; and the submissions of the form."""

from typing import Any

import discord
from discord.ext import commands

from bot.domain.messages import component_ids
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import PriceQuestion
from bot.domain.refusals.refusal import Refusal
from bot.domain.requests.request import Edits
from cogs._ui.buttons import button_handler
from cogs._ui.errors import run_handler
from cogs._ui.refusals import refuse, services
from cogs._ui.wording import words
from cogs.cards import chains
from cogs.cards.accepting import (
    NOBODY,
    THREADS,
    accept_and_show,
    check_permissions,
    pressed_message,
    reader,
    request_context,
)
from cogs.iteration.forms import IMAGE_ASKED, for_form, open_form, reopen_button, submitted
from cogs.iteration.questions import ask_presser

# The form can help after these refusals: it asks for the image, or for another model.
ASKED_BY_FORM = (*IMAGE_ASKED, RefusalCode.MODEL_OFF, RefusalCode.MODEL_UNKNOWN, RefusalCode.MODEL_NOT_ALLOWED)


@button_handler("retry")
async def retry(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Do as Again does: this is its name below the message about a failure, by which that message is recognised."""
    await again(interaction, generation_id)


@button_handler("again")
async def again(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Make another take of the same video, for the member who presses: the same but for its seed.

    If its image or model is gone, open the form.
    """
    use, who = services(interaction), request_context(interaction)
    parent = (await use.versions.find(who.reader, generation_id)).generation
    try:
        await accept_and_show(interaction, use.iteration.make(who, parent, Edits(), new_take=True, ask_first=True))
    except Refusal as refusal:
        if isinstance(refusal.payload, PriceQuestion):
            await ask_presser(interaction, who, parent, refusal.payload)
            return
        if refusal.code not in ASKED_BY_FORM:
            raise
        image_gone = refusal.code in IMAGE_ASKED
        if not interaction.response.is_done():
            await open_form(interaction, generation_id=generation_id, image_gone=image_gone)
            return
        draft = await use.drafts.open(who.guild_id, who.member_id, generation_id=generation_id, image_gone=image_gone)
        await refuse(interaction, for_form(refusal), below=reopen_button(draft.id))


@button_handler("remix")
async def remix(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Open the form, filled from this version."""
    await open_form(interaction, generation_id=generation_id)


@button_handler("continue")
async def go_on(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Open the form for the version that goes on from the last frame of this one."""
    await open_form(interaction, generation_id=generation_id, continues=True)


@button_handler("join")
async def join(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Have this version and all that it goes on from joined into one video, which is posted here."""
    use, who = services(interaction), request_context(interaction)
    await interaction.response.defer(ephemeral=True, thinking=True)
    asked = await use.joins.request(who, generation_id)
    say = words()
    await interaction.edit_original_response(
        content=say("join-asked", versions=chains.numbers(say, asked.numbers), seconds=asked.seconds),
        allowed_mentions=NOBODY,
    )


@button_handler("thread")
async def thread(interaction: discord.Interaction[Any], generation_id: str) -> None:
    """Open the thread on this result, or reply with a link to it."""
    use, reads = services(interaction), reader(interaction)
    if getattr(interaction.channel, "type", None) in THREADS:
        raise Refusal(RefusalCode.IN_A_THREAD)
    check_permissions(interaction.app_permissions, thread=False, more=("create_public_threads",))
    await interaction.response.defer(ephemeral=True, thinking=True)
    thread_id = await use.threads.open(reads, generation_id, pressed_message(interaction))
    await interaction.edit_original_response(
        content=words()("thread-opened", thread=f"<#{thread_id}>"), allowed_mentions=NOBODY
    )


class SubmittedForms(commands.Cog):
    """Receives submitted forms from the event: after a restart discord.py no longer knows them."""

    @commands.Cog.listener()
    async def on_form_submitted(self, interaction: discord.Interaction[Any]) -> None:
        """Handle a submission of the Remix form."""
        data: dict[str, Any] = dict(interaction.data or {})
        if match := component_ids.FORM.fullmatch(str(data.get("custom_id"))):
            await run_handler(interaction, submitted(interaction, match["draft"]))


async def setup(bot: commands.Bot) -> None:
    """Register the listener."""
    await bot.add_cog(SubmittedForms())
