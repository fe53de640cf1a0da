"""A models file is read whole, or one line says what is wrong and in which line of the file."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.catalog.catalog import Catalog
from bot.domain.provider import Format
from tests.errors import unusable
from tests.tables import every_row

Write = Callable[[str], Path]

GOOD = """\
# what we offer

[[family]]
name = "Sora 2"   # the usual one

[[family.offer]]
model = "sora2-{orientation}-{seconds}s"
format = "task"
seconds = [4, 8]
usd_per_second = 0.068

[[family.offer]]
model = "sora2"
format = "videos"
seconds = [16]
resolution = "720p"
usd_per_second = 0.068

[[family]]
name = "Native"

[[family.offer]]
model = "sora-2"
format = "openai"
seconds = [4]
sizes = { landscape = "1280x720", portrait = "720x1280" }
usd_per_second = 0.1
"""
NATIVE = 'sizes = { landscape = "1280x720", portrait = "720x1280" }\n'


def fault(models: Write, old: str, new: str, times: int = 1) -> tuple[int, str]:
    """The line and the reason where `old` of the good file is replaced."""
    assert old in GOOD
    return line_and_reason(models, GOOD.replace(old, new, times))


def line_and_reason(models: Write, text: str) -> tuple[int, str]:
    path = models(text)
    said = unusable(lambda: Catalog.read(path))
    where, _, reason = said.partition(": ")
    name, _, line = where.partition(", line ")
    assert name == str(path)
    return int(line), reason


def test_the_good_file_is_read(models: Write) -> None:
    catalog = Catalog.read(models(GOOD))
    assert catalog.families() == ["Sora 2", "Native"]
    assert [offer.model for offer in catalog.offers] == [
        *("sora2-landscape-4s", "sora2-landscape-8s", "sora2-portrait-4s", "sora2-portrait-8s", "sora2", "sora-2")
    ]


def test_an_offer_out_of_use_is_left_out(models: Write) -> None:
    catalog = Catalog.read(models(GOOD.replace('model = "sora2"\n', 'model = "sora2"\nenabled = false\n')))
    assert "sora2" not in catalog.names()


def test_everything_a_row_may_say_is_taken_over(models: Write) -> None:
    text = GOOD.replace("usd_per_second = 0.1", "usd_per_second = 0.1\nimage = false\nsunset = 2027-01-31")
    offer = Catalog.read(models(text)).offers[-1]
    assert (offer.format, offer.seconds, offer.micros_per_second) == (Format.OPENAI, (4,), 100_000)
    assert (offer.image, offer.sunset, offer.encoded) == (False, date(2027, 1, 31), False)


def test_a_file_of_another_editor_is_read(models: Write) -> None:
    path = models("")
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert Catalog.read(path).families() == ["Sora 2", "Native"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("seconds = [16]", "seconds = [16", 16),
        ("seconds = [16]", "seconds = 16]", 15),
        ('name = "Native"', "name = Native", 20),
        ("usd_per_second = 0.1\n", "usd_per_second = ", 27),
        ("usd_per_second = 0.1\n", 'usd_per_second = "0.1', 27),
        ("usd_per_second = 0.1\n", "usd_per_second = [\n", 27),
        ("seconds = [16]", "seconds = [16]\nseconds = [16]", 16),
        ("# what we offer", "what we offer", 1),
    ],
)
def test_a_syntax_error_names_its_line(models: Write, old: str, new: str, line: int) -> None:
    found, said = fault(models, old, new)
    assert found == line
    assert "(at " not in said


def test_a_number_too_long_to_read_is_refused(models: Write) -> None:
    assert "4300" in fault(models, "[16]", f"[{'9' * 5000}]")[1]


@every_row(
    ("old", "new", "line", "key"),
    [
        ("seconds = [16]", "seconds = 16", 15, "seconds"),
        ("seconds = [16]", 'seconds = ["long"]', 15, "seconds"),
        ("seconds = [16]", "seconds = [16, 0]", 15, "seconds"),
        ("seconds = [16]", "seconds = [-4]", 15, "seconds"),
        ("seconds = [16]", "seconds = [4.5]", 15, "seconds"),
        ("seconds = [16]", "seconds = []", 15, "seconds"),
        ("seconds = [16]", "seconds = [  # long\n  16,\n  true,\n  'x',\n]", 15, "seconds"),
        ("usd_per_second = 0.1", "usd_per_second = -0.1", 27, "usd_per_second"),
        ("usd_per_second = 0.1", "usd_per_second = nan", 27, "usd_per_second"),
        ("usd_per_second = 0.1", "usd_per_second = inf", 27, "usd_per_second"),
        ("usd_per_second = 0.1", 'usd_per_second = "cheap"', 27, "usd_per_second"),
        ('format = "openai"', 'format = "native"', 24, "format"),
        ('name = "Native"', 'name = ""', 20, "name"),
        ('name = "Native"', 'name = "  "', 20, "name"),
        ('name = "Native"', "name = 3", 20, "name"),
        ('model = "sora-2"', 'model = ""', 23, "model"),
        ('model = "sora-2"', 'model = "sora 2"', 23, "model"),
        ('model = "sora-2"', f'model = "{"x" * 101}"', 23, "model"),
        ("usd_per_second = 0.1", "usd_per_second = 0.1\nsunset = 'soon'", 28, "sunset"),
        ("usd_per_second = 0.1", "usd_per_second = 0.1\nenabled = 'perhaps'", 28, "enabled"),
        ('"720x1280"', '"720 x 1280"', 26, "portrait"),
        ('"720x1280"', '"0x1280"', 26, "portrait"),
        (', portrait = "720x1280"', "", 26, "portrait"),
        ('portrait = "720x1280"', 'portrait = "720x1280", square = "1x1"', 26, "square"),
        (NATIVE, 'sizes = "1280x720"\n', 26, "sizes"),
        (NATIVE, 'sizes.landscape = "1280x720"\nsizes.portrait = "tall"\n', 27, "portrait"),
    ],
)
def test_a_wrong_value_names_its_line_and_key(models: Write, old: str, new: str, line: int, key: str) -> None:
    found, said = fault(models, old, new)
    assert (found, said.partition(":")[0]) == (line, key)


def test_a_fault_in_a_table_of_its_own_names_its_line(models: Write) -> None:
    table = '[family.offer.sizes]\nlandscape = "1280x720"\nportrait = "tall"\n'
    text = GOOD.replace(NATIVE, "") + table
    assert line_and_reason(models, text)[0] == len(text.splitlines())
    assert (
        line_and_reason(models, text.replace('portrait = "tall"\n', ""))[0]
        == text.splitlines().index("[family.offer.sizes]") + 1
    )


@pytest.mark.parametrize(
    ("old", "line", "key"),
    [
        ('name = "Sora 2"   # the usual one\n', 3, "name"),
        ('model = "sora2"\n', 12, "model"),
        ('format = "videos"\n', 12, "format"),
        ("seconds = [16]\n", 12, "seconds"),
        ("usd_per_second = 0.1\n", 22, "usd_per_second"),
    ],
)
def test_a_missing_field_names_the_heading_of_its_table(models: Write, old: str, line: int, key: str) -> None:
    assert fault(models, old, "") == (line, f"{key}: must be given")


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ("[[family]]", "version = 2\n[[family]]", 3, "version"),
        ("[[family]]", "[meta]\nby = 'me'\n[[family]]", 3, "meta"),
        ('name = "Native"', 'name = "Native"\nowner = "me"', 21, "owner"),
        ("seconds = [16]", "seconds = [16]\nfps = 24", 16, "fps"),
        ("seconds = [16]", "lengths = [16]", 15, "lengths"),
        ("[[family.offer]]", "[[family.ofer]]", 6, "ofer"),
    ],
)
def test_an_unknown_key_names_its_line(models: Write, old: str, new: str, line: int, key: str) -> None:
    assert fault(models, old, new) == (line, f"{key}: there is no such key")


def test_an_unknown_table_after_the_families_names_its_line(models: Write) -> None:
    assert line_and_reason(models, GOOD + "[famly]\nname = 'x'\n") == (28, "famly: there is no such key")


@pytest.mark.parametrize("same", ["Sora 2", "sora 2", " SORA 2 "])
def test_a_family_that_exists_already_names_the_line_of_the_second(models: Write, same: str) -> None:
    assert fault(models, 'name = "Native"', f'name = "{same}"') == (20, "this family exists already")


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        (NATIVE, "", 22, "sizes"),
        ('resolution = "720p"\n', "", 12, "resolution"),
        ('resolution = "720p"\n', f'resolution = "720p"\n{NATIVE}', 17, "sizes"),
        (NATIVE, f'{NATIVE}resolution = "720p"\n', 27, "resolution"),
        ("seconds = [4, 8]\n", 'seconds = [4, 8]\nresolution = "720p"\n', 10, "resolution"),
    ],
)
def test_a_field_of_another_format_is_refused(models: Write, old: str, new: str, line: int, key: str) -> None:
    found, said = fault(models, old, new)
    assert (found, said.partition(":")[0]) == (line, key)


@every_row(
    "template",
    [
        "sora2-{orientation}",
        "sora2-{seconds}s",
        "sora2-{orientation}-{seconds}-{seconds}",
        "sora2-{orientation}-{seconds}-{quality}",
        "sora2-{0}-{orientation}-{seconds}",
        "sora2-{shape}-{seconds}s",
        "sora2-{orientation}-{seconds",
        "sora2-{orientation}-{seconds}}",
        "sora2-{orientation!r}-{seconds}",
        "sora2-{ orientation }-{ seconds }",
        "{}",
        "{",
    ],
)
def test_a_bad_template_names_its_line(models: Write, template: str) -> None:
    found, said = fault(models, "sora2-{orientation}-{seconds}s", template)
    assert (found, said) == (
        *(7, "model: is an id without spaces, or a template with {orientation} and {seconds}, once each"),
    )


@pytest.mark.parametrize("text", ["", "# nothing here\n", "family = []\n", "[family]\nname = 'x'\n", "family = 3"])
def test_a_file_without_families_is_refused(models: Write, text: str) -> None:
    line, reason = line_and_reason(models, text)
    assert line == 1
    assert reason.startswith("family: ")


def test_a_family_without_offers_names_its_heading(models: Write) -> None:
    assert line_and_reason(models, GOOD + '\n[[family]]\nname = "Empty"\n') == (29, "offer: must be given")
    found, said = line_and_reason(models, GOOD + '\n[[family]]\nname = "Empty"\noffer = []\n')
    assert (found, said.partition(":")[0]) == (31, "offer")


def test_offers_written_on_one_line_name_that_line(models: Write) -> None:
    row = '{ model = "a", format = "task", seconds = [4], usd_per_second = 1 }'
    text = f'# ours\n[[family]]\nname = "A"\noffer = [{row}, {row.replace("[4]", "[]")}]\n'
    assert line_and_reason(models, text)[0] == 4


ODD: list[Callable[[str], str]] = [
    lambda text: text.replace("[[family]]", "  [[ family ]]  # one"),
    lambda text: text.replace("[[family.offer]]", "[[ family . offer ]]"),
    lambda text: text.replace(" = ", "="),
    lambda text: text.replace(" = ", "   =\t"),
    lambda text: text.replace("# what we offer", "# [[family]] \u2028 [[family.offer]] seconds = [0]"),
    lambda text: text.replace("seconds", '"seconds"').replace('{"seconds"}', "{seconds}"),
    lambda text: text.replace("\n", "\r\n"),
]


@pytest.mark.parametrize("odd", ODD)
def test_comments_and_odd_spacing_do_not_move_the_line(models: Write, odd: Callable[[str], str]) -> None:
    bad = GOOD.replace("[16]", "[0]").replace("usd_per_second = 0.1", "usd_per_second = 0.1 # seconds = 4")
    path = models("")
    path.write_bytes(odd(bad).encode())
    assert unusable(lambda: Catalog.read(path)).startswith(f"{path}, line 15: seconds: ")


def test_the_fault_of_a_later_offer_is_not_looked_for_in_an_earlier_one(models: Write) -> None:
    last = GOOD.rindex("seconds = [4]")
    assert line_and_reason(models, GOOD[:last] + "seconds = [0]" + GOOD[last + len("seconds = [4]") :])[0] == 25


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    assert unusable(lambda: Catalog.read(path)) == f"MODELS_FILE: {path} cannot be read: No such file or directory"


def test_a_folder_is_no_models_file(tmp_path: Path) -> None:
    assert unusable(lambda: Catalog.read(tmp_path)) == f"MODELS_FILE: {tmp_path} cannot be read: Is a directory"


def test_a_file_that_is_not_utf_8_is_said(tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    path.write_bytes(GOOD.replace("Native", "Natív").encode("latin-1"))
    assert unusable(lambda: Catalog.read(path)) == f"MODELS_FILE: {path} cannot be read: it is not UTF-8 text"
