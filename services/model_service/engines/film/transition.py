"""A transition: the frames in which one clip goes over into the next, mixed by ffmpeg's `xfade`."""

from collections.abc import Mapping
from pathlib import Path

from services.core.errors import EngineFailed
from services.core.requests import TransitionRequest
from services.core.vocabulary import Transition
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.film import fitting, process
from services.model_service.engines.film.encoder import Encoder

_XFADE: Mapping[Transition, str] = {
    Transition.DISSOLVE: "fade",
    Transition.FADE: "fadeblack",
    Transition.WHITE: "fadewhite",
    Transition.WIPE: "smoothleft",
    Transition.SLIDE: "slideleft",
    Transition.COVER: "coverleft",
    Transition.IRIS: "circleopen",
    Transition.CLOCK: "radial",
    Transition.BLUR: "hblur",
    Transition.ZOOM: "zoomin",
    Transition.PIXELATE: "pixelize",
}


def make(request: TransitionRequest, job: Job, executable: Path, encoder: Encoder) -> Output:
    """The transition as `video.mp4`, exactly `request.frames` frames. Raises EngineFailed when a clip cannot be read."""
    shape = {"frames": request.frames, "fps": request.fps, "width": request.width, "height": request.height}
    fitting.refuse_impossible("transition", **shape)
    kind = Transition.recognise(request.transition)
    if kind is None or kind not in _XFADE:
        raise EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem=f"there is no transition {request.transition!r}")
    before, facts_before = fitting.source(request.before, job)
    after, facts_after = fitting.source(request.after, job)
    first = ",".join(fitting.chain(facts_before, start=request.start, **shape))
    second = ",".join(fitting.chain(facts_after, start=0, **shape))
    # The mixing has begun one frame before the first and ends one frame after the last: none of them shows one clip alone.
    mix = f"xfade=transition={_XFADE[kind]}:offset={-1 / request.fps}:duration={(request.frames + 1) / request.fps}"
    video = job.folder / "video.mp4"
    process.run(
        executable,
        [
            *("-filter_complex_threads", "1", *fitting.arguments(before), *fitting.arguments(after)),
            *("-filter_complex", f"[0:v:0]{first}[before];[1:v:0]{second}[after];[before][after]{mix}[mixed]"),
            *("-map", "[mixed]", "-frames:v", str(request.frames)),
            *encoder.arguments(request.fps, draft=request.draft),
            str(video),
        ],
        job,
        frames=request.frames,
        report=lambda frame: job.progress(frame / request.frames, "encode"),
    )
    return Output({"video": MadeFile(video, "video/mp4")}, {"frames": request.frames, "seconds": request.frames / request.fps})
