"""`run` imports nothing that it may never need: memory that each bot would take for as long as it runs."""

import json
import subprocess
import sys

FOR_SOME = (
    *("rich", "pygments", "click", "greenlet"),  # a terminal's, and other event loops'
    *("prometheus_client", "aiohttp.web"),  # METRICS_LISTEN
    *("psycopg", "obstore"),  # PostgreSQL, and a bucket
    *("av", "PIL", "matplotlib"),  # processes of their own
    *("bot.domain.moderation.word_filter", "bot.domain.moderation.confusables"),  # banned terms
    *("sandbox.page", "simcord"),
)
WHOLE = """
import json, pkgutil, sys
import bot.__main__ as main
main._parser(), main._leave_out()
import bot.cli.run, bot.app.lifecycle, cogs
for one in pkgutil.walk_packages(cogs.__path__, "cogs."):
    __import__(one.name)
print(json.dumps([name for name, module in sys.modules.items() if module is not None]))
"""


def test_a_bot_that_runs_has_not_imported_what_only_some_need() -> None:
    done = subprocess.run([sys.executable, "-c", WHOLE], capture_output=True, text=True, check=True)
    imported = set(json.loads(done.stdout))
    assert "cogs.moderation.quota" in imported
    assert [name for name in FOR_SOME if name in imported] == []
