"""Every text that the source asks for exists in every language with the same placeholders, and there is no other."""

import ast
from collections.abc import Iterator, Mapping, Set
from importlib import import_module
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.domain.generation import Orientation, Reason, State
from bot.domain.moderation.audit import AuditAction
from bot.domain.moderation.guild_settings import Setting, Threads
from bot.domain.moderation.reports import RemovalKind, ReportReason
from bot.domain.provider import Fault
from bot.domain.quota.limits import Per, Scope, Unit
from bot.domain.quota.rules import Subject
from bot.domain.refusals.codes import RefusalCode
from bot.domain.requests.questions import QuestionState
from bot.domain.requests.video_options import Lack
from bot.domain.versions.joins import JoinFault
from bot.runtime import disk_pressure as room
from bot.uniall.reading import outcome
from cogs import EXTENSIONS
from cogs._ui import buttons, phrases
from cogs._ui.wording import DEFAULT, Words, words
from cogs.cards import accepting as showing
from cogs.moderation import audit_words, log_channel
from cogs.moderation.quota import cards
from tests.cogs.conftest import BOT, COGS, LOCALES, messages, shipped, trees
from tests.tables import every_row

TITLE = {"family", "orientation", "seconds", "price", "version"}  # what cogs._ui.text.title fills by itself
for extension in EXTENSIONS:
    import_module(extension)  # each registers what its buttons do
HOLDS = {*(str(fault) for fault in outcome._FOR_NOW), "unreachable", "image", room.HOLD}
# What may follow a prefix that the source puts together, as in say(f"per-{limit.per}").
ENDINGS: dict[str, Set[str]] = {
    "": {shape for shape in Orientation if ":" not in shape},  # the others are numbers
    "button-": set(buttons._HANDLERS)
    - {
        "history",
        "tree",
        "quota-list",
        "quota-list-remove",
        "quota-log",
        "post-anyway",
        "make-with",
        "help",
        "style-list",
    }  # these name theirs by `label`
    - {"keep-limit"},  # this one by `shown`
    "asked-": set(Lack),
    "fault-": {*Fault, *Reason},
    "hold-": HOLDS,
    "join-failed-": set(JoinFault),
    "per-": set(Per),
    "picture-month-": {str(number) for number in range(1, 13)},
    "picture-weekday-": {str(number) for number in range(7)},
    "permission-": {
        *("view_channel", "send_messages", "send_messages_in_threads", "attach_files", "read_message_history"),
        "create_public_threads",
    },
    "question-": set(QuestionState) - {QuestionState.OPEN},
    "refusal-": set(RefusalCode),
    "scope-": set(Scope),
    "state-": {*State, "kept", "lost", "removed"},
    "told-": {"models_gone", "models_back"},
    "unit-": set(Unit) - {Unit.USD},
}
OF_COMMANDS = (
    "command-",
    "option-",
    "choice-",
)  # of commands.ftl, which test_cogs_translator.py holds against the commands
# Tables of texts, one for each of something; whoever looks up asks for `prefix` and its name.
TABLES: dict[str, tuple[Mapping[Any, str], Set[str]]] = {
    "did-": (audit_words.ACTIONS, set(AuditAction)),
    "kind-": (phrases.KINDS, set(Unit)),
    "threads-": (audit_words.MODES, set(Threads)),
    "setting-": (phrases.SETTINGS, set(Setting)),
    "report-reason-": (log_channel.REASONS, set(ReportReason)),
    "removal-": (log_channel.REMOVALS, set(RemovalKind)),
    "set-binds-": (cards._BINDS, set(Subject) - {Subject.SERVER}),
}


def reference() -> Mapping[str, Set[str]]:
    """The texts of the language that the others are held against; read by the first test that needs it."""
    return shipped(COGS / "locales" / DEFAULT)


def speaks(func: ast.expr) -> bool:
    """Whether calling this says a text: `say(…)`, `words(…)`, `self._say(…)`, `words()(…)`, `words(language)(…)`."""
    match func:
        case ast.Name(id="say" | "words") | ast.Attribute(attr="say" | "_say" | "words"):
            return True
        case ast.Call(func=ast.Name(id="words")):
            return True
        case _:
            return False


def asked() -> Iterator[tuple[ast.Call, ast.expr]]:
    """Each place that asks for a text, with the name it asks for."""
    for node in trees(COGS):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        if titled(node) and len(node.args) > 2:
            yield node, node.args[2]
        elif speaks(node.func) or (isinstance(node.func, ast.Attribute) and node.func.attr == "has"):
            yield node, node.args[0]


def titled(call: ast.Call) -> bool:
    """Whether this is `text.title(…)`."""
    return ast.unparse(call.func) == "text.title"


def names_in(expression: ast.expr) -> Iterator[str]:
    """The names an expression may stand for: constants, each side of a choice, and what a prefix may become."""
    if isinstance(expression, ast.IfExp):
        yield from names_in(expression.body)
        yield from names_in(expression.orelse)
    elif isinstance(expression, ast.BoolOp):
        for value in expression.values:
            yield from names_in(value)
    elif isinstance(expression, ast.JoinedStr):
        first = expression.values[0]
        prefix = str(first.value) if isinstance(first, ast.Constant) else ""
        assert prefix in ENDINGS, f"nothing is known of the texts that begin with {prefix!r}"
        yield from (prefix + ending for ending in ENDINGS[prefix])
    elif isinstance(expression, ast.Constant):
        yield str(expression.value)


def used() -> set[str]:
    found = {name for _, expression in asked() for name in names_in(expression)} | ENDINGS[""]
    for table, _ in TABLES.values():
        found |= set(table.values())
    for node in trees(COGS):  # names put in a variable first, or given as a default
        if isinstance(node, ast.Constant) and node.value in reference():
            found.add(str(node.value))
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            prefix = str(node.values[0].value)
            found |= {prefix + ending for ending in ENDINGS.get(prefix, ())}
    return found


def test_the_source_is_really_read() -> None:
    assert {"card-next", "usage-line", "refusal-quota", "fault-lost", "permission-attach_files"} <= used()
    assert {"card-removed", "config-changed", "kept", "quota-nothing-used", "button-block", "told-details"} <= used()
    assert len(list(asked())) > 200


def test_every_file_of_every_language_is_read() -> None:
    assert DEFAULT in {locale.name for locale in LOCALES}
    assert {path.parent for path in COGS.rglob("*.ftl")} == set(LOCALES)
    assert all(shipped(locale) for locale in LOCALES)
    names = [path.name for path in sorted((COGS / "locales" / DEFAULT).iterdir())]
    assert len(names) > 1
    for locale in LOCALES:
        assert [path.name for path in sorted(locale.iterdir())] == names


def test_the_measure_itself_sees_a_text_that_two_files_have_and_one_that_is_broken(tmp_path: Path) -> None:
    (tmp_path / "a.ftl").write_text("one = { $x } and { $y }\n", "utf-8")
    (tmp_path / "b.ftl").write_text("two = { $z ->\n    [one] a\n   *[other] { $w }\n}\n", "utf-8")
    assert messages(tmp_path) == {"one": {"x", "y"}, "two": {"z", "w"}}
    (tmp_path / "c.ftl").write_text("one = again\n", "utf-8")
    with pytest.raises(AssertionError, match="one twice"):
        messages(tmp_path)
    (tmp_path / "c.ftl").write_text("three = { $open\n", "utf-8")
    with pytest.raises(AssertionError, match=r"c\.ftl"):
        messages(tmp_path)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_texts_is_whole(table: str) -> None:
    texts, keys = TABLES[table]
    assert texts == {key: f"{table}{key}".replace(" ", "-") for key in keys}


@pytest.mark.parametrize("locale", LOCALES, ids=lambda path: path.stem)
def test_every_text_that_is_used_exists(locale: Path) -> None:
    assert not used() - set(shipped(locale))


@pytest.mark.parametrize("locale", LOCALES, ids=lambda path: path.stem)
def test_every_text_that_exists_is_used(locale: Path) -> None:
    assert not {name for name in shipped(locale) if not name.startswith(OF_COMMANDS)} - used()


@pytest.mark.parametrize("locale", LOCALES, ids=lambda path: path.stem)
def test_every_language_has_the_same_placeholders(locale: Path) -> None:
    assert shipped(locale) == reference()


def test_every_call_fills_the_placeholders_of_its_text() -> None:
    checked = 0
    for call, expression in asked():
        given = {str(keyword.arg) for keyword in call.keywords if keyword.arg}
        open_ended = any(keyword.arg is None for keyword in call.keywords)
        if titled(call):
            given |= TITLE
        elif not speaks(call.func):
            continue
        if isinstance(expression, ast.JoinedStr) and str(getattr(expression.values[0], "value", "")) == "refusal-":
            continue  # what a refusal brings along is checked with its sentence
        for name in names_in(expression):
            checked += 1
            if titled(call) and name == "told-details":
                given -= {"version"}  # moderators are told of jobs, not of families
            assert given <= reference()[name] if open_ended else given == reference()[name], ast.unparse(call)
    assert checked > 200


def test_every_refusal_has_words_and_no_words_are_of_none() -> None:
    more = {"quota-never", "quota-closed", "quota-grants"}  # of `quota`
    assert {name.removeprefix("refusal-") for name in reference() if name.startswith("refusal-")} == {
        *RefusalCode
    } | more


@every_row("fault", [*Fault, *Reason])
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
        for node in trees(BOT / "workers")
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "hold" and isinstance(keyword.value, ast.Constant) and keyword.value.value
    }
    assert constants == {"unreachable", "image"}


def test_every_permission_that_is_needed_has_a_name() -> None:
    tree = ast.parse(Path(str(showing.__file__)).read_text("utf-8"))
    [check] = [node for node in ast.walk(tree) if getattr(node, "name", "") == "check_permissions"]
    asked = [
        keyword.value for node in trees(COGS) for keyword in getattr(node, "keywords", []) if keyword.arg == "more"
    ]
    texts = {node.value for part in (check, *asked) for node in ast.walk(part) if isinstance(node, ast.Constant)}
    named = {text for text in texts if text in discord.Permissions.VALID_FLAGS}
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


@pytest.mark.parametrize("locale", LOCALES, ids=lambda path: path.stem)
def test_no_value_is_too_long_for_any_text(locale: Path) -> None:
    say = words(locale.name)
    for name, placeholders in shipped(locale).items():
        assert say(name, **dict.fromkeys(placeholders, "\\x" * 2000))


@pytest.mark.parametrize("code", ["model_unknown", "no_fit", "timezone_unknown", "word_unknown"])
def test_what_was_typed_is_repeated_only_as_far_as_it_is_known_again(code: str) -> None:
    for typed in ("x" * 4000, "*" * 4000, "\\" * 4000):
        shown = words()(
            f"refusal-{code}",
            model=typed,
            zone=typed,
            word=typed,
            names="Sora 2",
            fits="4 s",
            lacks="a seed",
            others="",
        )
        assert len(shown) < 250
        assert "…”" in shown
        assert "\\…" not in shown
