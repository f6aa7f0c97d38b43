"""Cues as an Advanced SubStation Alpha file, which libass draws: one style, sized by the frame."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from services.core.requests import Cue

FAMILY = "Noto Sans SC"
"""The family that the packaged font names in its own tables; libass finds it by this name, not by the file's."""

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
        """Letters 5.5 % of the height, but never so large that `subtitles.LINE_WIDTH` columns leave the frame."""
        return cls(em=min(0.055 * height, 0.045 * width), bottom=round(0.06 * height), side=round(0.03 * width))


def document(cues: Sequence[Cue], width: int, height: int) -> str:
    """The whole file: white letters, dark outline and soft shadow, centred above the bottom edge."""
    look = _Look.of(width, height)
    style = (
        f"Style: Narration,{FAMILY},{look.em * _LINE_OF_EM:.2f},&H00FFFFFF,&H00FFFFFF,&H00181410,&H90000000,"
        f"0,0,0,0,100,100,0,0,1,{look.em * 0.075:.2f},{look.em * 0.05:.2f},2,{look.side},{look.side},{look.bottom},1"
    )
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
{style}

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
    events = (f"Dialogue: 0,{_clock(cue.start)},{_clock(cue.end)},Narration,,0,0,0,,{_escape(cue.text)}\n" for cue in cues)
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
