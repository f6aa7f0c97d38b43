"""A transition: the frames in which one clip goes over into the next, a short film of its own."""

from collections.abc import Iterator

from services.core.errors import EngineFailed
from services.core.requests import TransitionRequest
from services.core.vocabulary import Transition
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.film import fitting, mixing, process
from services.model_service.engines.film import frames as pictures
from services.model_service.engines.film.tools import Tools


def make(request: TransitionRequest, job: Job, tools: Tools) -> Output:
    """The transition as `video.mp4`, exactly `request.frames` frames. Raises EngineFailed when a clip cannot be read.

    The mixing has begun a frame before the first one and ends a frame after the last, so that none repeats its neighbour.
    """
    fitting.refuse_impossible("transition", frames=request.frames, fps=request.fps, width=request.width, height=request.height)
    kind = Transition.recognise(request.transition)
    if kind is None or kind not in mixing.KINDS:
        raise EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem=f"there is no transition {request.transition!r}")
    video = job.folder / "video.mp4"
    process.feed(
        tools.executable,
        [
            *pictures.raw_input(request.width, request.height, request.fps),
            *("-vf", fitting.TOLD),
            *tools.encoder.arguments(request.fps, draft=request.draft),
            str(video),
        ],
        job,
        _frames(request, kind, job),
    )
    return Output({"video": MadeFile(video, "video/mp4")}, {"frames": request.frames, "seconds": request.frames / request.fps})


def _frames(request: TransitionRequest, kind: Transition, job: Job) -> Iterator[bytes]:
    shape = {"frames": request.frames, "fps": request.fps, "width": request.width, "height": request.height}
    before, after = (fitting.source(clip, job) for clip in (request.before, request.after))
    leaving = pictures.read(before[0], request.before, before[1], start=request.start, **shape)
    coming = pictures.read(after[0], request.after, after[1], start=0, **shape)
    for number, (first, second) in enumerate(zip(leaving, coming, strict=True), start=1):
        yield pictures.raw(mixing.mixed(kind, first, second, number / (request.frames + 1)))
        job.progress(number / request.frames, "encode")
