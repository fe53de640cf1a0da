"""Names and descriptions of the commands in other languages, for Discord to show: the texts of `commands.ftl`.

Asked at every sync, for each text and each of Discord's languages. It never raises and never answers what Discord would
refuse, because one of either would fail the sync of all commands. English is what the decorators say, so it is not told
again; dispatch goes by those names whatever a member sees.

    command-quota-set-name, command-quota-set-description          a command or a group, by the words one types
    option-member-name                                             an option's name, the same in every command
    option-quota-set-member-description                            what it is for, in one command
    choice-on-request                                              a choice, by its value
"""

import re
import unicodedata
from typing import Any

import structlog
from discord import Locale, app_commands
from discord.app_commands import TranslationContextLocation as Location
from discord.ext import commands

from cogs._ui.wording import DEFAULT, LANGUAGES, words

log = structlog.stdlib.get_logger()

LONGEST_NAME = 32
LONGEST_TEXT = 100  # of a description, and of a choice
_NAMES = (Location.command_name, Location.group_name, Location.parameter_name)
_SCRIPTS = re.compile("[-_'\u0900-\u097f\u0e00-\u0e7f]")  # what names may have beside letters and numbers


class CatalogueTranslator(app_commands.Translator):
    """Answers from the catalogue; None, which is English, where it has no text or one that Discord would refuse."""

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
            said = say(name)
        except Exception:  # whatever it is, English is better than no commands
            log.exception("not_translated", text=str(string), language=language)
            return None
        if not allowed(said, context):
            log.error("translation_refused", text=name, language=language, said=said)
            return None
        return said


def text_name(context: app_commands.TranslationContextTypes) -> str | None:
    """Which text of the catalogue that is; None for what has none."""
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


def _slug(said: str) -> str:
    return said.strip().lower().replace(" ", "-")


def allowed(said: str, context: app_commands.TranslationContextTypes) -> bool:
    """Whether Discord takes this there: `facts/discord.md` section 6."""
    if context.location not in _NAMES:
        return 0 < len(said) <= LONGEST_TEXT
    if isinstance(context.data, app_commands.ContextMenu):  # the one kind whose name may have spaces and capitals
        return 0 < len(said) <= LONGEST_NAME
    return 0 < len(said) <= LONGEST_NAME and said == said.lower() and all(map(_in_names, said))


def _in_names(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LN" or bool(_SCRIPTS.fullmatch(sign))


async def setup(bot: commands.Bot) -> None:
    """Speak for the whole tree; before the commands are synced."""
    await bot.tree.set_translator(CatalogueTranslator())
