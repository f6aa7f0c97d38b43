"""Writing the film's file: packets of the segments copied, their times moved, the sound encoded beside them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av import AudioFrame, Packet
from av.container import InputContainer
from av.video.stream import VideoStream

from services.core.errors import EngineFailed
from services.core.model import Digest
from services.model_service.engines.film.encoder import TICKS_PER_FRAME
from services.model_service.engines.film.loudness import RATE, Sound

_AUDIO_BITS = 160_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment's file, its digest and how many frames it should have."""

    path: Path
    digest: Digest
    frames: int


def write(target: Path, pieces: Sequence[Piece], sound: Iterable[Sound], *, fps: int, title: str, language: str) -> Iterator[int]:
    """Write the film to `target`, yielding the frames written so far after each second of sound.

    `sound` is exactly as long as the pieces. `language` is an ISO 639-2 code. The index stands at the file's beginning.
    Raises EngineFailed when a segment is not encoded like the first or has another length; FFmpegError from the libraries.
    """
    clock = Fraction(1, fps * TICKS_PER_FRAME)
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as film:
        film.metadata["title"] = title
        with _opened(pieces[0]) as first:
            picture = film.add_stream_from_template(first.streams.video[0])
            alike = _parameters(first.streams.video[0])
        picture.time_base = clock
        voice = film.add_stream("aac", rate=RATE, layout="stereo")
        voice.bit_rate = _AUDIO_BITS
        picture.metadata["language"] = voice.metadata["language"] = language
        packets = _packets(pieces, clock, alike)
        written = heard = 0
        for block in sound:
            frame = AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, heard, Fraction(1, RATE)
            film.mux(voice.encode(frame))
            heard += block.shape[1]
            while written * RATE < heard * fps and (packet := next(packets, None)) is not None:
                packet.stream = picture
                film.mux(packet)
                written += 1
            yield written
        film.mux(voice.encode(None))
        for packet in packets:
            packet.stream = picture
            film.mux(packet)


def _packets(pieces: Sequence[Piece], clock: Fraction, alike: tuple[object, ...]) -> "Iterator[Packet[VideoStream]]":
    """The packets of all pieces, their times counted from the film's start in ticks of `clock`."""
    before = 0
    for piece in pieces:
        count = 0
        with _opened(piece) as container:
            stream = container.streams.video[0]
            if _parameters(stream) != alike:
                raise _unlike(piece, "it is encoded unlike the first segment")
            for packet in container.demux(stream):
                if packet.pts is None or packet.dts is None or packet.time_base is None:
                    continue  # the empty packet that ends a stream
                shift = before * TICKS_PER_FRAME
                pts, dts = (round(time * packet.time_base / clock) + shift for time in (packet.pts, packet.dts))
                packet.time_base, packet.pts, packet.dts, packet.duration = clock, pts, dts, TICKS_PER_FRAME
                count += 1
                yield packet
        if count != piece.frames:
            raise _unlike(piece, f"it has {count} frames, not {piece.frames}")
        before += piece.frames


def _opened(piece: Piece) -> InputContainer:
    return av.open(str(piece.path), format="mp4", options={"protocol_whitelist": "file"})


def _parameters(stream: VideoStream) -> tuple[object, ...]:
    context = stream.codec_context
    return context.name, context.width, context.height, context.extradata


def _unlike(piece: Piece, problem: str) -> EngineFailed:
    return EngineFailed("MEDIA_UNREADABLE", digest=piece.digest, problem=problem)
