"""The narrators themselves, on a few short lines."""

import itertools
import threading
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.core.errors import Cancelled, EngineFailed
from services.core.model import Digest, Language
from services.core.requests import SpeechRequest
from services.core.subtitles import cues
from services.model_service.engine import Output
from services.model_service.engines.speech import kokoro_model
from services.model_service.engines.speech.espeak import Espeak
from services.model_service.engines.speech.espeak_library import EspeakLibrary
from services.model_service.engines.speech.kokoro import Kokoro
from services.model_service.engines.speech.voices import VOICES, Gender, Voice
from services.model_service.fallback import FirstThatLoads
from tests.fixtures.engine_job import OnItsOwnLoop

ZH = "他踏入荒城，霓虹被尘土掩埋。"
EN = "The rain stopped. Nobody spoke."


@dataclass
class BareJob(OnItsOwnLoop):
    folder: Path
    cancelled: threading.Event = field(default_factory=threading.Event)
    checked: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        super().__init__()

    def progress(self, fraction: float, stage: str = "") -> None:
        assert 0 <= fraction <= 1
        self.check()

    def check(self) -> None:
        self.checked()
        if self.cancelled.is_set():
            raise Cancelled("CANCELLED")

    def media(self, digest: Digest) -> Path:
        raise AssertionError(f"speech asks for no media, but asked for {digest}")


def samples(output: Output) -> np.ndarray[Any, np.dtype[np.float64]]:
    with wave.open(str(output.files["audio"].path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def assert_spoken(output: Output, text: str) -> None:
    heard = samples(output)
    seconds = output.meta["seconds"]
    assert seconds == pytest.approx(len(heard) / 24_000, abs=0.002)
    assert 1.0 < seconds < 8.0
    assert np.abs(heard).max() <= 10 ** (-1 / 20) + 1e-3
    assert np.sqrt(np.mean(heard**2)) > 0.03
    words = output.meta["words"]
    assert "".join(word for word, _, _ in words).replace(" ", "") == text.replace(" ", "")
    assert all(start <= end for _, start, end in words)
    assert all(before[2] <= after[1] + 1e-6 for before, after in itertools.pairwise(words))
    assert words[-1][2] <= seconds + 1e-6
    assert "".join(cue.text for cue in cues(words)).replace("\n", "").replace(" ", "") == text.replace(" ", "")


@pytest.fixture(scope="module")
def kokoro() -> Kokoro:
    engine = Kokoro()
    engine.load()
    return engine


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    engine = Espeak()
    engine.load()
    return engine


def test_kokoro_speaks_chinese_with_the_time_of_every_word(kokoro: Kokoro, tmp_path: Path) -> None:
    output = kokoro.run(SpeechRequest(text=ZH, language=Language.ZH, mood="冷静"), BareJob(tmp_path))
    assert_spoken(output, ZH)
    assert output.meta["voice"] == "zf_xiaoxiao"
    heard = samples(output)
    loud = [np.sqrt(np.mean(heard[int(start * 24_000) : int(end * 24_000)] ** 2)) for _, start, end in output.meta["words"]]
    assert min(loud) > 0.01, "every word is where its time says"


def test_kokoro_speaks_english_the_same_way_each_time(kokoro: Kokoro, tmp_path: Path) -> None:
    request = SpeechRequest(text=EN, language=Language.EN, voice="male")
    first = kokoro.run(request, BareJob(tmp_path))
    assert_spoken(first, EN)
    before = samples(first)
    again = kokoro.run(request, BareJob(tmp_path))
    assert np.array_equal(before, samples(again))
    pause = next(start for word, start, _ in first.meta["words"] if word == "Nobody")
    end = next(end for word, _, end in first.meta["words"] if word == "stopped.")
    assert pause >= end


def test_kokoro_needs_no_words_to_be_silent(kokoro: Kokoro, tmp_path: Path) -> None:
    output = kokoro.run(SpeechRequest(text="……", language=Language.ZH), BareJob(tmp_path))
    assert output.meta["words"] == [["……", 0.0, 0.0]]
    assert not samples(output).any()
    assert output.meta["seconds"] == 0.5


def test_kokoro_stops_within_a_breath_when_cancelled(kokoro: Kokoro, tmp_path: Path) -> None:
    job = BareJob(tmp_path)
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:  # the first look is before the model runs, this one is while it does
            job.cancelled.set()

    job.checked = look
    with pytest.raises(Cancelled):
        kokoro.run(SpeechRequest(text=EN * 4, language=Language.EN), job)
    assert looks == 2
    assert not list(tmp_path.iterdir())


def test_words_end_where_the_voice_falls_silent(kokoro: Kokoro, tmp_path: Path) -> None:
    output = kokoro.run(SpeechRequest(text="雨停了。没有人说话。", language=Language.ZH, voice="male"), BareJob(tmp_path))
    heard = samples(output)
    words = output.meta["words"]
    stop = next(place for place, (word, _, _) in enumerate(words) if word.endswith("。"))
    pause = heard[int(words[stop][2] * 24_000) : int(words[stop + 1][1] * 24_000)]
    assert len(pause) > 0.1 * 24_000
    assert np.sqrt(np.mean(pause**2)) < 0.1 * np.sqrt(np.mean(heard**2))


def test_a_long_line_is_one_continuous_recording(kokoro: Kokoro, tmp_path: Path) -> None:
    text = "远处传来钟声，他停下脚步，抬头望向灰色的天空。" * 4
    output = kokoro.run(SpeechRequest(text=text, language=Language.ZH), BareJob(tmp_path))
    words = output.meta["words"]
    assert "".join(word for word, _, _ in words) == text
    assert all(0 <= after[1] - before[2] < 1.2 for before, after in itertools.pairwise(words))
    assert output.meta["seconds"] == pytest.approx(words[-1][2], abs=0.3)
    assert 84 / 5.5 < output.meta["seconds"] < 84 / 3


def test_lines_are_trimmed_and_equally_loud(kokoro: Kokoro, tmp_path: Path) -> None:
    levels = []
    for voice in VOICES:
        text = "天亮了，雪还在下。" if voice.language is Language.ZH else "Morning came, and it still snowed."
        heard = samples(kokoro.run(SpeechRequest(text=text, language=voice.language, voice=voice.name), BareJob(tmp_path)))
        parts = 10 * np.log10(np.mean(heard[: len(heard) // 240 * 240].reshape(-1, 240) ** 2, axis=1) + 1e-12)
        loud = np.flatnonzero(parts > parts.max() - 35)
        assert loud[0] < 15
        assert len(parts) - loud[-1] < 15
        assert np.abs(heard[[0, -1]]).max() < 1e-3, "no click at the ends"
        levels.append(10 * np.log10(np.mean(10 ** (parts[parts > parts.max() - 30] / 10))))
    assert max(levels) - min(levels) < 1.5


def test_a_draft_is_spoken_by_espeak(kokoro: Kokoro, tmp_path: Path) -> None:
    draft = kokoro.run(SpeechRequest(text=EN, language=Language.EN, draft=True), BareJob(tmp_path))
    assert draft.meta["engine"] == "espeak"
    assert_spoken(draft, EN)
    final = kokoro.run(SpeechRequest(text=EN, language=Language.EN), BareJob(tmp_path))
    assert final.meta["engine"] == "kokoro"
    assert draft.meta["seconds"] == pytest.approx(final.meta["seconds"], rel=0.35)


def test_without_espeak_drafts_are_spoken_by_kokoro(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(_self: object) -> None:
        raise EngineFailed("ENGINE_NOT_INSTALLED", engine="espeak", problem="no library")

    monkeypatch.setattr(EspeakLibrary, "__init__", missing)
    engine = Kokoro()
    engine.load()
    output = engine.run(SpeechRequest(text="Xyloria!", language=Language.EN, draft=True), BareJob(tmp_path))
    assert output.meta["engine"] == "kokoro"
    assert output.meta["seconds"] > 0.5, "a name that nobody knows is spelled"


def test_without_weights_the_message_names_the_command_and_espeak_speaks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kokoro_model, "_PACKAGE", "kokoro_nowhere")
    with pytest.raises(EngineFailed, match=r"kokoro_nowhere.*pip install") as failure:
        Kokoro().load()
    assert failure.value.reason == "ENGINE_NOT_INSTALLED"
    chosen = FirstThatLoads("auto", [Kokoro, Espeak])
    chosen.load()
    assert chosen.identity.name == "espeak"
    assert_spoken(chosen.run(SpeechRequest(text=ZH, language=Language.ZH), BareJob(tmp_path)), ZH)


def test_damaged_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro_model, "SHA256", "0" * 64)
    with pytest.raises(EngineFailed, match="damaged"):
        Kokoro().load()


def test_kokoro_is_known_before_it_is_loaded() -> None:
    identity = Kokoro().identity
    assert (identity.name, identity.version) == ("kokoro", "2")
    assert len(identity.revision) == 12


def test_a_damaged_voice_is_refused() -> None:
    broken = Voice(VOICES[0].name, Language.ZH, Gender.FEMALE, "0" * 64, 1.0)
    with pytest.raises(EngineFailed, match="damaged"):
        kokoro_model.style(broken)


def test_the_stored_voices_are_whole() -> None:
    for voice in VOICES:
        style = kokoro_model.style(voice)
        assert style.shape == (510, 256)
        assert style.dtype == np.float32
        assert np.isfinite(style).all()


@pytest.mark.parametrize(("text", "language"), [(ZH, Language.ZH), (EN, Language.EN)])
def test_espeak_speaks_both_languages(espeak: Espeak, tmp_path: Path, text: str, language: Language) -> None:
    output = espeak.run(SpeechRequest(text=text, language=language), BareJob(tmp_path))
    assert_spoken(output, text)


def test_espeak_has_two_voices(espeak: Espeak, tmp_path: Path) -> None:
    female = samples(espeak.run(SpeechRequest(text=EN, language=Language.EN), BareJob(tmp_path)))
    male = samples(espeak.run(SpeechRequest(text=EN, language=Language.EN, voice="male"), BareJob(tmp_path)))
    assert not np.array_equal(female, male)


def test_espeak_speaks_for_a_voice_of_another_engine(espeak: Espeak, tmp_path: Path) -> None:
    output = espeak.run(SpeechRequest(text=EN, language=Language.EN, voice="nobody"), BareJob(tmp_path))
    assert output.meta["voice"] == "af_heart"


def test_espeak_speaks_from_many_threads_at_once(espeak: Espeak, tmp_path: Path) -> None:
    seconds: dict[int, float] = {}

    def speak(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        text, language = (EN, Language.EN) if number % 2 else (ZH, Language.ZH)
        seconds[number] = espeak.run(SpeechRequest(text=text, language=language), BareJob(folder)).meta["seconds"]

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seconds) == 6
    for same in ([0, 2, 4], [1, 3, 5]):
        assert max(seconds[number] for number in same) - min(seconds[number] for number in same) < 0.03
    assert abs(seconds[0] - seconds[1]) > 0.1
