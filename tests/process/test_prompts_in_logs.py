"""No prompt, and no part of one, is in the log, whatever UniAll and Discord answer."""

import json
from pathlib import Path

from tests.process.clean import logs
from tests.process.stage import play, staged
from tests.standins.uniall import Script, answer, refuse, say

PROMPT = "Zanzibar quokkas juggle 夜の灯台 forever"
WORDS = ("zanzibar", "quokkas", "juggle", "夜の灯台", "\\u591c", "forever")


async def test_no_part_of_a_prompt_is_logged_at_any_level_whatever_is_answered(
    tmp_path: Path,
) -> None:
    async with staged(tmp_path, LOG_LEVEL="DEBUG") as studio:
        discord = studio.discord

        def about(number: int) -> str:
            return f"{PROMPT} {number}"

        echo = f"the prompt {json.dumps(PROMPT)} was refused"
        scripts = [
            Script(submit=[refuse(400, "content_policy_violation", echo)]),
            Script(submit=[refuse(403, PROMPT, PROMPT)]),
            Script(submit=[answer(f"<html>{PROMPT}</html>", status=502, kind="text/html")]),
            Script(submit=[refuse(429, "rate_limit_exceeded", echo)]),
            Script(always_poll=say(status="failed", error={"code": "quokkas", "message": PROMPT[:20]})),
            Script(poll=[say(status="quokkas"), say(status=PROMPT), refuse(500, "juggle", echo)]),
            Script(download=[refuse(403, "forbidden", PROMPT), refuse(500, "x", echo)]),
        ]
        discord.fail_next("POST", r"^/channels/\d+/messages$", 500, message=PROMPT)
        discord.fail_next("PATCH", r"^/channels/\d+/messages/", 400, code=50035, message=PROMPT)
        for number, script in enumerate(scripts):
            await play(studio, about(number), script)
        await discord.wait_for(lambda: not studio.database.running(), "all settled", timeout=60)
        await discord.wait_for(lambda: not studio.database.posting(), "all posted")
        log = logs(tmp_path).casefold()
        assert "accepted" in log
        assert [word for word in WORDS if word in log] == []
