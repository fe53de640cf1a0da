"""How long the word filter takes for the longest prompts of every hard kind, against 500 terms and against one.

    python -m benchmarks.word_filter

Prints the median of each kind in milliseconds, and the ratio of 500 terms to one, measured side by side in one run.
"""

import random
import statistics
import time
from collections.abc import Iterator

from bot.domain.moderation.word_filter import Filter

HARD = {
    "words": "word " * 800,
    "letters": "a b " * 1000,
    "spelled": " ".join(random.Random(1).choices("abcdef", k=2000)),
    "one": "a" * 4000,
    "signs": "@$!|" * 1000,
    "bangs": "!" * 4000,
    "stars": "a*b*c " * 666,
    "zalgo": "a\u0301\u0302" * 1333,
    "cyrillic": "слово " * 666,
    "han": "坏词" * 2000,
    "near": "term999 " * 500,
}


def hard_terms() -> list[str]:
    """500 terms that share beginnings, letters and lengths with the prompts above."""
    chance = random.Random(2)
    terms = [f"term{number}" for number in range(200)]
    terms += ["".join(chance.choices("abcdef", k=chance.randint(4, 12))) + "x" for _ in range(200)]
    return [*terms, *("a " * number + "z" for number in range(1, 50)), *("a" * number + "z" for number in range(2, 53))]


def _took(banned: Filter, text: str) -> float:
    start = time.perf_counter()
    banned.find(text)
    return (time.perf_counter() - start) * 1000


def medians(rounds: int = 15) -> Iterator[tuple[str, float, float]]:
    """Each kind of prompt, with the median of its check against 500 terms and against one, in milliseconds."""
    many, one = Filter(hard_terms()), Filter(["term0"])
    for name, text in HARD.items():
        pairs = [(_took(many, text), _took(one, text)) for _ in range(rounds)]
        of_many, of_one = (statistics.median(side) for side in zip(*pairs, strict=True))
        yield name, of_many, of_one


def main() -> None:
    """Print a line for each kind of prompt."""
    for name, of_many, of_one in medians():
        ratio = of_many / of_one
        print(
            f"{name:<9} {len(HARD[name]):>5} characters: 500 terms {of_many:6.2f} ms, one {of_one:6.2f} ms, {ratio:.2f}"
        )


if __name__ == "__main__":
    main()
