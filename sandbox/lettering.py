"""Draws a prompt into a box of a picture, wrapped and as large as fits, with the Noto fonts that SimCord ships.

Latin, Greek, Cyrillic, Devanagari, Arabic, Hebrew, Chinese and kana are drawn. A dot stands for any other character.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FACES = {
    "latin": "noto-sans-latin-v2.015.ttf",  # also Greek, Cyrillic and Devanagari
    "arabic": "noto-sans-arabic-v2.012.ttf",
    "hebrew": "noto-sans-hebrew-v3.001.ttf",
    "han": "noto-sans-sc-v2.004.ttf",
}
SIZES = range(44, 14, -3)  # pixels, the largest first
LINE = 1.36  # the height of a line, in font sizes
SHOWN = 2000  # characters
MISSING = "·"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_HAN = r"\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff"
_PART = re.compile(rf"[{_HAN}][、。，！？」』）]?|[^\s{_HAN}]+\s*|\s+")  # between parts a line may break
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Adjacent characters in one font."""

    face: str
    text: str


@lru_cache(maxsize=128)
def load_font(face: str, size: int) -> Font:
    """Return the font at `size` pixels in a semi-bold weight; Pillow's own font if SimCord is not installed."""
    spec = find_spec("simcord")
    path = Path(spec.origin or "").parent / "preview" / "static" / "fonts" / FACES[face] if spec else None
    if path is None or not path.is_file():
        return ImageFont.load_default(size)
    font = ImageFont.truetype(path, size)
    weight_and_width = [600.0, 100.0]
    font.set_variation_by_axes(weight_and_width[: len(font.get_variation_axes())])
    return font


@lru_cache(maxsize=8192)
def _has_glyph(face: str, char: str) -> bool:
    return _shape_of(face, char) != _shape_of(face, "\U0010fffe")  # which no font has


@lru_cache(maxsize=1024)
def _shape_of(face: str, char: str) -> bytes:
    small = Image.new("L", (48, 48))
    ImageDraw.Draw(small).text((8, 8), char, font=load_font(face, 24), fill=255)
    return small.tobytes()


def to_runs(text: str) -> list[Run]:
    """Split text into runs of one font each. Spaces, punctuation and accents stay in the run before them."""
    characters: list[tuple[str, str]] = []
    for char in _INVISIBLE.sub("", text):
        kind = unicodedata.category(char)
        if kind == "Cc":
            continue
        previous = characters[-1][0] if characters else "latin"
        faces = (previous, *FACES) if kind[0] in "MPZ" else tuple(FACES)
        face = next((face for face in faces if char.isspace() or _has_glyph(face, char)), None)
        characters.append((face, char) if face else (previous, MISSING))
    return [
        Run(face=face, text="".join(char for _, char in part)) for face, part in groupby(characters, lambda one: one[0])
    ]


def _width(text: str, size: int) -> float:
    return sum(load_font(run.face, size).getlength(run.text) for run in to_runs(text))


def wrap(text: str, size: int, width: float) -> list[str]:
    """Return lines at most `width` pixels wide. A line break in the text starts a new line."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for part in _PART.findall(paragraph):
            # A part that is wider than the box may break anywhere.
            for piece in [part] if _width(part.rstrip(), size) <= width else part:
                if line and _width((line + piece).rstrip(), size) > width:
                    lines.append(line.rstrip())
                    line = piece.lstrip()
                else:
                    line += piece
        lines.append(line.rstrip())
    return lines


def fit(text: str, box: tuple[int, int]) -> tuple[int, list[str]]:
    """Return the largest size at which the text fits the box, and its lines; at the smallest size the text is cut."""
    width, height = box
    lines: list[str] = []
    for size in SIZES:
        lines = wrap(text[:SHOWN], size, width)
        if len(lines) * size * LINE <= height:
            return size, lines
    most = max(1, int(height / (SIZES[-1] * LINE)))
    return SIZES[-1], [*lines[: most - 1], f"{lines[most - 1]} …"]


def draw_text(image: Image.Image, text: str, box: tuple[int, int, int, int]) -> None:
    """Draw the text centred in `box` (left, top, right, bottom) of an RGBA image."""
    left, top, right, bottom = box
    size, lines = fit(text, (right - left, bottom - top))
    draw = ImageDraw.Draw(image)
    y = (top + bottom) / 2 - size * LINE * len(lines) / 2 + size * LINE * 0.78
    for line in lines:
        runs, x = to_runs(line), (left + right) / 2 - _width(line, size) / 2
        strong = next((kind for kind in map(unicodedata.bidirectional, line) if kind in {"L", "R", "AL"}), "L")
        for run in runs if strong == "L" else reversed(runs):
            draw.text((x, y), run.text, font=load_font(run.face, size), fill="white", anchor="ls")
            x += load_font(run.face, size).getlength(run.text)
        y += size * LINE
