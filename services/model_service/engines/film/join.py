"""Writing the film's file: packets of the pieces and of the soundtrack copied, the pieces' times moved. Nothing is decoded."""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from av import Packet
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from services.core.model import Digest
from services.core.requests import Cue
from services.model_service.engines.film import containers, softsubs
from services.model_service.engines.film.encoder import TICKS_PER_FRAME
from services.model_service.engines.film.loudness import RATE


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment's or transition's file, its digest and how many frames it should have."""

    path: Path
    digest: Digest
    frames: int


@dataclass(frozen=True, slots=True)
class Sound:
    """A soundtrack's file, its digest and how many samples it should have."""

    path: Path
    digest: Digest
    samples: int


@dataclass(frozen=True, slots=True)
class Film:
    """What stands in the file. `language` is an ISO 639-2 code; with `cues` there is a subtitle track."""

    title: str
    language: str
    fps: int
    pieces: tuple[Piece, ...]
    sound: Sound
    cues: tuple[Cue, ...] = ()


def write(target: Path, film: Film) -> Iterator[int]:
    """Write the film to `target`, yielding at the beginning of each second how many are written.

    The index stands at the file's beginning. Raises EngineFailed MEDIA_UNREADABLE when a piece is not encoded like the first or
    has another length, or when the soundtrack is not one or has another; ResourceExhausted STORAGE_FULL.
    """
    clock = Fraction(1, film.fps * TICKS_PER_FRAME)
    with containers.written(target) as container:
        container.metadata["title"] = film.title
        with _opened(film.pieces[0]) as first:
            picture = container.add_stream_from_template(_seen(first, film.pieces[0]))
            alike = _parameters(_seen(first, film.pieces[0]))
        picture.time_base = clock
        with _opened(film.sound) as heard:
            voice = container.add_stream_from_template(_heard(heard, film.sound))
        picture.metadata["language"] = voice.metadata["language"] = film.language
        words = softsubs.Track(container, film.cues, film.language) if film.cues else None
        seconds = 0
        pictures, sounds = _pictures(film.pieces, clock, alike, picture), _sounds(film.sound, voice)
        for packet in heapq.merge(pictures, sounds, key=_time):
            while _time(packet) >= seconds:
                if words is not None:
                    words.write(until=seconds + 1)
                yield seconds
                seconds += 1
            container.mux(packet)


def _time(packet: "Packet[Any]") -> Fraction:
    """When a packet must have been read, in seconds."""
    return (packet.dts or 0) * (packet.time_base or Fraction(0))


def _pictures(pieces: Sequence[Piece], clock: Fraction, alike: tuple[object, ...], to: VideoStream) -> "Iterator[Packet[Any]]":
    """The packets of all pieces, their times counted from the film's start in ticks of `clock`."""
    before = 0
    for piece in pieces:
        count = 0
        with _opened(piece) as container:
            stream = _seen(container, piece)
            if _parameters(stream) != alike:
                raise containers.unreadable(piece.digest, "it is encoded unlike the film's first piece")
            for packet in container.demux(stream):
                if packet.pts is None or packet.dts is None or packet.time_base is None:
                    continue  # the empty packet that ends a stream
                shift = before * TICKS_PER_FRAME
                pts, dts = (round(time * packet.time_base / clock) + shift for time in (packet.pts, packet.dts))
                packet.time_base, packet.pts, packet.dts, packet.duration = clock, pts, dts, TICKS_PER_FRAME
                packet.stream = to
                count += 1
                yield packet
        if count != piece.frames:
            raise containers.unreadable(piece.digest, f"it has {count} frames, not {piece.frames}")
        before += piece.frames


def _sounds(sound: Sound, to: AudioStream) -> "Iterator[Packet[Any]]":
    """The soundtrack's packets as they are; the first one's time is negative by the encoder's priming."""
    with _opened(sound) as container:
        for packet in container.demux(_heard(container, sound)):
            if packet.dts is not None:
                packet.stream = to
                yield packet


def _opened(part: Piece | Sound) -> AbstractContextManager[InputContainer]:
    return containers.read(part.path, part.digest)


def _seen(container: InputContainer, piece: Piece) -> VideoStream:
    """The stream of a piece. Raises EngineFailed MEDIA_UNREADABLE when the file is something else."""
    if not container.streams.video:
        raise containers.unreadable(piece.digest, "it has no picture")
    return container.streams.video[0]


def _heard(container: InputContainer, sound: Sound) -> AudioStream:
    """The stream of a soundtrack. Raises EngineFailed MEDIA_UNREADABLE when the file is something else."""
    if not container.streams.audio:
        raise containers.unreadable(sound.digest, "it has no sound")
    stream = container.streams.audio[0]
    context = stream.codec_context
    found = context.name, context.sample_rate, context.layout.name
    if found != ("aac", RATE, "stereo"):
        raise containers.unreadable(sound.digest, f"its sound is {' '.join(map(str, found))}, not aac {RATE} stereo")
    samples = (stream.duration or 0) * (stream.time_base or 0) * RATE
    if samples != sound.samples:
        raise containers.unreadable(sound.digest, f"it has {samples} samples, not {sound.samples}")
    return stream


def _parameters(stream: VideoStream) -> tuple[object, ...]:
    context = stream.codec_context
    return context.name, context.width, context.height, context.extradata
