"""Renders text in any script, wrapped and fitted into a box, with the Noto fonts that SimCord ships.

Every prompt is readable in some form. Latin, Greek, Cyrillic, Arabic, Hebrew, Devanagari, Chinese and kana are set in
their own font; right-to-left lines run from the right. A character without a glyph is shown by its Unicode name: emoji
as a pill (`:rocket:`; Pillow cannot paint the colour font), Hangul by its sound (`han·gug`).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FACES = {
    "latin": "noto-sans-latin-v2.015.ttf",  # also Greek, Cyrillic and Devanagari
    "arabic": "noto-sans-arabic-v2.012.ttf",
    "hebrew": "noto-sans-hebrew-v3.001.ttf",
    "han": "noto-sans-sc-v2.004.ttf",
}
NO_FACE = "name"
PILL = "pill"
WEIGHT = 600.0
_LINE = 1.36
_ELLIPSIS = "…"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_SKIP = re.compile("[\u200d\ufe0e\ufe0f\u200b\u2060\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_PIECE = re.compile(
    r"[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff][、。，！？」』）]?|[^\s\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff]+\s*|\s+"
)
_RTL = {"R", "AL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Adjacent characters in one font; `text` is what is drawn, in logical order."""

    face: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Runs in logical order, and their total width in pixels."""

    runs: tuple[Run, ...]
    width: float
    rtl: bool


@lru_cache(maxsize=1)
def font_folder() -> Path | None:
    """Return the folder of SimCord's fonts; None if SimCord is not installed (then Pillow's own font is used)."""
    spec = find_spec("simcord")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "preview" / "static" / "fonts"
    return folder if folder.is_dir() else None


@lru_cache(maxsize=128)
def load_font(face: str, size: int) -> Font:
    """Return the font at `size` pixels in a semi-bold weight."""
    folder = font_folder()
    path = folder / FACES.get(face, FACES["latin"]) if folder else None
    if path is None or not path.is_file():
        return ImageFont.load_default(size)
    font = ImageFont.truetype(path, size)
    weight_and_width = [WEIGHT, 100.0]
    font.set_variation_by_axes(weight_and_width[: len(font.get_variation_axes())])
    return font


@lru_cache(maxsize=256)
def _shape_of(face: str, char: str) -> bytes:
    small = Image.new("L", (48, 48))
    ImageDraw.Draw(small).text((8, 8), char, font=load_font(face, 24), fill=255)
    return small.tobytes()


@lru_cache(maxsize=8192)
def _has_glyph(face: str, char: str) -> bool:
    """Return whether the font has a glyph for the character, not just the box for missing ones."""
    if char.isspace():
        return True
    return _shape_of(face, char) != _shape_of(face, "\U0010fffe")


def _face_of(char: str, previous: str | None) -> str | None:
    neutral = char.isspace() or unicodedata.category(char)[0] in "MP"
    if previous in FACES and neutral and (unicodedata.category(char)[0] == "M" or _has_glyph(previous, char)):
        return previous
    return next((face for face in FACES if _has_glyph(face, char)), None)


def _named(char: str) -> tuple[str, str]:
    """Return (font, text) for a character without a glyph."""
    name = unicodedata.name(char, "").lower()
    if not name:
        return PILL, f"U+{ord(char):04X}"
    if name.startswith("regional indicator symbol letter "):
        return NO_FACE, name[-1].upper()
    if unicodedata.category(char)[0] == "S":
        return PILL, f":{name}:"
    for word in ("syllable ", "character ", "letter "):
        if word in name:
            return NO_FACE, name.split(word, 1)[1]
    return NO_FACE, name


def to_runs(text: str) -> list[Run]:
    """Split text into runs of one font each. Characters without a glyph become the words that name them."""
    runs: list[Run] = []
    for char in _SKIP.sub("", text):
        previous = runs[-1].face if runs else None
        if unicodedata.category(char) == "Cc":
            continue
        face, part = _face_of(char, previous), char
        if face is None:
            face, part = _named(char)
        if face == previous and face != PILL:
            joint = "·" if face == NO_FACE and len(part) > 1 else ""
            runs[-1] = Run(face=face, text=runs[-1].text + joint + part)
        else:
            runs.append(Run(face=face, text=part))
    return runs


def _run_width(run: Run, size: int) -> float:
    if run.face == PILL:
        small = _pill_size(size)
        return load_font("latin", small).getlength(run.text) + small * 1.1
    return load_font(run.face, size).getlength(run.text)


def _pill_size(size: int) -> int:
    return max(9, round(size * 0.68))


def _measure(text: str, size: int) -> Line:
    runs = tuple(to_runs(text))
    strong = next((b for b in map(unicodedata.bidirectional, text) if b in {"L", "R", "AL"}), "L")
    return Line(runs=runs, width=sum(_run_width(run, size) for run in runs), rtl=strong in _RTL)


def _parts(text: str) -> Iterator[str]:
    """Yield the smallest parts between which a line may break: words with their trailing space, single ideographs."""
    yield from _PIECE.findall(text)


def _hard_parts(text: str, size: int, width: float) -> Iterator[str]:
    """Yield the parts, with those wider than the box cut into characters."""
    for part in _parts(text):
        if _measure(part.rstrip(), size).width <= width:
            yield part
        else:
            yield from part


def wrap(text: str, size: int, width: float) -> list[Line]:
    """Return lines at most `width` pixels wide. A line break in the text starts a new line."""
    lines: list[Line] = []
    for paragraph in text.splitlines() or [""]:
        current = ""
        for part in _hard_parts(paragraph, size, width):
            if current and _measure((current + part).rstrip(), size).width > width:
                lines.append(_measure(current.rstrip(), size))
                current = part.lstrip()
            else:
                current += part
        lines.append(_measure(current.rstrip(), size))
    return lines


def fit(text: str, box: tuple[int, int], *, largest: int = 44, smallest: int = 15) -> tuple[int, list[Line]]:
    """Return (size, lines) for the largest size at which the text fits the box; at the smallest size, cut it with an
    ellipsis.
    """
    width, height = box
    text = text[:2000]
    for size in range(largest, smallest - 1, -3):
        lines = wrap(text, size, width)
        if len(lines) * size * _LINE <= height:
            return size, lines
    most_lines = max(1, int(height / (smallest * _LINE)))
    lines = wrap(text, smallest, width)[:most_lines]
    last = lines[-1]
    tail = Run(face="latin", text=f" {_ELLIPSIS}")
    lines[-1] = Line(runs=(*last.runs, tail), width=last.width + _run_width(tail, smallest), rtl=last.rtl)
    return smallest, lines


def draw_text(image: Image.Image, text: str, box: tuple[int, int, int, int]) -> None:
    """Draw the text centred in `box` (left, top, right, bottom) of an RGBA image."""
    left, top, right, bottom = box
    size, lines = fit(text, (right - left, bottom - top))
    draw = ImageDraw.Draw(image)
    step = size * _LINE
    y = (top + bottom) / 2 - step * len(lines) / 2 + step * 0.78
    for line in lines:
        x = (left + right) / 2 - line.width / 2
        for run in reversed(line.runs) if line.rtl else line.runs:
            _draw_run(draw, run, x, y, size)
            x += _run_width(run, size)
        y += step


def _draw_run(draw: ImageDraw.ImageDraw, run: Run, x: float, baseline: float, size: int) -> None:
    if run.face == PILL:
        small = _pill_size(size)
        width = _run_width(run, size)
        middle = baseline - size * 0.34
        edge = small * 0.82
        shape = (x + small * 0.12, middle - edge, x + width - small * 0.12, middle + edge)
        draw.rounded_rectangle(shape, radius=edge, fill=(255, 255, 255, 70))
        draw.text(
            (x + width / 2, middle + small * 0.02), run.text, font=load_font("latin", small), fill="white", anchor="mm"
        )
        return
    draw.text((x, baseline), run.text, font=load_font(run.face, size), fill="white", anchor="ls")
