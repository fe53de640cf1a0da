"""What the server of forked bots does once, before its first fork: it imports everything and reads every text.

Imported there only. Each bot then starts with all of it, as if its own start had just done it.
"""

import gc
import importlib
from importlib.metadata import entry_points

from bot.uniall.network import transport
from cogs import EXTENSIONS
from cogs._ui import wording

for _name in ("bot.monitoring.logs", "bot.storage.backup", "bot.storage.verify", "tests.standins.forked", *EXTENSIONS):
    importlib.import_module(_name)
for _point in entry_points(group="sora_bot.commands"):  # as every command does: a look at all installed packages
    _point.load()
wording.prepare()
transport.prepare()
gc.collect()
gc.freeze()  # a bot's collector then leaves these pages alone, and they stay shared
