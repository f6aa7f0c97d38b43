"""A clip of any size, shape, rate and length as the frames that a film needs of it: a chain of ffmpeg's filters."""

from fractions import Fraction
from pathlib import Path

from services.core.errors import EngineFailed
from services.core.model import Digest
from services.model_service.engine import Job
from services.model_service.engines.film import probe

_MOST_CROPPED = 0.25
"""The part of a clip that may be cut off to fill a frame of another shape; beyond it, the clip is shown whole between bars."""
_BT709 = "out_color_matrix=bt709:out_range=tv"
TOLD = "setsar=1,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
"""What the stream's header says of its pixels and colours: the same for every clip, or pieces could not be joined."""


def refuse_impossible(kind: str, *, frames: int, fps: int, width: int, height: int) -> None:
    """Raises EngineFailed for what no encoder takes."""
    if min(frames, fps, width, height) < 1 or width % 2 or height % 2:
        size = f"{width}x{height}, {frames} frames at {fps}/s"
        raise EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem=f"a {kind} of {size} cannot be encoded")


def source(clip: Digest, job: Job) -> tuple[Path, probe.VideoFacts]:
    """The clip's file and what it holds. Raises EngineFailed MEDIA_UNREADABLE."""
    path = job.media(clip)
    return path, probe.video(path, clip)


def arguments(path: Path) -> list[str]:
    """Input options of ffmpeg: decoded by one thread, with no way to another file."""
    return ["-threads", "1", "-protocol_whitelist", "file", "-i", str(path)]


def chain(facts: probe.VideoFacts, *, start: int, frames: int, fps: int, width: int, height: int) -> list[str]:
    """`frames` frames from frame `start` on, 4:2:0 in BT.709, times from zero; the last one is held where the clip ends."""
    filters = []
    if facts.rate != Fraction(fps):
        filters.append(rate(fps))
    filters += ["tpad=stop_mode=clone:stop=-1", f"trim=start_frame={start}:end_frame={start + frames}"]
    filters += sized(facts, width, height)
    return [*filters, TOLD, f"setpts=N/{fps}/TB"]


def rate(fps: int) -> str:
    """Frames repeated or left out, so that there are `fps` a second."""
    return f"fps={fps}:start_time=0"


def sized(facts: probe.VideoFacts, width: int, height: int) -> list[str]:
    """Scaled to fill the frame, or, where too much would be lost, to stand within it."""
    if (facts.width, facts.height) == (width, height) and facts.square:
        return [f"scale={_BT709}", "format=yuv420p"]
    squared = [] if facts.square else ["scale=iw*sar:ih"]
    scale = f"flags=bicubic:{_BT709}"
    shown, wanted = facts.width / facts.height, width / height
    if 1 - min(shown, wanted) / max(shown, wanted) <= _MOST_CROPPED:
        fit = [f"scale={width}:{height}:force_original_aspect_ratio=increase:{scale}", f"crop={width}:{height}"]
    else:
        fit = [f"scale={width}:{height}:force_original_aspect_ratio=decrease:{scale}", f"pad={width}:{height}:-1:-1:black"]
    return [*squared, *fit, "format=yuv420p"]
