"""Translated names and descriptions of the commands, which Discord shows: the texts of `commands.ftl`.

discord.py calls the translator at every sync, once for each text and language. It never raises and never returns a text
that Discord would refuse, because either would fail the sync of all commands. The decorators hold the English texts, so
English is not translated. Commands are dispatched by their English names, whatever name a member sees.

    command-quota-set-name, command-quota-set-description          a command or a group, by its full name
    option-member-name                                             an option's name, the same in every command
    option-quota-set-member-description                            an option's description, in one command
    choice-on-request                                              a choice, by its value
"""

import re
import unicodedata
from typing import Any

import discord
import structlog
from discord import Locale, app_commands
from discord.app_commands import TranslationContextLocation as Location
from discord.ext import commands

from cogs._ui.wording import DEFAULT, LANGUAGES, words

log = structlog.stdlib.get_logger()

LONGEST_NAME = 32
LONGEST_TEXT = 100  # of a description or a choice
_NAMES = (Location.command_name, Location.group_name, Location.parameter_name)
_SCRIPTS = re.compile("[-_'\u0900-\u097f\u0e00-\u0e7f]")  # allowed in names besides letters and numbers


class CatalogueTranslator(app_commands.Translator):
    """Translates from the catalogue.

    Returns None, which means English, if a text is missing or Discord would refuse it.
    """

    async def translate(
        self, string: app_commands.locale_str, locale: Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """See `discord.app_commands.Translator.translate`."""
        language = LANGUAGES.get(str(locale), DEFAULT)
        if language == DEFAULT:
            return None
        try:
            name, say = text_name(context), words(language)
            if name is None or not say.has(name):
                return None
            text = say(name)
        except Exception:  # whatever fails, English is better than no commands
            log.exception("not_translated", text=str(string), language=language)
            return None
        if not allowed(text, context):
            log.error("translation_refused", text=name, language=language, translation=text)
            return None
        return text


def text_name(context: app_commands.TranslationContextTypes) -> str | None:
    """Return the id of the text in the catalogue, or None for a text that is not translated."""
    about: Any = context.data
    match context.location:
        case Location.command_name | Location.group_name:
            return f"command-{_slug(about.qualified_name)}-name"
        case Location.command_description | Location.group_description:
            return f"command-{_slug(about.qualified_name)}-description"
        case Location.parameter_name:
            return f"option-{_slug(about.display_name)}-name"
        case Location.parameter_description:
            return f"option-{_slug(about.command.qualified_name)}-{_slug(about.display_name)}-description"
        case Location.choice_name:
            return f"choice-{_slug(str(about.value))}"
        case _:
            return None


def mention(interaction: discord.Interaction[Any], path: str) -> str:
    """Return a command that can be clicked, by the words one types; its name in bold where Discord's id is not known."""
    command_id = interaction.client.command_ids.get(path.partition(" ")[0])
    if command_id:
        return f"</{path}:{command_id}>"
    parts, say = path.split(" "), words()
    names = [f"command-{'-'.join(parts[:end])}-name" for end in range(1, len(parts) + 1)]
    return f"**/{' '.join(say(name) for name in names)}**"


def _slug(text: str) -> str:
    return re.sub("[ :]", "-", text.strip().lower())


def allowed(text: str, context: app_commands.TranslationContextTypes) -> bool:
    """Return whether Discord accepts this text in this place."""
    if context.location not in _NAMES:
        return 0 < len(text) <= LONGEST_TEXT
    if isinstance(context.data, app_commands.ContextMenu):  # these names may have spaces and capitals
        return 0 < len(text) <= LONGEST_NAME
    return 0 < len(text) <= LONGEST_NAME and text == text.lower() and all(map(_in_names, text))


def _in_names(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN" or bool(_SCRIPTS.fullmatch(char))


async def setup(bot: commands.Bot) -> None:
    """Set the translator of the command tree. It must be set before the commands are synced."""
    await bot.tree.set_translator(CatalogueTranslator())
