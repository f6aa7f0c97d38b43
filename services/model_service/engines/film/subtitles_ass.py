"""Cues as an Advanced SubStation Alpha file, which libass draws: sized by the frame."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.core.requests import Cue
from services.model_service.engines.film.tools import Face

_LINE_OF_EM = 1.448
"""Height of the font's line (its ascent and descent) to its em. ASS sizes a font by its line."""


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


def drawable(cues: Sequence[Cue], face: Face) -> tuple[list[Cue], str]:
    """The cues as the face can draw them, without those of which nothing is left; and every character that was dropped."""
    drawn, dropped = [], ""
    for cue in cues:
        text, missing = face.coverage.shown(cue.text)
        dropped += "".join(c for c in missing if c not in dropped)
        if text:
            drawn.append(replace(cue, text=text))
    return drawn, dropped


def document(cues: Sequence[Cue], width: int, height: int, face: Face) -> str:
    """The whole file: white letters with a thin dark edge over a soft dark glow, centred above the bottom edge."""
    look = _Look.of(width, height)
    shape = (
        f"{face.family},{look.em * _LINE_OF_EM:.2f},&H00FFFFFF,&H00FFFFFF,&H00100C08,&H00000000,"
        f"0,0,0,0,100,100,{look.em * 0.02:.2f},0,1"
    )
    place = f"2,{look.side},{look.side},{look.bottom},1"
    styles = f"Style: Glow,{shape},{look.em * 0.11:.2f},0,{place}\nStyle: Letters,{shape},{look.em * 0.045:.2f},0,{place}"
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
    glow = f"{{\\1a&HFF&\\3a&H50&\\blur{look.em * 0.09:.2f}}}"
    events = (
        f"Dialogue: {layer},{_clock(cue.start)},{_clock(cue.end)},{style},,0,0,0,,{command}{_escape(cue.text)}\n"
        for cue in cues
        for layer, style, command in ((0, "Glow", glow), (1, "Letters", ""))
    )
    return head + "".join(events)


def _escape(text: str) -> str:
    lines = (line if _has_chinese(line) else line.translate(_STRAIGHT) for line in text.split("\n"))
    # A word joiner after a backslash keeps it from beginning a command; it has no width.
    return "\\N".join(line.replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}") for line in lines)


def _has_chinese(text: str) -> bool:
    return any(unicodedata.east_asian_width(c) in "WF" for c in text)


def _clock(seconds: float) -> str:
    hundredths = max(round(seconds * 100), 0)
    minutes, hundredths = divmod(hundredths, 6000)
    return f"{minutes // 60}:{minutes % 60:02d}:{hundredths // 100:02d}.{hundredths % 100:02d}"
