"""The work of the word filter does not grow with how many terms look alike, and none of it is done on the event loop."""

import sys
import threading
from typing import Any

import pytest

from bot.domain.moderation.guild_settings import GuildSettings
from bot.domain.moderation.word_filter import Filter
from bot.runtime.context import ServiceContext
from bot.usecases.requests import checks
from bot.usecases.requests.checks import check_words

# All of one class: "6" may stand for b and for g, but it takes as many real letters to be read so.
SPELLED = "6 " * 100
TERMS = [f"{number:024b}".replace("0", "b").replace("1", "g") for number in range(500)]
PHRASES = [" ".join(term[-9:]) for term in TERMS]
STARRED = [f"b{term[-9:]}x" for term in TERMS]
TEXTS = {
    "spelled": (TERMS, SPELLED),
    "phrases": (PHRASES, "b g b b " * 30 + "x"),
    "starred": (STARRED, "b*b*b*b*b*x " * 20),
}


def calls(banned: Filter, text: str) -> int:
    """How many functions are called to read a text: the same on every machine."""
    count = 0

    def called(_frame: object, event: str, _arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        banned.find(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(("terms", "text"), TEXTS.values(), ids=TEXTS)
def test_500_terms_of_one_class_take_no_more_work_than_a_few(terms: list[str], text: str) -> None:
    calls(Filter(terms), text)  # what characters are is remembered
    assert calls(Filter(terms), text) <= 1.5 * calls(Filter(terms[:20]), text)


@pytest.mark.parametrize("number", [0, 1, 255, 499])
def test_each_of_500_terms_of_one_class_is_found(number: int) -> None:
    assert Filter(TERMS).find(f"see {' '.join(TERMS[number])} here") == TERMS[number]
    assert Filter(TERMS).find(f"see {' '.join('bg' * 12)} here") is None
    assert Filter(STARRED).find(f"see {STARRED[number][0]}*{STARRED[number][2:]}") is not None


async def test_a_prompt_is_checked_off_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []

    class Watched(Filter):
        def find(self, prompt: str) -> str | None:
            threads.append(threading.current_thread().name)
            return super().find(prompt)

    monkeypatch.setattr(checks, "_filter", Watched)
    unused: Any = None
    world: ServiceContext = unused
    await check_words(world, GuildSettings(guild_id="1", terms=frozenset({"bad"})), "2", "a good cat")
    assert threads
    assert threading.main_thread().name not in threads
