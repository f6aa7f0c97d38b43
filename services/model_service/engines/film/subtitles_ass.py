"""Cues as an Advanced SubStation Alpha file, which libass draws: sized by the frame."""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.core.requests import Cue
from services.model_service.engines.film.glyphs import Face
from services.model_service.engines.film.typeface import Run, Typeface

_TRACKING = 0.02
"""Space added between letters, in ems."""
_EDGE = 0.05
"""Width of the dark edge around the letters, in ems."""
_SHADE, _SOFTNESS, _DEPTH = 0.26, 0.24, 0.69
"""The shade under the letters: how far it reaches and fades, in ems, and how much it covers of what is under it, at most.

On white paper it keeps what lies within a fifth of an em of the letters six times darker than they are; over a dark picture it is
not seen.
"""
_RED, _GREEN, _BLUE = 0x08, 0x0C, 0x10
DARK = f"0x{_RED:02X}{_GREEN:02X}{_BLUE:02X}"
"""The colour of the edge and the shade, as ffmpeg writes colours."""
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")
"""A Chinese font draws curly quotes as wide as a character: in a line of Latin letters they tear words apart."""


@dataclass(frozen=True, slots=True)
class _Look:
    """Lengths in pixels."""

    em: float
    bottom: int
    side: int

    @classmethod
    def of(cls, width: int, height: int) -> "_Look":
        """Letters 5.2 % of the height, but never so large that `subtitles.LINE_WIDTH` columns leave the frame."""
        # An upright film is watched on a phone, where the player's own buttons lie over the lowest part.
        bottom = 0.055 if width >= height else 0.1
        return cls(em=min(0.052 * height, 0.044 * width), bottom=round(bottom * height), side=round(0.03 * width))


def drawable(cues: Sequence[Cue], typeface: Typeface) -> tuple[list[Cue], str]:
    """The cues as the typeface can draw them, without those of which nothing is left; and every character that was dropped."""
    drawn, dropped = [], ""
    for cue in cues:
        text, missing = typeface.shown(cue.text)
        dropped += "".join(c for c in missing if c not in dropped)
        if text:
            drawn.append(replace(cue, text=text))
    return drawn, dropped


def faces(cues: Sequence[Cue], typeface: Typeface) -> set[Face]:
    """The fonts that these cues need."""
    return {typeface.main} | {run.face for cue in cues for line in cue.text.split("\n") for run in typeface.runs(line)}


def document(cues: Sequence[Cue], width: int, height: int, typeface: Typeface) -> str:
    """The whole file: white letters with a thin dark edge over a soft dark shade, centred above the bottom edge.

    The cues are `drawable`. The file is for drawing on a clear ground of the colour `DARK`, which is then laid over a picture.
    """
    look = _Look.of(width, height)
    main = typeface.main
    shape = (
        f"{main.family},{look.em * main.line:.2f},&H00FFFFFF,&H00FFFFFF,&H00{_BLUE:02X}{_GREEN:02X}{_RED:02X},&H00000000,"
        f"0,0,0,0,100,100,{look.em * _TRACKING:.2f},0,1"
    )
    place = f"2,{look.side},{look.side},{look.bottom},1"
    styles = f"Style: Shade,{shape},{look.em * _SHADE:.2f},0,{place}\nStyle: Letters,{shape},{look.em * _EDGE:.2f},0,{place}"
    head = f"""[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 0
ScaledBorderAndShadow: yes
YCbCr Matrix: TV.709

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, \
Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
{styles}

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
    # ffmpeg multiplies the depth of a colour with itself where it draws on nothing.
    clearness = round(255 * (1 - math.sqrt(_DEPTH)))
    shade = f"{{\\1a&HFF&\\3a&H{clearness:02X}&\\blur{look.em * _SOFTNESS:.2f}}}"
    events = (
        f"Dialogue: {layer},{_clock(cue.start)},{_clock(cue.end)},{style},,0,0,0,,{command}{text}\n"
        for cue in cues
        for text in [_marked(cue.text, typeface, look.em)]
        for layer, style, command in ((0, "Shade", shade), (1, "Letters", ""))
    )
    return head + "".join(events)


def _marked(text: str, typeface: Typeface, em: float) -> str:
    """The text with its fonts named, which libass would else look for among those of the system."""
    lines = [typeface.runs(line if _has_chinese(line) else line.translate(_STRAIGHT)) for line in text.split("\n")]
    if all(run.face is typeface.main for line in lines for run in line):
        return "\\N".join("".join(_escaped(run.text) for run in line) for line in lines)
    # libass joins letters only where no space is added. Encoding -1 has it order the whole line, from the side that its first
    # letter begins at.
    return "{\\fsp0\\fe-1}" + "\\N".join("".join(_named(run, em) for run in line) for line in lines)


def _named(run: Run, em: float) -> str:
    return f"{{\\fn{run.face.family}\\fs{em * run.face.line:.2f}}}{_escaped(run.text)}"


def _escaped(text: str) -> str:
    # A word joiner after a backslash keeps it from beginning a command; it has no width.
    return text.replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}")


def _has_chinese(text: str) -> bool:
    return any(unicodedata.east_asian_width(c) in "WF" and unicodedata.category(c) == "Lo" for c in text)


def _clock(seconds: float) -> str:
    hundredths = max(round(seconds * 100), 0)
    minutes, hundredths = divmod(hundredths, 6000)
    return f"{minutes // 60}:{minutes % 60:02d}:{hundredths // 100:02d}.{hundredths % 100:02d}"
