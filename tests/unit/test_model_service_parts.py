"""The model service's parts by themselves: settings, registry, fallback, validation, blank media."""

import io
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image
from prometheus_client import CollectorRegistry

from services.core.errors import EngineFailed, InvalidArgument
from services.core.model import Digest, Engine, Key, Language
from services.core.requests import (
    CardRequest,
    ClipRequest,
    Cue,
    FilmLine,
    FilmPiece,
    FilmRequest,
    KeyframeRequest,
    Request,
    SegmentRequest,
    Service,
    SoundtrackRequest,
    SoundtrackVoice,
    SpeechRequest,
    StoryboardRequest,
    TransitionRequest,
)
from services.model_service import registry, validation
from services.model_service.engine import Generator
from services.model_service.engines import blank
from services.model_service.equipment import Equipment
from services.model_service.fallback import FirstThatLoads
from services.model_service.settings import ModelServiceSettings, usable_cpus
from tests.fixtures.engine_job import EngineJob

DIGEST = Digest("ab" * 32)


# -- settings and registry -----------------------------------------------------------------------------------------------------


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYREEL_SERVICES", "clips, speech")
    monkeypatch.setenv("STORYREEL_CLIP_ENGINE", "blank")
    monkeypatch.setenv("STORYREEL_SPEECH_WORKERS", "3")
    settings = ModelServiceSettings()
    assert settings.services == (Service.CLIPS, Service.SPEECH)
    assert settings.engine(Service.CLIPS) == "blank"
    assert settings.engine(Service.STORYBOARDS) == "screenwriter"
    assert settings.workers(Service.SPEECH) == 3
    assert all(settings.workers(service) >= 1 for service in Service)


def test_a_containers_quota_bounds_the_cores(tmp_path: Path) -> None:
    quota = tmp_path / "cpu.max"
    everything = usable_cpus(tmp_path / "absent")
    quota.write_text("max 100000\n")
    assert usable_cpus(quota) == everything >= 1
    quota.write_text("100000 100000\n")
    assert usable_cpus(quota) == 1
    quota.write_text("50000 100000\n")
    assert usable_cpus(quota) == 1


@pytest.mark.parametrize("service", Service)
def test_every_service_has_a_blank_engine_and_the_default_is_known(service: Service) -> None:
    assert ModelServiceSettings().engine(service) in registry.ENGINES[service]
    name = {Service.STORYBOARDS: "storyboard", Service.KEYFRAMES: "keyframe", Service.CLIPS: "clip", Service.FILMS: "film"}
    settings = ModelServiceSettings.model_validate({f"{name.get(service, 'speech')}_engine": "blank"})
    assert registry.engine(service, Equipment(settings, CollectorRegistry())).identity == Engine("blank", "1")


def test_an_unknown_engine_is_refused_with_those_there_are() -> None:
    with pytest.raises(EngineFailed, match=r"choose one of: blank, .*painter") as caught:
        registry.engine(Service.KEYFRAMES, Equipment(ModelServiceSettings(keyframe_engine="rubens"), CollectorRegistry()))
    assert caught.value.reason == "UNKNOWN_ENGINE"


def test_a_missing_package_is_said() -> None:
    with pytest.raises(EngineFailed, match="no_such_package"):
        registry.build("no_such_package.engine:Rubens", Equipment(ModelServiceSettings(), CollectorRegistry()))


class Loads(blank.BlankSpeech):
    pass


class CannotLoad(blank.BlankSpeech):
    def load(self) -> None:
        raise EngineFailed("ENGINE_FAILED", engine="voice", problem="no weights")


def not_installed() -> Generator[Any]:
    raise EngineFailed("ENGINE_NOT_INSTALLED", engine="voice", problem="no package")


@pytest.mark.parametrize(
    "candidates", [[Loads, CannotLoad], [CannotLoad, Loads], [not_installed, CannotLoad, Loads]], ids=["first", "second", "third"]
)
def test_the_first_engine_that_loads_serves(candidates: list[Callable[[], Generator[Any]]], tmp_path: Path) -> None:
    engine = FirstThatLoads("auto", candidates)
    engine.load()
    assert engine.identity == Engine("blank", "1")
    assert engine.run(SpeechRequest(text="Hi.", language=Language.EN), EngineJob(tmp_path)).meta["words"]


def test_when_no_engine_loads_the_last_ones_reason_is_given() -> None:
    engine = FirstThatLoads("auto", [not_installed, CannotLoad])
    with pytest.raises(EngineFailed, match="no weights"):
        engine.load()
    with pytest.raises(RuntimeError):
        _ = engine.identity


# -- validation ----------------------------------------------------------------------------------------------------------------


PIECE = FilmPiece(video=DIGEST, frames=24)


def film(*pieces: FilmPiece, soundtrack: Digest = DIGEST, **line: Any) -> FilmRequest:
    lines = (replace(FilmLine(start=0), **line),)
    shape: dict[str, Any] = {"fps": 24, "width": 1280, "height": 720}
    return FilmRequest(title="", language=Language.EN, pieces=pieces, soundtrack=soundtrack, lines=lines, **shape)


def soundtrack(frames: int = 24, **voice: Any) -> SoundtrackRequest:
    said = replace(SoundtrackVoice(start=0, speech=DIGEST, speech_start=0.4), **voice)
    return SoundtrackRequest(title="", frames=frames, fps=24, voices=(said,), music="calm")


def transition(**fields: Any) -> TransitionRequest:
    plain = TransitionRequest(transition="fade", before=DIGEST, start=4, after=DIGEST, frames=6, fps=12, width=64, height=48)
    return replace(plain, **fields)


def clip(**fields: Any) -> ClipRequest:
    plain = ClipRequest(keyframe={"image": DIGEST}, camera="", frames=9, fps=9, width=64, height=64, seed=0)
    return replace(plain, **fields)


def card(**fields: Any) -> CardRequest:
    plain = CardRequest(card="end", text="完", language=Language.ZH, style="ink", frames=24, fps=12, width=64, height=48)
    return replace(plain, **fields)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (StoryboardRequest(text="", title="", style="", language=Language.EN), "text"),
        (StoryboardRequest(text="x" * 200_001, title="", style="", language=Language.EN), "text"),
        (StoryboardRequest(text="x", title="", style="", language=Language.EN, shots=1_001), "shots"),
        (KeyframeRequest(prompt="x", style="", language=Language.EN, width=64, height=68, seed=0), "height"),
        (
            ClipRequest(keyframe={"image": Digest("AB" * 32)}, camera="", frames=1, fps=1, width=64, height=64, seed=0),
            "keyframe.image",
        ),
        (ClipRequest(keyframe={"image": DIGEST}, camera="", frames=0, fps=1, width=64, height=64, seed=0), "frames"),
        (ClipRequest(keyframe={"image": DIGEST}, camera="", frames=1, fps=61, width=64, height=64, seed=0), "fps"),
        (clip(prompt="x" * 5_001), "prompt"),
        (clip(last=Digest("last")), "last"),
        (clip(speech=Digest("voice")), "speech"),
        (clip(speech=DIGEST, speech_at=-0.1), "speech_at"),
        (clip(speech=DIGEST, speech_at=1.1), "speech_at"),
        (SpeechRequest(text="x", language=Language.EN, speed=float("nan")), "speed"),
        (SegmentRequest(clip=DIGEST, frames=1, fps=1, width=64, height=64, cues=(Cue("x", 2, 1),)), "cues[0].end"),
        (SegmentRequest(clip=DIGEST, start=-1, frames=1, fps=1, width=64, height=64), "start"),
        (transition(transition="none"), "transition"),
        (transition(transition="morph"), "transition"),
        (transition(before=Digest("ab")), "before"),
        (transition(frames=0), "frames"),
        (card(card="middle"), "card"),
        (card(text=" "), "text"),
        (card(picture=Digest("ab")), "picture"),
        (film(FilmPiece(video=Digest("ab"), frames=24)), "pieces[0].video"),
        (film(FilmPiece(video=DIGEST, frames=0)), "pieces[0].frames"),
        (film(), "pieces"),
        (film(PIECE, soundtrack=Digest("")), "soundtrack"),
        (film(PIECE, start=-1), "lines[0].start"),
        (film(PIECE, cues=(Cue("x", 0, 1), Cue(" ", 1, 2))), "lines[0].cues[1].text"),
        (soundtrack(frames=0), "frames"),
        (soundtrack(start=25), "voices[0].start"),
        (soundtrack(speech=Digest("ab")), "voices[0].speech"),
        (soundtrack(speech_start=-0.1), "voices[0].speech_start"),
    ],
)
def test_what_is_out_of_bounds_is_named(request_: Request, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        validation.check(request_, "")
    assert caught.value.params["field"] == field


def test_what_the_worker_asks_is_in_bounds() -> None:
    validation.check(transition(), "")
    validation.check(card(), "")
    validation.check(soundtrack(), "")
    validation.check(film(PIECE, cues=(Cue("The rain.", 0.4, 1.2),)), Key("0" * 64))
    for width, height in ((1280, 720), (720, 1280), (960, 960), (1920, 1080)):
        validation.check(
            KeyframeRequest(prompt="x", style="", language=Language.ZH, width=width, height=height, seed=2**31 - 1), ""
        )


# -- blank media ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 5, 12])
@pytest.mark.parametrize("text", ["One. Two! Three?", "雨停了。狗回家了。", "no stop", "。。。", "1.5 米高的门，开了"])
def test_a_story_is_cut_into_as_many_pieces_as_asked(text: str, count: int) -> None:
    pieces = blank.cut(text, count)
    assert len(pieces) == count
    assert all(pieces)


def test_a_blank_picture_is_a_png_of_the_asked_size_and_differs_by_request(tmp_path: Path) -> None:
    def image(seed: int) -> bytes:
        request = KeyframeRequest(prompt="x", style="", language=Language.EN, width=72, height=40, seed=seed)
        return blank.BlankKeyframes().run(request, EngineJob(tmp_path)).files["image"].path.read_bytes()

    opened = Image.open(io.BytesIO(image(1)))
    opened.load()
    assert (opened.size, opened.format) == ((72, 40), "PNG")
    assert image(1) == image(1) != image(2)


def test_a_blank_voice_is_a_wav_as_long_as_its_words(tmp_path: Path) -> None:
    output = blank.BlankSpeech().run(SpeechRequest(text="雨停了，狗回家。", language=Language.ZH), EngineJob(tmp_path))
    assert [word for word, _, _ in output.meta["words"]] == ["雨", "停", "了，", "狗", "回", "家。"]
    with wave.open(str(output.files["audio"].path)) as audio:
        assert (audio.getframerate(), audio.getnchannels(), audio.getsampwidth()) == (24_000, 1, 2)
        assert audio.getnframes() / 24_000 == pytest.approx(output.meta["seconds"]) == pytest.approx(output.meta["words"][-1][2])


def test_blank_clips_are_mp4s_that_differ_by_request(tmp_path: Path) -> None:
    engine = blank.BlankClips()
    engine.load()

    def clip(seed: int) -> Path:
        request = ClipRequest(keyframe={"image": DIGEST}, camera="", frames=9, fps=9, width=64, height=64, seed=seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        return engine.run(request, EngineJob(folder)).files["video"].path

    first, second = clip(1), clip(2)
    assert first.read_bytes() != second.read_bytes()
    with av.open(str(first)) as container:
        assert len(list(container.decode(video=0))) == 4
        assert container.streams.video[0].codec_context.name == "h264"


def test_a_blank_films_subtitles_stand_where_its_shots_do(tmp_path: Path) -> None:
    engine = blank.BlankFilms()
    engine.load()
    request = FilmRequest(
        title="",
        language=Language.EN,
        pieces=(FilmPiece(video=DIGEST, frames=60), FilmPiece(video=DIGEST, frames=24)),
        soundtrack=DIGEST,
        lines=(FilmLine(start=0, cues=(Cue("One", 0.5, 1.25),)), FilmLine(start=60, cues=(Cue("Two\nlines", 0.0, 0.5),))),
        fps=24,
        width=64,
        height=48,
    )
    output = engine.run(request, EngineJob(tmp_path))
    assert output.meta["seconds"] == 3.5
    assert output.files["subtitles"].path.read_text() == (
        "1\n00:00:00,500 --> 00:00:01,250\nOne\n\n2\n00:00:02,500 --> 00:00:03,000\nTwo\nlines\n"
    )
    assert output.files["captions"].path.read_text().startswith("WEBVTT\n\n00:00:00.500 --> 00:00:01.250\nOne\n")


def test_a_blank_soundtrack_is_silence_as_long_as_its_film(tmp_path: Path) -> None:
    output = blank.BlankFilms().run(soundtrack(36), EngineJob(tmp_path))
    assert output.meta["seconds"] == 1.5
    with wave.open(str(output.files["audio"].path)) as audio:
        assert audio.getnframes() == 1.5 * audio.getframerate()
        assert not any(audio.readframes(audio.getnframes()))


def test_a_delay_reports_on_the_way(tmp_path: Path) -> None:
    job = EngineJob(tmp_path)
    blank.BlankSpeech(0.06).run(SpeechRequest(text="Hi.", language=Language.EN), job)
    assert len(job.fractions) >= 3
    assert job.fractions == sorted(job.fractions)
    assert job.fractions[-1] == 1.0
