"""Every text that the source asks for exists in every language with the same placeholders, and there is no other."""

import ast
from collections.abc import Iterator, Set
from pathlib import Path

import pytest

from bot.domain.generation import Orientation, Reason
from bot.domain.jobs import Fault
from bot.domain.quota import Per, Scope, Unit
from bot.uniall import outcome
from cogs import sora
from cogs.wording import DEFAULT, Words, words
from tests.cogs.conftest import BOT, COGS, LOCALES, messages, refusal_codes, trees

SPEAKERS = {"say", "words", "title"}
RAISED = refusal_codes()
HOLDS = {*(str(fault) for fault in outcome._FOR_NOW), "unreachable", "image"}
# What may follow a prefix that the source puts together, as in say(f"per-{limit.per}").
ENDINGS: dict[str, Set[str]] = {
    "": set(Orientation),
    "fault-": {*Fault, *Reason},
    "hold-": HOLDS,
    "per-": set(Per),
    "permission-": {
        *("view_channel", "send_messages", "send_messages_in_threads", "attach_files", "read_message_history")
    },
    "refusal-": RAISED,
    "scope-": set(Scope),
    "unit-": set(Unit) - {Unit.USD},
}
REFERENCE = messages(COGS / "locales" / f"{DEFAULT}.ftl")


def asked() -> Iterator[tuple[ast.Call, ast.expr]]:
    """Each place that asks for a text, with the name it asks for."""
    for node in trees(COGS):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "title" and len(node.args) > 2:
                yield node, node.args[2]
            elif name in SPEAKERS - {"title"} or (name == "has" and isinstance(node.func, ast.Attribute)):
                yield node, node.args[0]


def names_in(expression: ast.expr) -> Iterator[str]:
    """The names an expression may stand for: constants, and what a prefix may become."""
    inside = {id(part) for one in ast.walk(expression) if isinstance(one, ast.JoinedStr) for part in ast.walk(one)}
    for node in ast.walk(expression):
        if isinstance(node, ast.JoinedStr):
            first = node.values[0]
            prefix = str(first.value) if isinstance(first, ast.Constant) else ""
            assert prefix in ENDINGS, f"nothing is known of the texts that begin with {prefix!r}"
            yield from (prefix + ending for ending in ENDINGS[prefix])
        elif isinstance(node, ast.Constant) and id(node) not in inside and isinstance(node.value, str):
            yield node.value


def used() -> set[str]:
    found = {name for _, expression in asked() for name in names_in(expression)} | ENDINGS[""]
    for node in trees(COGS):  # names put in a variable first, or given as a default
        if isinstance(node, ast.Constant) and node.value in REFERENCE:
            found.add(str(node.value))
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            prefix = str(node.values[0].value)
            found |= {prefix + ending for ending in ENDINGS.get(prefix, ())}
    return found


def test_the_source_is_really_read() -> None:
    assert {"card-next", "usage-line", "refusal-quota", "fault-lost", "permission-attach_files"} <= used()
    assert len(list(asked())) > 30
    assert {"quota", "unexpected", "no_fit", "too_late", "already_cancelled", "image_unreadable"} <= RAISED


@pytest.mark.parametrize("locale", LOCALES, ids=lambda path: path.stem)
def test_every_text_that_is_used_exists(locale: Path) -> None:
    assert not used() - set(messages(locale))


@pytest.mark.parametrize("locale", LOCALES, ids=lambda path: path.stem)
def test_every_text_that_exists_is_used(locale: Path) -> None:
    assert not set(messages(locale)) - used()


@pytest.mark.parametrize("locale", LOCALES, ids=lambda path: path.stem)
def test_every_language_has_the_same_placeholders(locale: Path) -> None:
    assert messages(locale) == REFERENCE


def test_every_call_fills_the_placeholders_of_its_text() -> None:
    for call, expression in asked():
        given = {keyword.arg for keyword in call.keywords}
        spoken = getattr(call.func, "id", "") in ("say", "words")
        if spoken and None not in given and isinstance(expression, ast.Constant):
            assert given == REFERENCE[str(expression.value)], ast.unparse(call)


@pytest.mark.parametrize("fault", [*Fault, *Reason])
def test_every_way_to_fail_has_a_sentence(fault: str) -> None:
    said = words()(f"fault-{fault}")
    assert said.endswith(".")
    assert words()("card-failed", why=said).endswith("Your quota is back.")


@pytest.mark.parametrize("hold", sorted(HOLDS))
def test_every_reason_to_wait_has_words(hold: str) -> None:
    assert words().has(f"hold-{hold}")


def test_every_reason_to_wait_is_known_here() -> None:
    constants = {
        str(keyword.value.value)
        for node in trees(BOT / "services")
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "hold" and isinstance(keyword.value, ast.Constant) and keyword.value.value
    }
    assert constants == {"unreachable", "image"}


def test_every_permission_that_is_needed_has_a_name() -> None:
    tree = ast.parse(Path(str(sora.__file__)).read_text("utf-8"))
    [check] = [node for node in ast.walk(tree) if getattr(node, "name", "") == "check_permissions"]
    named = {node.value for node in ast.walk(check) if isinstance(node, ast.Constant)} & ENDINGS["permission-"]
    assert named == ENDINGS["permission-"]


def test_an_unknown_text_or_placeholder_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError, match="no text 'nothing'"):
        words()("nothing")
    with pytest.raises(KeyError, match="card-waiting"):
        words()("card-waiting")


def test_values_are_shown_as_they_are() -> None:
    say = Words(DEFAULT)
    assert say("refusal-model_unknown", model="{ $names } \u2068<b>", names="Sora 2").startswith(
        "There is no model “{ $names } \u2068<b>”."
    )
    assert say("unit-videos", amount=1) == "1 video"
    assert say("unit-videos", amount=2000) == "2,000 videos"
