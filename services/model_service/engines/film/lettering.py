"""A title set in type: lines of equal length, as large as they fit, each letter a picture of its own that can move."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from services.core.subtitles import breakable
from services.model_service.engines.film.tools import Face

Alpha = NDArray[np.float32]

_MOST_LINES = 4
_LEADING = 1.4
"""Distance of two lines, in ems."""
_WORTH_A_LINE = 1.2
"""How much larger the letters must become for the title to be given another line."""
_SMALLEST = 0.035
"""Height of the smallest letters as a part of the frame's shorter side; a title that is longer still is cut."""
_COLUMN_ENDS = re.compile(r"[，。、；：！？·—…,.:;!?]+")
"""Where columns end; titles in columns leave out what stands there."""
_UNIT = 200
"""Size at which a line is measured."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter: its coverage from 0 to 1, where its patch's left upper corner lies, and its place among the others.

    `spread` is how many letters it stands from the middle of its line (negative: before it), along the line.
    """

    alpha: Alpha
    x: float
    y: float
    spread: float


@dataclass(frozen=True, slots=True)
class Setting:
    """How a title is set. `tracking` is the space added between letters, in ems; `upright` sets Chinese in columns."""

    face: Face
    tracking: float
    largest: float
    stroke: float = 0.0
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A title in type: its letters, the size of an em, and the box that they fill, in pixels."""

    letters: tuple[Letter, ...]
    em: float
    left: float
    top: float
    right: float
    bottom: float


def block(text: str, setting: Setting, *, centre: tuple[float, float], room: tuple[float, float], smallest: float) -> Block:
    """`text` around `centre`, within `room` (width, height); letters between `smallest` and `setting.largest` pixels."""
    if setting.upright:
        room = room[1], room[0]
    lines, size = _fitted(text, setting, room, smallest)
    font = ImageFont.truetype(str(setting.face.path), size)
    letters: list[Letter] = []
    x, y = centre
    middle = (len(lines) - 1) / 2
    for number, line in enumerate(lines):
        across = (number - middle) * size * _LEADING
        # Columns are read from right to left.
        if setting.upright:
            top = y - max(len(one) for one in lines) * size * (1 + setting.tracking) / 2
            letters += _line(line, font, setting, (x - across, top))
        else:
            letters += _line(line, font, setting, (x, y + across))
    boxes = [(one.x, one.y, one.x + one.alpha.shape[1], one.y + one.alpha.shape[0]) for one in letters] or [(x, y, x, y)]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    # Room for descenders, whether the last line has any or not: what stands below keeps its distance.
    lowest = max(bottoms) if setting.upright else max(*bottoms, y + (middle * _LEADING + 0.62) * size)
    return Block(tuple(letters), size, min(lefts), min(tops), max(rights), lowest)


def _line(line: str, font: ImageFont.FreeTypeFont, setting: Setting, centre: tuple[float, float]) -> list[Letter]:
    steps = _steps(line, font, setting)
    # A column hangs from its top, a line stands around its middle.
    at = 0.0 if setting.upright else -(sum(steps) - setting.tracking * font.size) / 2
    letters = []
    for number, (character, step) in enumerate(zip(line, steps, strict=True)):
        if not character.isspace():
            spread = number - (len(line) - 1) / 2
            letters.append(_letter(character, font, setting, centre, (at, spread)))
        at += step
    return letters


def _letter(
    character: str, font: ImageFont.FreeTypeFont, setting: Setting, centre: tuple[float, float], along: tuple[float, float]
) -> Letter:
    """`along` is where it begins, counted from `centre` along its line, and its spread."""
    at, spread = along
    stroke = round(setting.stroke * font.size)
    margin = stroke + 4
    if setting.upright:
        x, y, anchor, direction = centre[0], centre[1] + at, "mt", "ttb"
    else:
        x, y, anchor, direction = centre[0] + at, centre[1] + 0.36 * font.size, "ls", "ltr"
    left, top, right, bottom = font.getbbox(character, anchor=anchor, direction=direction, stroke_width=stroke)
    patch = Image.new("L", (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin))
    ImageDraw.Draw(patch).text(
        (margin - left, margin - top), character, 255, font, anchor=anchor, direction=direction, stroke_width=stroke
    )
    return Letter(np.asarray(patch, np.float32) / np.float32(255), x + left - margin, y + top - margin, spread)


def _steps(line: str, font: ImageFont.FreeTypeFont, setting: Setting) -> list[float]:
    """From each letter's beginning to the next one's, tracked and kerned."""
    if setting.upright:
        return [font.size * (1 + setting.tracking)] * len(line)
    pairs = [font.getlength(a + b) - font.getlength(b) for a, b in pairwise(line)]
    return [step + setting.tracking * font.size for step in [*pairs, font.getlength(line[-1:])]] if line else []


# -- lines ---------------------------------------------------------------------------------------------------------------------


def _fitted(text: str, setting: Setting, room: tuple[float, float], smallest: float) -> tuple[list[str], float]:
    """The lines and the size of an em."""
    font = ImageFont.truetype(str(setting.face.path), _UNIT)

    def measure(line: str) -> float:
        return (sum(_steps(line, font, setting)) / _UNIT) - setting.tracking if line else 0.0

    if setting.upright and 1 < len(columns := _COLUMN_ENDS.sub(" ", text).split()) <= _MOST_LINES:
        longest = max(measure(column) for column in columns)
        size = min(setting.largest, room[0] / longest, room[1] / (1 + _LEADING * (len(columns) - 1)))
        if size >= smallest:
            return columns, size
    units = breakable(" ".join(text.split()))
    best: tuple[list[str], float] = ([], 0.0)
    for count in range(1, min(_MOST_LINES, len(units)) + 1):
        lines = balanced(units, count, [measure(unit) + setting.tracking for unit in units])
        widest = max(measure(line) for line in lines)
        size = min(setting.largest, room[0] / max(widest, 0.1), room[1] / (1 + _LEADING * (count - 1)))
        if size > best[1] * (_WORTH_A_LINE if best[0] else 1):
            best = lines, size
    if best[1] < smallest and len(units) > 1:
        return _fitted(_shorter(units), setting, room, smallest)
    return best[0], max(best[1], 8)


def _shorter(units: Sequence[str]) -> str:
    kept = "".join(units[: max(1, len(units) * 4 // 5)])
    return kept.rstrip("… ,.;:，。；：、") + "…"


def balanced(units: Sequence[str], count: int, widths: Sequence[float]) -> list[str]:
    """The units as at most `count` lines whose lengths differ least, rather broken after punctuation."""
    target = sum(widths) / count
    cost = [[float("inf")] * (len(units) + 1) for _ in range(count + 1)]
    came = [[0] * (len(units) + 1) for _ in range(count + 1)]
    cost[0][0] = 0.0
    for line in range(1, count + 1):
        for end in range(line, len(units) + 1):
            width = 0.0
            for begin in range(end - 1, line - 2, -1):
                width += widths[begin]
                # A line that ends with punctuation may be a good deal shorter or longer.
                ease = 0.4 if unicodedata.category(units[end - 1].rstrip()[-1:] or " ").startswith("P") else 1.0
                found = cost[line - 1][begin] + ease * (width - target) ** 2
                if found < cost[line][end]:
                    cost[line][end], came[line][end] = found, begin
    lines: list[str] = []
    end = len(units)
    for line in range(count, 0, -1):
        lines.append("".join(units[came[line][end] : end]).strip())
        end = came[line][end]
    return [line for line in lines[::-1] if line]
