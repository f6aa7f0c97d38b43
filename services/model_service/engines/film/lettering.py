"""A title set in type: lines of equal length, as large as they fit, each letter a picture of its own that can move.

Where letters are joined or stacked (Arabic, Thai, Devanagari …), a word is one letter.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from services.core.subtitles import breakable
from services.model_service.engines.film.glyphs import Face
from services.model_service.engines.film.typeface import Run, Typeface, clusters, is_leftward, visual

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

    typeface: Typeface
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
    fonts = _Fonts(setting, size)
    letters: list[Letter] = []
    x, y = centre
    middle = (len(lines) - 1) / 2
    for number, line in enumerate(lines):
        across = (number - middle) * size * _LEADING
        # Columns are read from right to left.
        if setting.upright:
            top = y - max(len(fonts.pieces(one)) for one in lines) * size * (1 + setting.tracking) / 2
            letters += _line(line, fonts, (x - across, top))
        else:
            letters += _line(line, fonts, (x, y + across))
    boxes = [(one.x, one.y, one.x + one.alpha.shape[1], one.y + one.alpha.shape[0]) for one in letters] or [(x, y, x, y)]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    # Room for descenders, whether the last line has any or not: what stands below keeps its distance.
    lowest = max(bottoms) if setting.upright else max(*bottoms, y + (middle * _LEADING + 0.62) * size)
    return Block(tuple(letters), size, min(lefts), min(tops), max(rights), lowest)


class _Fonts:
    """The fonts of a setting at one size of an em, in pixels."""

    def __init__(self, setting: Setting, size: float) -> None:
        self.setting = setting
        self.size = size
        self._opened: dict[Face, ImageFont.FreeTypeFont] = {}

    def font(self, face: Face) -> ImageFont.FreeTypeFont:
        if face not in self._opened:
            self._opened[face] = ImageFont.truetype(str(face.path), self.size)
        return self._opened[face]

    def pieces(self, line: str) -> list[Run]:
        """The letters of a line, from left to right."""
        typeface = self.setting.typeface
        return [
            Run(text, run.face) for run in visual(typeface.runs(line)) for text in _apart(run, joined=run.face in typeface.joined)
        ]

    def steps(self, pieces: Sequence[Run]) -> list[float]:
        """From each letter's beginning to the next one's, tracked and kerned."""
        tracking = self.setting.tracking * self.size
        if self.setting.upright:
            return [self.size + tracking] * len(pieces)
        lengths = [self.font(piece.face).getlength(piece.text) for piece in pieces]
        for number, (one, other) in enumerate(pairwise(pieces)):
            if one.face is other.face:
                lengths[number] = self.font(one.face).getlength(one.text + other.text) - lengths[number + 1]
        return [length + tracking for length in lengths]


def _apart(run: Run, *, joined: bool) -> list[str]:
    if not joined:
        return list(clusters(run.text))
    words = re.findall(r"\S+|\s+", run.text)
    return words[::-1] if is_leftward(run.text) else words


def _line(line: str, fonts: _Fonts, centre: tuple[float, float]) -> list[Letter]:
    """In the order of reading."""
    pieces = fonts.pieces(line)
    steps = fonts.steps(pieces)
    # A column hangs from its top, a line stands around its middle.
    at = 0.0 if fonts.setting.upright else -(sum(steps) - fonts.setting.tracking * fonts.size) / 2
    letters = []
    for number, (piece, step) in enumerate(zip(pieces, steps, strict=True)):
        if not piece.text.isspace():
            spread = number - (len(pieces) - 1) / 2
            letters.append(_letter(piece, fonts, centre, (at, spread)))
        at += step
    return letters[::-1] if is_leftward(line) else letters


def _letter(piece: Run, fonts: _Fonts, centre: tuple[float, float], along: tuple[float, float]) -> Letter:
    """`along` is where it begins, counted from `centre` along its line, and its spread."""
    at, spread = along
    font = fonts.font(piece.face)
    stroke = round(fonts.setting.stroke * fonts.size)
    margin = stroke + 4
    if fonts.setting.upright:
        x, y, anchor, direction = centre[0], centre[1] + at, "mt", "ttb"
    else:
        x, y, anchor = centre[0] + at, centre[1] + 0.36 * fonts.size, "ls"
        direction = "rtl" if is_leftward(piece.text) else "ltr"
    left, top, right, bottom = font.getbbox(piece.text, anchor=anchor, direction=direction, stroke_width=stroke)
    patch = Image.new("L", (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin))
    ImageDraw.Draw(patch).text(
        (margin - left, margin - top), piece.text, 255, font, anchor=anchor, direction=direction, stroke_width=stroke
    )
    return Letter(np.asarray(patch, np.float32) / np.float32(255), x + left - margin, y + top - margin, spread)


# -- lines ---------------------------------------------------------------------------------------------------------------------


def _fitted(text: str, setting: Setting, room: tuple[float, float], smallest: float) -> tuple[list[str], float]:
    """The lines and the size of an em."""
    fonts = _Fonts(setting, _UNIT)

    def measure(line: str) -> float:
        return (sum(fonts.steps(fonts.pieces(line))) / _UNIT) - setting.tracking if line else 0.0

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
