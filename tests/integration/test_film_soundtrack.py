"""The soundtrack of a film: as long as it to the sample, one loudness, every voice where it belongs."""

from pathlib import Path

import av
import numpy as np
import pytest

from services.core.errors import EngineFailed
from services.core.model import Digest
from services.core.requests import SoundtrackRequest, SoundtrackVoice
from services.model_service.engines.film.ffmpeg import Ffmpeg
from services.model_service.engines.film.loudness import RATE
from tests import film_checks
from tests.film_desk import FPS, Desk, ffmpeg, heard


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A voice, and one that begins with a click."""
    folder = tmp_path_factory.mktemp("media")
    lines = {"voice": "0.2*sin(2*PI*200*t)*(0.6+0.4*sin(2*PI*4*t))", "click": "0.6*lt(t,0.004)+0.1*sin(2*PI*300*t)"}
    for name, line in lines.items():
        ffmpeg("-f", "lavfi", "-i", f"aevalsrc='{line}':s=24000:d=1", "-f", "wav", str(folder / name))
    (folder / "garbage").write_bytes(b"this is no voice" * 100)
    return folder


def ask(frames: int = 67, *voices: SoundtrackVoice, fps: int = FPS, music: str = "") -> SoundtrackRequest:
    return SoundtrackRequest(title="荒城", frames=frames, fps=fps, voices=voices, music=music)


def said(name: str = "voice", start: int = 0, speech_start: float = 0.1) -> SoundtrackVoice:
    return SoundtrackVoice(start=start, speech=Digest(name), speech_start=speech_start)


def made(engine: Ffmpeg, desk: Desk, request: SoundtrackRequest) -> Path:
    return engine.run(request, desk).files["audio"].path


@pytest.mark.parametrize(("frames", "fps"), [(1, 60), (67, 24), (48, 24), (100, 7), (73, 12)])
def test_it_is_as_long_as_the_film_to_the_sample(engine: Ffmpeg, desk: Desk, frames: int, fps: int) -> None:
    output = engine.run(ask(frames, fps=fps), desk)
    audio = output.files["audio"]
    assert audio.content_type == "audio/mp4"
    assert output.meta["seconds"] == round(frames / fps, 3)
    with av.open(str(audio.path)) as container:
        (stream,) = container.streams
        assert isinstance(stream, av.AudioStream)
        assert (stream.codec_context.name, stream.rate, stream.layout.name) == ("aac", RATE, "stereo")
        assert (stream.duration, stream.start_time) == (round(frames * RATE / fps), 0)
        packets = [packet for packet in container.demux(stream) if packet.size]
    assert packets[0].pts == -1024, "the encoder's priming is told, and not played"
    assert sum(packet.duration or 0 for packet in packets) - 1024 == round(frames * RATE / fps)


def test_with_nobody_speaking_and_no_music_it_is_silent(engine: Ffmpeg, desk: Desk) -> None:
    sound = heard(made(engine, desk, ask()))
    assert sound.shape[1] >= 67 * RATE // FPS
    assert not sound.any()


@pytest.mark.parametrize(("start", "speech_start"), [(0, 0.35), (24, 0.1), (31, 0.6)])
def test_a_voice_is_heard_where_its_shot_says_to_a_millisecond(engine: Ffmpeg, desk: Desk, start: int, speech_start: float) -> None:
    sound = np.abs(heard(made(engine, desk, ask(67, said("click", start, speech_start)))))[0]
    assert np.flatnonzero(sound > 0.5 * sound.max())[0] / RATE == pytest.approx(start / FPS + speech_start, abs=0.001)


@pytest.mark.parametrize(("spoken", "music"), [(True, ""), (True, "epic"), (False, "nostalgic")])
def test_every_soundtrack_is_equally_loud(engine: Ffmpeg, desk: Desk, spoken: bool, music: str) -> None:
    voices = (said(), said(start=24)) if spoken else ()
    integrated, peak = film_checks.loudness(made(engine, desk, ask(67, *voices, music=music)))
    assert integrated == pytest.approx(-16, abs=1.5)
    assert peak <= -1.0


def test_it_is_the_same_every_time(engine: Ffmpeg, desk: Desk, tmp_path: Path, shelf: Path) -> None:
    request = ask(67, said(), music="wonder")
    assert made(engine, desk, request).read_bytes() == made(engine, Desk(tmp_path, shelf), request).read_bytes()


def test_progress_grows_to_the_end(engine: Ffmpeg, desk: Desk) -> None:
    engine.run(ask(10 * FPS, said(), music="calm"), desk)
    assert desk.fractions == sorted(desk.fractions)
    assert len(desk.fractions) > 10
    assert desk.fractions[-1] == 1.0


def test_a_voice_that_cannot_be_read_is_named(engine: Ffmpeg, desk: Desk) -> None:
    with pytest.raises(EngineFailed) as caught:
        engine.run(ask(67, said(), said("garbage")), desk)
    assert (caught.value.reason, caught.value.params["digest"]) == ("MEDIA_UNREADABLE", "garbage")


def test_one_of_no_length_is_refused(engine: Ffmpeg, desk: Desk) -> None:
    with pytest.raises(EngineFailed, match="0 frames"):
        engine.run(ask(0), desk)
