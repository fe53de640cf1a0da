"""Short names of models: "pro-1080p" is "Sora 2 Pro 1080p", "kling" is "Kling 3 Std"."""

import re
from collections.abc import Collection, Sequence

from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.models import UnknownModel
from bot.domain.refusals.refusal import Refusal


def full_name(typed: str, *, families: Sequence[str], usable: Collection[str], ids: Sequence[str]) -> str:
    """The one family or id that a short name stands for; as typed where there is none.

    A short name is a whole name written differently, else the end of one name, else some words of a family's name. Words
    of several families of one vendor (the first word of a name) stand for the first of them, even while that one is not
    available: the next may be dearer. families, ids: in the order of the file. usable: the families that are available.
    Raises Refusal `model_unknown` with the families of several vendors that it may stand for.
    """
    plain = _plain(typed)
    if not plain:
        return typed
    available = [name for name in families if name in usable]
    for names in (available, ids):
        for fits in (str.__eq__, str.endswith):
            found = dict.fromkeys(name for name in names if fits(_plain(name), plain))
            if len(found) == 1:
                return next(iter(found))
            if names is available and (several := [name for name in found if _has_words(name, typed)]):
                return _of_one_vendor(typed, several, available)
    return _of_one_vendor(typed, [name for name in families if _has_words(name, typed)], available)


def vendor_of(family: str) -> str:
    """The vendor of a family: the first word of its name."""
    return _words(family)[0]


def _of_one_vendor(typed: str, found: Sequence[str], available: Collection[str]) -> str:
    """The first family, if those that are available are of one vendor. Raises Refusal `model_unknown`."""
    named = [name for name in found if name in available] or found
    vendors = {vendor_of(name) for name in named}
    if len(vendors) > 1:
        raise Refusal(UnknownModel(RefusalCode.MODEL_UNKNOWN, model=typed, names=tuple(named)))
    return next((name for name in found if vendor_of(name) in vendors), typed)


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _words(name: str) -> list[str]:
    """The words of a name: "Wan 2.6 720p" is "wan", "26", "720p"."""
    return [plain for word in re.split(r"[\s_–—-]+", name) if (plain := _plain(word))] or [name]


def _has_words(name: str, typed: str) -> bool:
    """Whether every typed word is a word of a name, or several of its words written as one ("happyhorse")."""
    words = _words(name)
    joined = {"".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)}
    return all(word in joined for word in _words(typed))
