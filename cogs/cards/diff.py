"""Shows what a version changed against its parent: settings as "from → to", the prompt as a short diff of words.

The text is escaped like any prompt, is at most `SHOWN` characters long, and closes every mark that it opens.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from bot.domain.generation import Generation, Image
from bot.domain.messages import links
from cogs._ui import text
from cogs._ui.wording import Words, words
from cogs.cards import alignment
from cogs.cards.alignment import Step, Token, align, of_word, spaceless, split, width

SHOWN = 600  # characters of a whole diff, escapes included
GONE, COME = 120, 240  # characters of one change: removed, added
AROUND = 24  # columns of unchanged text on each side of a change
LONGEST = 60  # letters of one word
ALIKE = 0.35  # with a smaller share of common words, a diff of long prompts is not readable
AVOID_SHOWN = 24  # characters of what a video must not show
NAME_SHOWN = 40  # characters of a model's name
SHORT = 240  # columns of both prompts together that are shown whole, however different they are
_IMAGE = {"gone": "diff-image-gone", "other": "diff-image-other", "added": "diff-image-added"}
_END_IMAGE = {"gone": "diff-end-image-gone", "other": "diff-end-image-other", "added": "diff-end-image-added"}
_FIRST = re.compile(r"^(\d*)([#>+.-])")  # begins a heading, a quote or a list


def settings(say: Words, old: Generation, new: Generation) -> list[str]:
    """Return each setting that differs: "4 s → 8 s", "seed 7 → none"."""
    return [
        say("diff-setting", before=before, after=after) if before else after
        for before, after, _ in _changed(say, old, new)
    ] + _pictures(say, old, new)


def settings_now(say: Words, old: Generation, new: Generation) -> list[str]:
    """Return the new value of each setting that differs, not yet escaped: "8 s", "no seed"."""
    return [now for _, _, now in _changed(say, old, new)] + _pictures(say, old, new)


def _changed(say: Words, old: Generation, new: Generation) -> Iterator[tuple[str, str, str]]:
    """Yield the old value, the new one, and the new one as it reads alone. Without an old value, the first is empty."""
    pairs = [
        (old.family[:NAME_SHOWN], new.family[:NAME_SHOWN]),
        (old.model[:NAME_SHOWN], new.model[:NAME_SHOWN]) if old.family == new.family and _raw(old, new) else ("", ""),
        (text.shape_of(say, old), text.shape_of(say, new)),
        (say("unit-seconds", amount=old.seconds), say("unit-seconds", amount=new.seconds)),
    ]
    for before, after in pairs:
        if before != after:
            yield before, after, after
    if old.style != new.style:
        now = _style(say, new)
        same = old.style is not None and new.style is not None and old.style.name == new.style.name
        before = say("diff-style-before", style=_style(say, old)) if same else _style(say, old)
        yield before, now or say("diff-none"), now or say("diff-style-none")
    if old.sound != new.sound:
        now = _sound(say, new.sound)
        yield _sound(say, old.sound), now or say("diff-sound-open"), now or say("diff-sound-open-now")
    if old.avoid != new.avoid:
        now, alone = _avoid(say, new.avoid), say("diff-avoid-none")
        if new.avoid:
            alone = say("card-avoid", avoid=links.shown(new.avoid)[:AVOID_SHOWN])
        yield _avoid(say, old.avoid), now or say("diff-none"), alone
    if old.seed != new.seed:
        now = _seed(say, new.seed)
        yield _seed(say, old.seed), now or say("diff-none"), now or say("diff-seed-none")


def _style(say: Words, generation: Generation) -> str:
    return say("card-style", style=text.safe(generation.style.name, NAME_SHOWN)) if generation.style else ""


def _sound(say: Words, sound: bool | None) -> str:
    if sound is None:
        return ""
    return say("card-sound-on") if sound else say("card-sound-off")


def _seed(say: Words, seed: int | None) -> str:
    return "" if seed is None else say("card-seed", seed=str(seed))


def _avoid(say: Words, avoid: str | None) -> str:
    return say("card-avoid", avoid=text.safe(avoid, AVOID_SHOWN)) if avoid else ""


def _pictures(say: Words, old: Generation, new: Generation) -> list[str]:
    if new.continues_id == old.id:
        return [say("diff-image-continues")]
    changed = [
        _IMAGE.get(_change_of(old.image, new.image) or ""),
        _END_IMAGE.get(_change_of(old.end_image, new.end_image) or ""),
    ]
    return [say(name) for name in changed if name]


def _change_of(old: Image | None, new: Image | None) -> str | None:
    """Return what became of a picture; None if nothing did."""
    if new is None:
        return "gone" if old else None
    if new.kept:
        return None
    return "other" if old else "added"


def _raw(old: Generation, new: Generation) -> bool:
    """Return whether a changed model id tells more than the shape and length, which are shown beside it."""
    return (old.orientation, old.seconds) == (new.orientation, new.seconds)


def prompt(say: Words, old: str, new: str) -> str | None:
    """Return the prompt's changes, ~~removed~~ and **added**, with a few words around.

    None if the prompt is the same.
    """
    return _prompt(say.locale, links.shown(old), links.shown(new))


@lru_cache(maxsize=256)
def _prompt(locale: str, old: str, new: str) -> str | None:
    """Cached, because a card is rendered on every check. The cached texts are short."""
    say = words(locale)
    before, after = split(old), split(new)
    if not before or not after or [one.text for one in before] == [one.text for one in after]:
        return None
    steps = align(before, after)
    least = min(width(before), width(after))
    kept = sum(width(step.new) for step in steps if step.same)
    if kept < ALIKE * least and width(before) + width(after) > SHORT:
        return say("diff-rewritten")
    return _shown(say, steps)


@lru_cache(maxsize=256)
def replaced(old: str, new: str) -> bool:
    """Return whether hardly anything of an old prompt is left in a new one."""
    before, after = split(links.shown(old)), split(links.shown(new))
    if not before or not after:
        return False
    kept = sum(width(step.new) for step in align(before, after) if step.same)
    return kept < ALIKE * min(width(before), width(after))


def opening(old: str, new: str, columns: int) -> str:
    """Return a prompt cut to `columns`: from its start or, if its parent starts alike, from shortly before they differ."""
    before, after, begins = _near(links.shown(old), links.shown(new), 5 * columns)
    same = next(
        (at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one.text != other.text), None
    )
    if same is None:
        same = min(len(before), len(after)) if len(before) != len(after) else 0
    if begins and (same == 0 or width(after) <= columns or width(after[: same + 1]) <= columns):
        return _line(after, columns)
    lead = _some(after[:same][::-1], max(columns // 3, columns - 2 - width(after[same:])))
    return f"…{_line([*lead[::-1], *after[same:]], columns - 1)}"


def _near(old: str, new: str, around: int) -> tuple[list[Token], list[Token], bool]:
    """Return both prompts around the point where they differ, and whether that is their start. This is all `opening`
    shows.

    Long prompts are not split whole for a line of sixty columns, because a page has twenty such lines.
    """
    was, now = (" ".join(text.without_direction_marks(one).split()) for one in (old, new))
    same = 0 if was == now else _common(was, now)
    start = max(0, same - around)
    if start and (space := now.rfind(" ", 0, start)) > start - around:
        start = space + 1
    end = same + around
    return split(was[start:end]), split(now[start:end]), start == 0


def _common(one: str, other: str) -> int:
    """Return the length of the common prefix, in characters."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _line(tokens: Sequence[Token], columns: int) -> str:
    """Cut and escape like `text.safe`, but count wide characters as two: they are twice as wide, and Discord counts
    some as two.
    """
    joined = "".join(" " * token.space + token.text for token in tokens)
    shown = text.safe(joined, most := columns)
    while (wide := alignment.columns(shown) - columns) > 0:
        most -= -(-wide // 2)
        shown = text.safe(joined, most)
    return shown


def _shown(say: Words, steps: Sequence[Step]) -> str:
    """Return the changes with a few words around each, as many as fit, and how many more there are."""
    shown, changes = "", sum(not step.same for step in steps)
    for number, step in enumerate(steps):
        part = _around(step, first=number == 0, last=number + 1 == len(steps)) if step.same else _change(step)
        if len(shown) + len(part) > SHOWN - 60:  # leave room for the count of further changes
            left = changes - sum(not one.same for one in steps[:number])
            shown += f" {say('diff-more', count=left)}" if left else "…"
            break
        shown += part
    return _FIRST.sub(r"\1\\\2", shown.strip())


def _around(step: Step, *, first: bool, last: bool) -> str:
    tokens = step.new
    before, after = (0 if first else AROUND), (0 if last else AROUND)
    if width(tokens) <= before + after + AROUND / 2:
        return _escaped(tokens)
    return f"{_escaped(_some(tokens, before))}…{_escaped(_some(tokens[::-1], after)[::-1]).strip()}"


def _change(step: Step) -> str:
    gone, come = _cut(step.old, GONE), _cut(step.new, COME)
    space = any(tokens[0].space for tokens in (step.old, step.new) if tokens)
    marks = [mark for mark in (f"~~{gone}~~" if gone else "", f"**{come}**" if come else "") if mark]
    apart = bool(gone and come) and (step.new[0].space or of_word(step.new[0].text)) and not spaceless(come)
    return (" " if space else "") + (" " if apart else "").join(marks)


def _some(tokens: Sequence[Token], columns: int) -> list[Token]:
    """Return the first tokens that fit into `columns`."""
    found: list[Token] = []
    for token in tokens:
        columns -= min(width([token]), LONGEST)
        if columns < 0:
            break
        found.append(token)
    return found


def _cut(tokens: Sequence[Token], most: int) -> str:
    """Return all of the text, or its start and its end."""
    if len(whole := _escaped(tokens).strip()) <= most:
        return whole
    head, tail = _fitting(tokens, most * 2 // 3), _fitting(tokens[::-1], most // 4)[::-1]
    return f"{_escaped(head).strip()} … {_escaped(tail).strip()}".strip()


def _fitting(tokens: Sequence[Token], letters: int) -> list[Token]:
    """Return the first tokens that fit into `letters` characters, escapes included."""
    found: list[Token] = []
    for token in tokens:
        letters -= len(_escaped([token])) + 1
        if letters < 0:
            break
        found.append(token)
    return found


def _escaped(tokens: Sequence[Token]) -> str:
    """Return escaped text with its spaces. A token that is too long for a word is cut."""
    return text.inline("".join(" " * token.space + _word(token.text) for token in tokens))


def _word(string: str) -> str:
    return string if len(string) <= LONGEST else f"{string[: LONGEST - 1]}…"
