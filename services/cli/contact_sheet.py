"""A film at a glance: one picture a shot, taken from the film itself, with the shot's number and narration under it."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import PIL.Image
    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as PlainFont

PICTURE_WIDTH = 480
_MARGIN = 16
_TEXT_LINES = 2
_FONT_SIZE = 18
_LINE_HEIGHT = 26
_BACKGROUND = (24, 24, 28)
_INK = (235, 235, 235)


@dataclass(frozen=True, slots=True)
class SheetShot:
    """Where to look for a shot: seconds from the film's start, and what to write under it."""

    number: int
    start: float
    duration: float
    narration: str


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """What the film's file says of itself: seconds and pixels."""

    seconds: float
    width: int
    height: int


def facts(film: Path) -> FilmFacts:
    """Read a film's length and size off the file."""
    import av  # noqa: PLC0415 -- of the `models` extra; a client of a remote stack may lack it

    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        return FilmFacts((container.duration or 0) / 1_000_000, stream.width, stream.height)


def write(film: Path, shots: Sequence[SheetShot], to: Path) -> None:
    """Write the sheet as PNG. Raises ImportError where PyAV or Pillow is not installed."""
    from PIL import Image, ImageDraw  # noqa: PLC0415

    font = _font()
    pictures = list(_pictures(film, shots))
    picture_height = max(picture.height for picture in pictures)
    columns = columns_for(len(shots))
    cell_width, cell_height = PICTURE_WIDTH + _MARGIN, picture_height + _TEXT_LINES * _LINE_HEIGHT + _MARGIN
    rows = math.ceil(len(shots) / columns)
    sheet = Image.new("RGB", (columns * cell_width + _MARGIN, rows * cell_height + _MARGIN), _BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for place, (shot, picture) in enumerate(zip(shots, pictures, strict=True)):
        x = _MARGIN + (place % columns) * cell_width
        y = _MARGIN + (place // columns) * cell_height
        sheet.paste(picture, (x, y))
        for line, text in enumerate(wrap(f"{shot.number}  {shot.narration}", font, PICTURE_WIDTH)):
            draw.text((x, y + picture_height + 4 + line * _LINE_HEIGHT), text, font=font, fill=_INK)
    sheet.save(to, format="PNG", optimize=True)


def columns_for(shots: int) -> int:
    """As many columns as make the sheet about as wide as high, six at most."""
    return max(1, min(6, math.ceil(math.sqrt(shots))))


def wrap(text: str, font: FreeTypeFont | PlainFont, width: int) -> list[str]:
    """The text in at most two lines that fit; what is left over ends in an ellipsis. Chinese breaks anywhere, words at spaces."""
    lines: list[str] = []
    rest = text.strip()
    while rest and len(lines) < _TEXT_LINES:
        fits = len(rest)
        while font.getlength(rest[:fits]) > width:
            fits -= 1
        if fits < len(rest):
            space = rest.rfind(" ", 0, fits + 1)
            fits = space if space > fits // 2 else fits
        lines.append(rest[:fits].rstrip())
        rest = rest[fits:].lstrip()
    if rest:
        last = lines[-1]
        while font.getlength(last + "…") > width:
            last = last[:-1]
        lines[-1] = last + "…"
    return lines


def _pictures(film: Path, shots: Sequence[SheetShot]) -> Iterator[PIL.Image.Image]:
    import av  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        height = round(PICTURE_WIDTH * stream.height / stream.width)
        for shot in shots:
            wanted = shot.start + shot.duration / 2
            container.seek(round(wanted * 1_000_000))  # to the keyframe before it, in microseconds
            picture = None
            for frame in container.decode(stream):
                picture = frame
                if frame.time is not None and frame.time >= wanted:
                    break
            if picture is None:
                raise ValueError(f"{film} has no picture at {wanted:.1f} s")
            yield Image.fromarray(picture.to_ndarray(width=PICTURE_WIDTH, height=height, format="rgb24"))


def _font() -> FreeTypeFont | PlainFont:
    from PIL import ImageFont  # noqa: PLC0415

    spec = importlib.util.find_spec("pylopdf_fonts_zh_cn")
    if spec and spec.origin:
        return ImageFont.truetype(str(Path(spec.origin).parent / "NotoSansSC-Regular.otf"), _FONT_SIZE)
    return ImageFont.load_default(_FONT_SIZE)
