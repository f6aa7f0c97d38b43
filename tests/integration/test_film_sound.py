"""A film's sound: loudness as the standard says, music without end, voices over it."""

from pathlib import Path

import numpy as np
import pytest

from services.model_service.engines.film import loudness, music, synth
from services.model_service.engines.film.loudness import CEILING, RATE, Meter, Sound
from services.model_service.engines.film.mix import ALONE, MUSIC, UNDER_VOICE, Mix, Voice
from services.model_service.engines.speech import sound as speech


def tone(seconds: float, level: float, pitch: float = 997.0) -> Sound:
    wave = level * np.sin(2 * np.pi * pitch * np.arange(round(seconds * RATE)) / RATE)
    return np.asarray(np.stack([wave, wave]), np.float32)


def metered(sound: Sound) -> float:
    meter = Meter()
    for start in range(0, sound.shape[1], 7777):
        meter.add(sound[:, start : start + 7777])
    return meter.integrated


def decibels(sound: Sound) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(sound**2)) + 1e-9))


def test_the_meter_reads_the_reference_tone() -> None:
    """EBU Tech 3341, case 1: a stereo 1 kHz sine at -23 dBFS is -23 LUFS."""
    assert metered(tone(3, 10 ** (-23 / 20))) == pytest.approx(-23.0, abs=0.1)


def test_the_meter_gates_silence_and_whispers() -> None:
    """EBU Tech 3341, case 3: the quiet parts around the loud one do not count."""
    loud, quiet = tone(20, 10 ** (-23 / 20)), tone(1, 10 ** (-36 / 20))
    assert metered(np.concatenate([quiet, loud, quiet], axis=1)) == pytest.approx(-23.0, abs=0.15)
    assert metered(np.zeros((2, RATE), np.float32)) == float("-inf")


def test_the_limiter_keeps_every_peak_under_the_ceiling_without_a_seam() -> None:
    sound = tone(3.3, 0.3)
    sound[:, 70_000:70_100] *= 3
    total = sound.shape[1]

    def source(start: int, count: int) -> Sound:
        piece = np.zeros((2, count), np.float32)
        first, last = max(start, 0), min(start + count, total)
        piece[:, first - start : last - start] = sound[:, first:last]
        return piece

    limited = np.concatenate(list(loudness.limited(source, total, 2.0)), axis=1)
    assert limited.shape == sound.shape
    assert np.abs(limited).max() <= 10 ** (CEILING / 20) + 1e-4
    calm = slice(2 * RATE, 3 * RATE + 1000)  # across the blocks' border, nothing to limit
    assert np.abs(limited[:, calm] - 2 * sound[:, calm]).max() < 1e-5


@pytest.mark.parametrize(
    ("mood", "bed"),
    [
        ("calm", "calm"),
        ("happy", "happy"),
        ("孤独", "lonely"),
        ("紧张", "tense"),
        ("史诗", "epic"),
        ("full of wonder", "wonder"),
        ("绝望", "dark"),
        ("soft piano, wistful", "tender"),
        ("悠扬的钢琴", "calm"),
        ("黑暗压抑的氛围", "dark"),
        ("upbeat electronic", "energetic"),
        ("xyz", "calm"),
    ],
)
def test_music_is_chosen_by_the_words_of_its_mood(mood: str, bed: str) -> None:
    assert music.bed_of(mood) == bed


@pytest.mark.parametrize("mood", sorted(synth.SCORES))
def test_synthesised_music_is_stereo_alive_and_seamless(mood: str) -> None:
    piece = synth.loop(mood, 1)
    assert 40 < piece.shape[1] / RATE < 70
    assert 0.1 < np.abs(piece).max() <= 0.81
    assert -30 < decibels(piece) < -8
    assert np.abs(piece[0] - piece[1]).max() > 0.01, "two loudspeakers, two sounds"
    steps = np.abs(np.diff(piece, axis=1)).max()
    assert np.abs(piece[:, 0] - piece[:, -1]).max() <= steps, "its end meets its beginning"


def test_synthesised_music_is_the_same_for_the_same_seed() -> None:
    assert np.array_equal(synth.loop("epic", 3), synth.loop("epic", 3))
    assert not np.array_equal(synth.loop("epic", 3), synth.loop("epic", 4))


def test_a_loop_gives_any_part_of_an_endless_piece() -> None:
    loop = music.Loop(np.asarray(np.random.default_rng(0).normal(0, 0.1, (2, 5 * RATE)), np.float32))
    whole = loop(0, 12 * RATE)
    assert np.array_equal(loop(4 * RATE + 13, RATE), whole[:, 4 * RATE + 13 : 5 * RATE + 13])
    assert not loop(-100, 100).any()
    assert decibels(whole[:, 3 * RATE : 4 * RATE]) == pytest.approx(decibels(whole[:, : 3 * RATE]), abs=1.5)


def test_music_gives_way_to_a_voice_and_comes_back(tmp_path: Path) -> None:
    path = speech.write(tmp_path / "voice.wav", np.zeros(3 * speech.RATE, np.float32))

    def bed(_start: int, count: int) -> Sound:
        return tone(count / RATE, 0.2)

    mix = Mix([Voice(path, 4 * RATE), Voice(path, 11 * RATE)], bed, 18 * RATE, lambda: None)
    title, under, between, again, end = (decibels(mix(round(second * RATE), RATE)) for second in (2, 5, 8.5, 12, 16.2 - 0.2))
    assert metered(mix(round(8.5 * RATE), RATE)) == pytest.approx(MUSIC, abs=0.3)
    assert under - between == pytest.approx(UNDER_VOICE, abs=0.2)
    assert again == pytest.approx(under, abs=0.2)
    assert title - between == pytest.approx(ALONE, abs=0.2), "louder under the title"
    assert between + 1 < end, "it swells at the end, and fades"
    assert decibels(mix(0, RATE // 10)) < title - 15
    assert decibels(mix(18 * RATE - RATE // 10, RATE // 10)) < end - 10
    assert not mix(18 * RATE, 100).any()
    assert not mix(-100, 100).any()


def test_music_never_pumps(tmp_path: Path) -> None:
    """Between two lines with a short pause it stays low, and it never changes by more than 25 dB a second."""
    path = speech.write(tmp_path / "voice.wav", np.zeros(2 * speech.RATE, np.float32))
    voices = [Voice(path, round(at * RATE)) for at in (3, 6.5, 12)]
    mix = Mix(voices, lambda _start, count: np.ones((2, count), np.float32), 20 * RATE, lambda: None)
    level = np.array([decibels(mix(tenth * RATE // 10, RATE // 10)) for tenth in range(20, 170)])
    assert np.abs(np.diff(level)).max() < 2.5
    pause = level[30:45]
    assert np.ptp(pause) < 0.1


def test_voices_of_any_level_come_out_alike_but_not_flat(tmp_path: Path) -> None:
    """Microphones differ by 20 dB here; a line may stay 2 LU softer than the middle one."""
    levels = (0.5, 0.3, 0.03)
    paths = [speech.write(tmp_path / f"{level}.wav", np.asarray(tone(2, level)[0][::2], np.float32)) for level in levels]
    mix = Mix([Voice(path, 3 * RATE * number) for number, path in enumerate(paths)], None, 9 * RATE, lambda: None)
    heard = [metered(mix(3 * RATE * number, 2 * RATE)) for number in range(3)]
    assert heard == pytest.approx([-14.0, -16.0, -18.0], abs=0.3)
