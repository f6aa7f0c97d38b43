"""Samples of a voice: trimmed, levelled, resampled, written."""

import wave
from pathlib import Path

import numpy as np
import pytest

from services.model_service.engines.speech import sound
from services.model_service.engines.speech.sound import RATE, Samples


def tone(seconds: float, level: float = 0.3, rate: int = RATE, pitch: float = 220.0) -> Samples:
    return np.asarray(level * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate), np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def test_silence_is_trimmed_to_the_margin() -> None:
    first, last = sound.bounds(np.concatenate([silence(0.5), tone(1.0), silence(0.7)]))
    assert first / RATE == pytest.approx(0.45, abs=0.011)
    assert last / RATE == pytest.approx(1.55, abs=0.011)


def test_pure_silence_has_no_bounds() -> None:
    assert sound.bounds(silence(1.0)) == (0, 0)
    assert sound.bounds(silence(0.0)) == (0, 0)


@pytest.mark.parametrize("level", [0.001, 0.05, 0.9])
def test_every_voice_comes_to_one_level(level: float) -> None:
    even = sound.levelled(np.concatenate([tone(1.0, level), silence(1.0)]), 0.0)
    spoken = 20 * np.log10(np.sqrt(np.mean(even[1000 : RATE - 1000] ** 2)))
    assert spoken == pytest.approx(sound.LEVEL, abs=0.3)


def test_no_peak_is_above_the_ceiling() -> None:
    clicks = tone(1.0, 0.01)
    clicks[5000] = 1.0
    assert np.abs(sound.levelled(clicks, 6.0)).max() <= 10 ** (sound.PEAK / 20) + 1e-6


def test_a_sharp_peak_does_not_make_the_line_quieter() -> None:
    sharp = tone(1.0, 0.1)
    sharp[12_000:12_010] = 0.9
    even = sound.levelled(sharp, 0.0)
    away = np.concatenate([even[1000:11_000], even[13_000:23_000]])
    assert np.abs(even).max() <= 10 ** (sound.PEAK / 20) + 1e-6
    assert 20 * np.log10(np.sqrt(np.mean(away**2))) == pytest.approx(sound.LEVEL, abs=0.5)


def test_resampling_keeps_pitch_length_and_level() -> None:
    there = sound.resampled(tone(1.0, rate=22_050), 22_050)
    assert len(there) == RATE
    middle = slice(2000, -2000)
    assert np.abs(there[middle] - tone(1.0)[middle]).max() < 0.01


def test_a_file_is_mono_16_bit_24_khz(tmp_path: Path) -> None:
    with wave.open(str(sound.write(tmp_path / "a.wav", tone(0.5)))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (1, 2, RATE, RATE // 2)
