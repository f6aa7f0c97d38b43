"""Subtitles burned into a picture: each thing that they show is drawn once, and laid over all the frames that show it.

Drawing into every frame, as ffmpeg's `ass` does it, blends the large soft shade under the letters anew each time, in C.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from services.core.requests import Cue
from services.model_service.engines.film import fitting, subtitles_ass
from services.model_service.engines.film.typeface import Typeface

_EARLY = 1e-6
"""The part of a frame by which a cue may begin after it and still be in it: times are rounded."""


@dataclass(frozen=True, slots=True)
class _Still:
    """What the subtitles show from frame `first` on."""

    first: int
    cues: tuple[Cue, ...]


def graph(cues: Sequence[Cue], typeface: Typeface, folder: Path, *, frames: int, fps: int, width: int, height: int) -> str:
    """A graph of ffmpeg's filters that lays `cues` (which are `subtitles_ass.drawable`) over a picture of this size.

    Its one input, without a label, is the picture, its times counted from zero. What it reads is put into the folder, in which
    ffmpeg must run.
    """
    stills = list(_stills(cues, frames, fps))
    # Still number k is drawn at second k: no cue's rounded time can miss the frame that it begins with.
    drawn = [replace(cue, start=k, end=k + 1) for k, still in enumerate(stills) for cue in still.cues]
    (folder / "subtitles.ass").write_text(subtitles_ass.document(drawn, width, height, typeface), encoding="utf-8")
    fonts = _fonts(cues, typeface, folder)
    # The lower half holds six lines; cues have two. Both planes of chroma need it even.
    band = height - height // 4 * 2
    times = "+".join(f"eq(N,{number})*{still.first}" for number, still in enumerate(stills))
    words = [
        # Of the colour that the shade and the letters' edges have: what is drawn half clear keeps its colour.
        f"color=c={subtitles_ass.DARK}@0:s={width}x{height}:r=1",
        *("format=yuva420p", fitting.TOLD, f"trim=end_frame={len(stills)}"),
        *(f"ass=filename=subtitles.ass:fontsdir={fonts}:alpha=1", f"crop={width}:{band}:0:{height - band}"),
        *(f"settb=1/{fps}", f"setpts='{times}'"),
    ]
    return f"null[picture];{','.join(words)}[words];[picture][words]overlay=0:{height - band}:format=yuv420"


def _stills(cues: Sequence[Cue], frames: int, fps: int) -> Iterator[_Still]:
    """All that is shown, and when it changes; the first one from frame 0 on."""

    def frame(seconds: float) -> int:
        return math.ceil(seconds * fps - _EARLY)

    changes = {0, *(frame(time) for cue in cues for time in (cue.start, cue.end))}
    for first in sorted(change for change in changes if 0 <= change < frames):
        yield _Still(first, tuple(cue for cue in cues if frame(cue.start) <= first < frame(cue.end)))


def _fonts(cues: Sequence[Cue], typeface: Typeface, folder: Path) -> str:
    """A folder, within `folder`, of the fonts that the cues need and no others: libass reads all that it is given."""
    fonts = folder / "fonts"
    fonts.mkdir(exist_ok=True)
    for face in subtitles_ass.faces(cues, typeface):
        link = fonts / face.path.name
        link.unlink(missing_ok=True)
        link.symlink_to(face.path)
    return fonts.name
