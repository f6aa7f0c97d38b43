"""A segment: the clip at the film's size, rate and length, its subtitles burned in, its transition before it."""

from fractions import Fraction
from pathlib import Path

import pylopdf_fonts_zh_cn

from services.core.errors import EngineFailed
from services.core.requests import SegmentRequest
from services.core.vocabulary import Transition
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.film import probe, process, subtitles_ass
from services.model_service.engines.film.encoder import Encoder

FADE_FROM_BLACK = 0.4
DISSOLVE_FROM_WHITE = 0.3
FADE_OUT = 0.8
_MOST_CROPPED = 0.25
"""The part of a clip that may be cut off to fill a frame of another shape; beyond it, the clip is shown whole between bars."""


def make(request: SegmentRequest, job: Job, executable: Path, encoder: Encoder) -> Output:
    """The segment as `video.mp4`, exactly `request.frames` frames. Raises EngineFailed when the clip cannot be read."""
    if min(request.frames, request.fps, request.width, request.height) < 1 or request.width % 2 or request.height % 2:
        size = f"{request.width}x{request.height}, {request.frames} frames at {request.fps}/s"
        raise EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem=f"a segment of {size} cannot be encoded")
    clip = job.media(request.clip)
    facts = probe.video(clip, request.clip)
    subtitles = None
    if request.cues:
        subtitles = job.folder / "subtitles.ass"
        subtitles.write_text(subtitles_ass.document(request.cues, request.width, request.height), encoding="utf-8")
    video = job.folder / "video.mp4"
    process.run(
        executable,
        [
            *("-threads", "1", "-filter_threads", "1", "-protocol_whitelist", "file", "-i", str(clip)),
            *("-map", "0:v:0", "-vf", ",".join(_filters(request, facts, subtitles)), "-frames:v", str(request.frames)),
            *encoder.arguments(request.fps),
            str(video),
        ],
        job,
        frames=request.frames,
        report=lambda frame: job.progress(frame / request.frames, "encode"),
    )
    return Output({"video": MadeFile(video, "video/mp4")}, {"frames": request.frames, "seconds": request.frames / request.fps})


def _filters(request: SegmentRequest, facts: probe.VideoFacts, subtitles: Path | None) -> list[str]:
    """The chain that every frame goes through. The last frame is held until the segment is full."""
    chain = []
    if facts.rate != Fraction(request.fps):
        chain.append(f"fps={request.fps}:start_time=0")
    chain += _fitting(request, facts)
    chain += ["setsar=1", "tpad=stop_mode=clone:stop=-1", f"trim=end_frame={request.frames}", f"setpts=N/{request.fps}/TB"]
    if subtitles is not None:
        fonts = Path(pylopdf_fonts_zh_cn.sans_path()).parent
        chain.append(f"ass=filename={subtitles.name}:fontsdir={_escaped(fonts)}")
    chain += _fades(request)
    return chain


def _fitting(request: SegmentRequest, facts: probe.VideoFacts) -> list[str]:
    """Nothing where the clip fits; else scaled to fill the frame, or, where too much would be lost, to stand within it."""
    width, height = request.width, request.height
    if (facts.width, facts.height) == (width, height) and facts.square and facts.plain:
        return []
    squared = [] if facts.square else ["scale=iw*sar:ih"]
    scale = "flags=bicubic:out_color_matrix=bt709:out_range=tv"
    shown, wanted = facts.width / facts.height, width / height
    if 1 - min(shown, wanted) / max(shown, wanted) <= _MOST_CROPPED:
        fit = [f"scale={width}:{height}:force_original_aspect_ratio=increase:{scale}", f"crop={width}:{height}"]
    else:
        fit = [f"scale={width}:{height}:force_original_aspect_ratio=decrease:{scale}", f"pad={width}:{height}:-1:-1:black"]
    return [*squared, *fit, "format=yuv420p"]


def _fades(request: SegmentRequest) -> list[str]:
    fades = []
    match Transition.recognise(request.transition):
        case Transition.FADE:
            fades.append(f"fade=type=in:start_frame=0:nb_frames={_frames(FADE_FROM_BLACK, request)}:color=black")
        case Transition.DISSOLVE:
            fades.append(f"fade=type=in:start_frame=0:nb_frames={_frames(DISSOLVE_FROM_WHITE, request)}:color=white")
        case Transition.NONE | None:
            pass
    if request.fade_out:
        length = _frames(FADE_OUT, request)
        fades.append(f"fade=type=out:start_frame={request.frames - length}:nb_frames={length}:color=black")
    return fades


def _frames(seconds: float, request: SegmentRequest) -> int:
    return max(1, min(round(seconds * request.fps), request.frames // 2))


def _escaped(path: Path) -> str:
    """A path within an option within a filter graph: escaped once for each of the two parsers."""
    option = "".join(f"\\{c}" if c in "\\':" else c for c in path.as_posix())
    return "".join(f"\\{c}" if c in "\\'[],;" else c for c in option)
