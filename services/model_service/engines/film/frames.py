"""Frames as planes of numbers: read from a clip at a film's size and rate, and given to the encoder."""

import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av import VideoFrame
from av.container import InputContainer
from av.error import FFmpegError
from av.filter import Graph
from numpy.typing import NDArray

from services.core.errors import EngineFailed
from services.core.model import Digest
from services.model_service.engines.film import fitting, probe

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]
"""Y (height × width), U and V (half of both): 4:2:0 video as it is encoded, BT.709, from 16 to 235 or 240."""


def raw_input(width: int, height: int, fps: int) -> list[str]:
    """Options with which ffmpeg reads such planes from its standard input."""
    size = f"{width}x{height}"
    return ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-color_range", "tv", "-s", size, "-r", str(fps), "-i", "pipe:0"]


def raw(planes: Planes) -> bytes:
    """The planes as ffmpeg reads them."""
    return b"".join(np.ascontiguousarray(plane).tobytes() for plane in planes)


def read(
    path: Path, digest: Digest, facts: probe.VideoFacts, *, start: int, frames: int, fps: int, width: int, height: int
) -> Iterator[Planes]:
    """`frames` frames of a clip from frame `start` on, fitted; the last one is held where the clip ends.

    Raises EngineFailed MEDIA_UNREADABLE.
    """
    last: Planes | None = None
    given = 0
    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            container.streams.video[0].codec_context.thread_count = 1
            for frame in itertools.islice(_fitted(container, facts, start, fps=fps, width=width, height=height), frames):
                last = _planes(frame)
                yield last
                given += 1
    except FFmpegError as error:
        raise EngineFailed("MEDIA_UNREADABLE", digest=digest, problem=error.strerror) from error
    if last is None:
        raise EngineFailed("MEDIA_UNREADABLE", digest=digest, problem="it has no frame")
    for _ in range(given, frames):
        yield last


def _fitted(
    container: InputContainer, facts: probe.VideoFacts, start: int, *, fps: int, width: int, height: int
) -> Iterator[VideoFrame]:
    """The clip's frames from `start` on."""
    stream = container.streams.video[0]
    graph = Graph()
    nodes = [graph.add_buffer(template=stream)]
    rated = facts.rate == Fraction(fps)
    for text in [*([] if rated else [fitting.rate(fps)]), *fitting.sized(facts, width, height)]:
        name, _, options = text.partition("=")
        nodes.append(graph.add(name, options))
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    if not rated:
        yield from _from(_through(graph, container.decode(stream)), lambda number, _: number >= start)
        return
    clock = Fraction(stream.time_base or 1)
    # Half a frame early: times are rounded.
    at = (stream.start_time or 0) + (Fraction(start, fps) - Fraction(1, 2 * fps)) / clock
    if start:
        container.seek(int(at), stream=stream)
    yield from _through(graph, _from(container.decode(stream), lambda _, frame: frame.pts is None or frame.pts >= at))


def _from(frames: Iterator[VideoFrame], reached: Callable[[int, VideoFrame], bool]) -> Iterator[VideoFrame]:
    """The frames from the first one that is reached on; the last one if none is."""
    last = None
    for number, frame in enumerate(frames):
        if reached(number, frame):
            yield frame
            yield from frames
            return
        last = frame
    if last is not None:
        yield last


def _through(graph: Graph, decoded: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    for frame in decoded:
        graph.vpush(frame)
        yield from _ready(graph)
    graph.vpush(None)
    yield from _ready(graph)


def _ready(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _planes(frame: VideoFrame) -> Planes:
    y, u, v = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    )
    return y, u, v
