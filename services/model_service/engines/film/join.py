"""Writing the film's file: packets of the pieces copied, their times moved, the sound encoded beside them."""

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
from services.core.requests import Cue
from services.model_service.engines.film import softsubs
from services.model_service.engines.film.encoder import TICKS_PER_FRAME
from services.model_service.engines.film.loudness import RATE, Sound

_AUDIO_BITS = 160_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment's or transition's file, its digest and how many frames it should have."""

    path: Path
    digest: Digest
    frames: int


@dataclass(frozen=True, slots=True)
class Film:
    """What stands in the file beside the sound. `language` is an ISO 639-2 code; with `cues` there is a subtitle track."""

    title: str
    language: str
    fps: int
    pieces: tuple[Piece, ...]
    cues: tuple[Cue, ...] = ()


def write(target: Path, film: Film, sound: Iterable[Sound]) -> Iterator[int]:
    """Write the film to `target`, yielding the frames written so far after each second of sound.

    `sound` is exactly as long as the pieces. The index stands at the file's beginning. Raises EngineFailed when a piece is not
    encoded like the first or has another length; FFmpegError from the libraries.
    """
    clock = Fraction(1, film.fps * TICKS_PER_FRAME)
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as container:
        container.metadata["title"] = film.title
        with _opened(film.pieces[0]) as first:
            picture = container.add_stream_from_template(first.streams.video[0])
            alike = _parameters(first.streams.video[0])
        picture.time_base = clock
        voice = container.add_stream("aac", rate=RATE, layout="stereo")
        voice.bit_rate = _AUDIO_BITS
        picture.metadata["language"] = voice.metadata["language"] = film.language
        words = softsubs.Track(container, film.cues, film.language) if film.cues else None
        packets = _packets(film.pieces, clock, alike)
        written = heard = 0
        for block in sound:
            frame = AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, heard, Fraction(1, RATE)
            container.mux(voice.encode(frame))
            heard += block.shape[1]
            while written * RATE < heard * film.fps and (packet := next(packets, None)) is not None:
                packet.stream = picture
                container.mux(packet)
                written += 1
            if words is not None:
                words.write(until=heard / RATE)
            yield written
        container.mux(voice.encode(None))
        for packet in packets:
            packet.stream = picture
            container.mux(packet)


def _packets(pieces: Sequence[Piece], clock: Fraction, alike: tuple[object, ...]) -> "Iterator[Packet[VideoStream]]":
    """The packets of all pieces, their times counted from the film's start in ticks of `clock`."""
    before = 0
    for piece in pieces:
        count = 0
        with _opened(piece) as container:
            stream = container.streams.video[0]
            if _parameters(stream) != alike:
                raise _unlike(piece, "it is encoded unlike the film's first piece")
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
