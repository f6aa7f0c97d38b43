"""A segment: the part of a clip in which it stands alone, at the film's size and rate, its subtitles burned in."""

from services.core.requests import SegmentRequest
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.film import burning, fitting, process, subtitles_ass
from services.model_service.engines.film.tools import Tools

FADE_IN = 0.5
FADE_OUT = 0.5
"""Seconds that a film takes to come from black, and to go."""


def make(request: SegmentRequest, job: Job, tools: Tools) -> Output:
    """The segment as `video.mp4`, exactly `request.frames` frames. Raises EngineFailed when the clip cannot be read.

    `meta["dropped"]` names the characters of the subtitles that no font has.
    """
    shape = {"frames": request.frames, "fps": request.fps, "width": request.width, "height": request.height}
    fitting.refuse_impossible("segment", **shape)
    clip, facts = fitting.source(request.clip, job)
    filters = fitting.chain(facts, start=request.start, **shape)
    cues, dropped = subtitles_ass.drawable(request.cues, tools.sans)
    if cues:
        filters.append(burning.graph(cues, tools.sans, job.folder, **shape))
    filters += _fades(request)
    video = job.folder / "video.mp4"
    process.run(
        tools.executable,
        [
            *("-filter_threads", "1", *fitting.arguments(clip)),
            *("-filter_complex", f"[0:v:0]{','.join(filters)}", "-frames:v", str(request.frames)),
            *tools.encoder.arguments(request.fps, draft=request.draft),
            str(video),
        ],
        job,
        frames=request.frames,
        report=lambda frame: job.progress(frame / request.frames, "encode"),
    )
    meta = {"frames": request.frames, "seconds": request.frames / request.fps} | ({"dropped": dropped} if dropped else {})
    return Output({"video": MadeFile(video, "video/mp4")}, meta)


def _fades(request: SegmentRequest) -> list[str]:
    fades = []
    if request.fade_in:
        fades.append(f"fade=type=in:start_frame=0:nb_frames={_frames(FADE_IN, request)}:color=black")
    if request.fade_out:
        length = _frames(FADE_OUT, request)
        # One frame early, so that the last frame is black and not nearly so.
        fades.append(f"fade=type=out:start_frame={request.frames - length - 1}:nb_frames={length}:color=black")
    return fades


def _frames(seconds: float, request: SegmentRequest) -> int:
    return max(1, min(round(seconds * request.fps), request.frames // 2))
