"""Frames as planes of numbers: read from a clip at a film's size and rate, and given to the encoder."""

from collections.abc import Iterator
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
            for number, frame in _fitted(container, facts, start, fps=fps, width=width, height=height):
                last = _planes(frame)
                if number >= start:
                    yield last
                    given += 1
                if given == frames:
                    return
    except FFmpegError as error:
        raise EngineFailed("MEDIA_UNREADABLE", digest=digest, problem=error.strerror) from error
    if last is None:
        raise EngineFailed("MEDIA_UNREADABLE", digest=digest, problem="it has no frame")
    for _ in range(given, frames):
        yield last


def _fitted(
    container: InputContainer, facts: probe.VideoFacts, start: int, *, fps: int, width: int, height: int
) -> Iterator[tuple[int, VideoFrame]]:
    """The clip's frames with their numbers, at least from `start` on and not many before it."""
    stream = container.streams.video[0]
    graph = Graph()
    nodes = [graph.add_buffer(template=stream)]
    rated = facts.rate == Fraction(fps)
    for text in [*([] if rated else [fitting.rate(fps)]), *fitting.sized(facts, width, height)]:
        name, _, options = text.partition("=")
        nodes.append(graph.add(name, options))
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    first = (stream.start_time or 0) * Fraction(stream.time_base or 1)
    if rated and start:
        container.seek(int((first + Fraction(start, fps)) / Fraction(stream.time_base or 1)), stream=stream)
    number = 0
    for frame in _through(graph, container.decode(stream)):
        if rated and frame.pts is not None and frame.time_base is not None:
            number = round((frame.pts * frame.time_base - first) * fps)
        yield number, frame
        number += 1


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
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width].copy()
        for plane in frame.planes
    )
    return y, u, v
