"""A family of versions as a text tree; an only child stands straight below its parent.

Each line shows what is different from its parent: the changed settings, and the prompt from where it differs. A version
that the reader may not read is listed without content, and no other version is compared with it.
"""

from collections.abc import Iterator, Sequence

from bot.domain.generation import Generation
from bot.domain.result_status import ResultStatus
from bot.domain.versions import Version
from cogs._ui import text
from cogs._ui.wording import Words
from cogs.cards import chains, diff

PAGE = 20
COLUMNS = 60  # of settings and prompt together: 20 lines with the longest link and branch fit into one message
PROMPT_SHOWN = 24  # minimum columns of the prompt
_WORDS = {
    ResultStatus.REMOVED: "removed",
    ResultStatus.KEPT: "kept",
    ResultStatus.TOO_LARGE: "kept",
    ResultStatus.LOST: "lost",
}
DEEPEST = 6  # deeper branches are drawn at the same depth


def pages(family: Sequence[Version]) -> int:
    """Return the number of pages."""
    return max(1, -(-len(family) // PAGE))


def page_of(family: Sequence[Version], generation_id: str) -> int:
    """Return the page of a version, the first being 0."""
    ids = [one.generation.id for _, one in _drawn(family)]
    return ids.index(generation_id) // PAGE if generation_id in ids else pages(family) - 1


def lines(say: Words, family: Sequence[Version], page: int, *, of: str) -> list[tuple[str, Version]]:
    """Return the lines of one page with their versions. The version with the id `of` is in bold."""
    by_id = {one.generation.id: one for one in family}
    return [
        (_line(say, branch, one, by_id.get(one.generation.parent_id or ""), here=one.generation.id == of), one)
        for branch, one in list(_drawn(family))[page * PAGE : (page + 1) * PAGE]
    ]


def status_word(one: Version) -> str:
    """Return the state of a version in one word, or what became of its video."""
    return _WORDS.get(one.status, str(one.generation.state))


def _line(say: Words, branch: str, one: Version, parent: Version | None, *, here: bool) -> str:
    generation = one.generation
    if one.elsewhere:
        return f"{branch}{say('version-elsewhere')}"
    name = say("version-name", version=generation.version)
    name = f"[{name}]({one.link})" if one.link else name
    mark = say(f"state-{status_word(one)}").partition(" ")[0]
    return f"{branch}{f'**{name}**' if here else name} {mark} {_own(say, generation, parent)}"


def _own(say: Words, generation: Generation, parent: Version | None) -> str:
    """Return what this version changed, in at most `COLUMNS` columns."""
    if not generation.prompt:
        return say("tree-forgotten")
    if generation.joined:
        return say("tree-joined", versions=chains.numbers(say, generation.joined))
    if parent is None or parent.elsewhere:
        return diff.opening("", generation.prompt, COLUMNS)
    changed = text.safe(" · ".join(diff.settings_now(say, parent.generation, generation)), COLUMNS - PROMPT_SHOWN)
    prompt = diff.opening(parent.generation.prompt, generation.prompt, COLUMNS - len(changed))
    return f"{changed} · {prompt}" if changed else prompt


def _drawn(family: Sequence[Version]) -> Iterator[tuple[str, Version]]:
    """Yield each version with the branch lines before its name, parents before children.

    Not recursive: a family may be deeper than Python's stack.
    """
    children: dict[str | None, list[Version]] = {}
    known = {one.generation.id for one in family}
    for one in family:
        parent = one.generation.parent_id if one.generation.parent_id in known else None
        children.setdefault(parent, []).append(one)
    waiting: list[tuple[str, str, Version]] = [("", "", one) for one in reversed(children.get(None, []))]
    while waiting:
        branch, below, one = waiting.pop()
        yield branch, one
        next_ones = children.get(one.generation.id, [])
        if len(next_ones) == 1:
            waiting.append((below, below, next_ones[0]))
            continue
        deep = len(below) >= 2 * DEEPEST
        for child in reversed(next_ones):
            last = child is next_ones[-1]
            waiting.append(
                (below + ("└ " if last else "├ "), below if deep else below + ("\u2003 " if last else "│ "), child)
            )
