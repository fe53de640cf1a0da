"""What the server of forked bots does once, before its first fork: it imports everything and reads every text.

Imported there only. Each bot then starts with all of it, as if its own start had just done it. Whatever is missing here is
imported by every bot anew: all of `bot.app` would be 0.4 s of a core for each start.
"""

import gc
import importlib
import pkgutil
import re
import sys
from contextlib import suppress
from functools import cache
from importlib import resources
from importlib.machinery import ModuleSpec
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from discord import Locale, app_commands
from discord.ext.commands.bot import BotBase

from bot import __main__, cli
from bot.catalog import models_file
from bot.catalog.models_file import FamilyRow
from bot.uniall.network import transport
from cogs import EXTENSIONS
from cogs._ui import wording
from tests.standins import forked_workers, hurried

_READ, _PARSER, _LOCALE, _FORGOTTEN = "read", "_parser", "Locale", "_call_module_finalizers"
_COMMANDS = [f"bot.cli.{module.name}" for module in pkgutil.iter_modules(cli.__path__)]
_ENCODINGS = ("encodings.idna", "encodings.utf_16_le", "encodings.utf_8_sig")
_UVLOOP = ("uvloop",) if find_spec("uvloop") else ()
_SERVER = ("bot.storage.postgres.database",) if find_spec("psycopg") else ()
_ON_DEMAND = ("anyio._backends._asyncio", "concurrent.futures.thread", *_ENCODINGS, *_UVLOOP, *_SERVER)
for _name in ("tests.standins.forked", *_COMMANDS, *_ON_DEMAND, *EXTENSIONS):
    importlib.import_module(_name)
for _point in entry_points(group="sora_bot.commands"):  # as every command does: a look at all installed packages
    _point.load()
wording.prepare()
for _language in {*wording.LANGUAGES.values()}:
    _words = wording.words(_language)
    for _file in (resources.files("cogs") / "locales" / _language).iterdir():
        for _text in re.findall("^([a-z][a-z0-9-]*) =", _file.read_text("utf-8"), re.MULTILINE):
            with suppress(KeyError):  # its values are missing, but it is compiled, as it would be at its first use
                _words(_text)
transport.prepare()


class _Imported:
    """The loader of a module that is imported already: an extension is then not executed once more by each bot."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module, as its first import has left it."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: that is done."""


for _name in EXTENSIONS:
    _spec = sys.modules[_name].__spec__
    assert _spec is not None
    _spec.loader = cast("Any", _Imported(sys.modules[_name]))

_shipped, _of_file = models_file.read(), models_file.read


def _families(path: Path | None = None) -> tuple[FamilyRow, ...]:
    return _of_file(path) if path else _shipped


setattr(models_file, _READ, _families)
setattr(__main__, _PARSER, cache(__main__._parser))
__main__._parser()

# discord.py asks for every text of the commands in every language of Discord, and gets none in those of other bots.
_SPOKEN = [locale for locale in Locale if str(locale) in wording.LANGUAGES]
for _asking in (app_commands.commands, app_commands.transformers):
    setattr(_asking, _LOCALE, _SPOKEN)


async def _forgotten(_bot: BotBase, _extension: ModuleType, _name: str) -> None:
    """Nothing: discord.py looks for the modules of each extension among all of them, though the process ends."""


assert not any(hasattr(sys.modules[_name], "teardown") for _name in EXTENSIONS), "which would not be called"
setattr(BotBase, _FORGOTTEN, _forgotten)
forked_workers.install()
hurried.hurry()
if not find_spec("sniffio"):  # or each request to UniAll looks for it in every folder
    sys.modules["sniffio"] = cast("Any", None)
gc.collect()
gc.freeze()  # a bot's collector then leaves these pages alone, and they stay shared
