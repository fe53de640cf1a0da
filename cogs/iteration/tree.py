"""A family of versions as a text tree; an only child stands straight below its parent.

Each line shows what is different from its parent: the changed settings, and the prompt from where it differs. A version
that the reader may not read is listed without content, and no other version is compared with it.
"""

from collections.abc import Mapping, Sequence

from bot.domain.generation import Generation
from bot.domain.messages.result_status import ResultStatus
from bot.domain.versions.version import FamilyNode, Version
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

Place = tuple[str, FamilyNode]  # a version with the branch lines before its name


def pages(count: int) -> int:
    """Return the number of pages of so many versions."""
    return max(1, -(-count // PAGE))


def page_of(drawn: Sequence[Place], generation_id: str) -> int:
    """Return the page of a version, the first being 0; the last one where it is not in the family."""
    for number, (_, node) in enumerate(drawn):
        if node.id == generation_id:
            return number // PAGE
    return pages(len(drawn)) - 1


def existing_page(drawn: Sequence[Place], page: int) -> int:
    """Return the page, or the nearest that there is."""
    return min(max(0, page), pages(len(drawn)) - 1)


def on_page(drawn: Sequence[Place], page: int) -> Sequence[Place]:
    """Return the places on one page."""
    return drawn[page * PAGE : (page + 1) * PAGE]


def needed(shown: Sequence[Place]) -> list[str]:
    """Return the ids of the versions that the lines of these places are made from: their own, and those of parents."""
    return list(dict.fromkeys(one for _, node in shown for one in (node.id, node.parent_id) if one))


def lines(say: Words, shown: Sequence[Place], versions: Mapping[str, Version], *, of: str) -> list[tuple[str, Version]]:
    """Return the lines of some places with their versions. The version with the id `of` is in bold.

    versions: by id, those that are `needed`.
    """
    there = [(branch, versions[node.id]) for branch, node in shown if node.id in versions]
    return [
        (_line(say, branch, one, versions.get(one.generation.parent_id or ""), here=one.generation.id == of), one)
        for branch, one in there
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
        return say("tree-expired" if generation.prompt_expired else "tree-forgotten")
    if generation.joined:
        return say("tree-joined", versions=chains.numbers(say, generation.joined))
    if parent is None or parent.elsewhere:
        return diff.opening("", generation.prompt, COLUMNS)
    changed = text.safe(" · ".join(diff.settings_now(say, parent.generation, generation)), COLUMNS - PROMPT_SHOWN)
    prompt = diff.opening(parent.generation.prompt, generation.prompt, COLUMNS - len(changed))
    return f"{changed} · {prompt}" if changed else prompt


def drawn(family: Sequence[FamilyNode]) -> list[Place]:
    """Return each version with the branch lines before its name, parents before children.

    Not recursive: a family may be deeper than Python's stack. Call it in a thread: a family may have thousands.
    """
    children: dict[str | None, list[FamilyNode]] = {}
    known = {one.id for one in family}
    for one in family:
        parent = one.parent_id if one.parent_id in known else None
        children.setdefault(parent, []).append(one)
    waiting: list[tuple[str, str, FamilyNode]] = [("", "", one) for one in reversed(children.get(None, []))]
    found: list[Place] = []
    while waiting:
        branch, below, one = waiting.pop()
        found.append((branch, one))
        next_ones = children.get(one.id, [])
        if len(next_ones) == 1:
            waiting.append((below, below, next_ones[0]))
            continue
        deep = len(below) >= 2 * DEEPEST
        for child in reversed(next_ones):
            last = child is next_ones[-1]
            waiting.append(
                (below + ("└ " if last else "├ "), below if deep else below + ("\u2003 " if last else "│ "), child)
            )
    return found
