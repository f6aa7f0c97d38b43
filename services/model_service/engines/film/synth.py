"""Music for moods that no packaged track has: chords of soft tones, a pulse, plucks, a small melody, a hall around them.

Subtractive in spirit, additive in fact: one period of each timbre is summed once and then read at every pitch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_RATE = 24_000
"""Nothing here sounds above 6 kHz, so it is made at half of the film's rate and doubled at the end."""
_TABLE = 2048
_BARS = 16
_GRID = 480
"""A bar is a multiple of so many samples: its eighths are whole numbers, and the piece's spectrum is quickly made."""
_BUILD = ((0.75, 0.0, 0.5, 0.0), (0.95, 0.5, 0.8, 0.75), (1.0, 1.0, 1.0, 1.0), (0.85, 0.6, 0.6, 0.85))
"""How strong pad, pulse, plucks and melody are in each quarter of the piece: it grows, and thins out towards its beginning."""

Signal = NDArray[np.float32]


_MINOR, _DORIAN, _PHRYGIAN, _LYDIAN = (
    (0, 2, 3, 5, 7, 8, 10),
    (0, 2, 3, 5, 7, 9, 10),
    (0, 1, 3, 5, 7, 8, 10),
    (0, 2, 4, 6, 7, 9, 11),
)
_RHYTHMS = (((0, 3), (3, 1), (4, 4)), ((0, 2), (2, 2), (4, 4)), ((0, 4), (4, 2), (6, 2)), ((0, 6), (6, 2)), ((2, 2), (4, 4)))
"""Bars of melody: when each tone begins and how long it lasts, in eighths."""


@dataclass(frozen=True, slots=True)
class _Score:
    """Pitches are MIDI numbers; chords are semitones above `root`, one a bar, repeated. The strengths are from 0 to 1.

    `sung` says whether the melody is held like a voice or struck like a bell.
    """

    root: int
    scale: tuple[int, ...]
    chords: tuple[tuple[int, ...], ...]
    beats_a_minute: int
    brightness: float
    pulse: float
    plucks: float
    melody: float
    cutoff: float
    sung: bool = False


SCORES: Mapping[str, _Score] = {
    "dark": _Score(38, _PHRYGIAN, ((0, 3, 7), (-4, 0, 3), (1, 5, 8), (-5, -1, 2)), 60, 0.35, 0.3, 0.1, 0.5, 1300),
    "tense": _Score(40, _PHRYGIAN, ((0, 3, 7), (1, 5, 8), (0, 3, 6), (-2, 1, 5)), 84, 0.45, 0.7, 0.25, 0.35, 1900),
    "epic": _Score(41, _MINOR, ((0, 3, 7), (-4, 0, 3), (3, 7, 10), (-2, 2, 5)), 90, 0.6, 1.0, 0.3, 0.9, 3200, sung=True),
    "wonder": _Score(48, _LYDIAN, ((0, 4, 7, 11), (2, 6, 9), (-3, 0, 4), (-5, -1, 2)), 72, 0.4, 0.12, 0.5, 0.6, 4000),
    "lonely": _Score(45, _DORIAN, ((0, 3, 7), (-2, 2, 5), (-7, -4, 0), (-5, -2, 2)), 58, 0.25, 0.0, 0.12, 0.9, 2200),
}


def loop(mood: str, seed: int, check: Callable[[], None] = lambda: None) -> Signal:
    """Sixteen bars of `mood` (a key of SCORES) at 48 kHz, 2 × count, meeting their own beginning; the same for the same seed.

    `check` is called before each bar, and may raise.
    """
    score = SCORES[mood]
    chance = np.random.default_rng(seed)
    bar = round(_RATE * 240 / score.beats_a_minute / _GRID) * _GRID
    track = np.zeros((2, bar * _BARS), np.float32)
    held = _timbre([score.brightness ** (k - 1) / k for k in range(1, 9)])
    bell = _timbre([1.0, 0.0, 0.35, 0.0, 0.1])
    motif = _motif(chance)
    for number in range(_BARS):
        check()
        chord = score.chords[number % len(score.chords)]
        pad, pulse, plucks, melody = _BUILD[number * len(_BUILD) // _BARS]
        at = number * bar
        voices = [score.root + 12 + step for step in chord] + [score.root + chord[0]]
        for pitch in voices:
            _add(track, at, _swell(held, pitch, bar, chance) * np.float32(pad / len(voices)))
        for eighth in range(8):
            moment = at + eighth * bar // 8
            accent = 0.35 if eighth % 2 else 0.7 if eighth % 4 else 1.0
            if score.pulse * pulse:
                _add(track, moment, _thump(score.root + chord[0] - 12) * np.float32(0.5 * score.pulse * pulse * accent))
            if chance.random() < score.plucks * plucks:
                pitch = score.root + 24 + int(chance.choice(chord))
                _add(track, moment, _pluck(bell, pitch, chance) * np.float32(0.07))
        if score.melody * melody:
            for eighth, length, step in motif[number % len(motif)]:
                tone = _lead(held if score.sung else bell, _pitch(score, chord[0], step), length * bar / 8, sung=score.sung)
                _add(track, at + eighth * bar // 8, tone * np.float32(0.16 * score.melody * melody))
    return _doubled(_hall(_low_passed(track, score.cutoff), chance))


def _motif(chance: np.random.Generator) -> list[list[tuple[int, int, int]]]:
    """Four bars of melody: a call, an answer, the call again, a close. Tones are (eighth, length, steps above the chord's root)."""

    def phrase() -> list[tuple[int, int, int]]:
        step = int(chance.choice((0, 2, 4)))
        tones = []
        for eighth, length in _RHYTHMS[int(chance.integers(len(_RHYTHMS)))]:
            tones.append((eighth, length, step))
            step = min(max(step + int(chance.choice((-2, -1, -1, 1, 1, 2))), -1), 6)
        return tones

    call, answer = phrase(), phrase()
    return [call, answer, call, [(0, 2, 2), (2, 2, 1), (4, 4, 0)]]


def _pitch(score: _Score, chord: int, step: int) -> float:
    """The scale's tone so many steps above a chord's root, two octaves up."""
    octave, tone = divmod(chord, 12)
    base = min(range(len(score.scale)), key=lambda place: abs(score.scale[place] - tone))
    octaves, place = divmod(base + step, len(score.scale))
    return score.root + 24 + 12 * (octave + octaves) + score.scale[place]


def _lead(timbre: Signal, pitch: float, samples: float, *, sung: bool) -> Signal:
    """One tone of the melody: it sings and wavers a little, or is struck and dies away."""
    count = round(samples + 0.6 * _RATE)
    seconds = np.arange(count, dtype=np.float32) / _RATE
    rise = 0.09 if sung else 0.006
    shape = np.minimum(seconds / rise, 1) * np.clip((count / _RATE - seconds) / 0.6, 0, 1)
    if not sung:
        shape = shape * np.exp(-1.6 * seconds)
    waver = 1 + (0.003 * np.sin(2 * np.pi * 5 * seconds) * np.clip(seconds - 0.3, 0, 1) if sung else 0)
    step = 440.0 * 2 ** ((pitch - 69) / 12) / _RATE * _TABLE
    tone = timbre[np.cumsum(step * waver * np.ones(count)).astype(np.int64) % _TABLE] * shape
    return np.stack([tone * 0.55, tone * 0.45]).astype(np.float32)


def _timbre(partials: list[float]) -> Signal:
    """One period of the sum of harmonics with these strengths."""
    phase = 2 * np.pi * np.arange(_TABLE) / _TABLE
    period: Signal = np.sum([level * np.sin(phase * (k + 1)) for k, level in enumerate(partials)], axis=0).astype(np.float32)
    return period


def _tone(timbre: Signal, pitch: float, count: int, phase: float) -> Signal:
    """`count` samples of the timbre at a MIDI pitch."""
    step = 440.0 * 2 ** ((pitch - 69) / 12) / _RATE * _TABLE
    return timbre[(phase * _TABLE + step * np.arange(count)).astype(np.int64) % _TABLE]


def _swell(timbre: Signal, pitch: float, bar: int, chance: np.random.Generator) -> Signal:
    """A held note, three strings wide, that comes and goes a little beyond its bar and wanders between the loudspeakers."""
    count = bar + round(1.5 * _RATE)
    seconds = np.arange(count, dtype=np.float32) / _RATE
    rise = np.clip(np.minimum(seconds / 1.4, (count / _RATE - seconds) / 1.4), 0, 1)
    sound = np.zeros((2, count), np.float32)
    for detune in (-0.07, 0.0, 0.07):
        tone = _tone(timbre, pitch + detune, count, chance.random()) * rise
        side = 0.5 + 0.35 * np.sin(0.3 * seconds + 2 * np.pi * np.float32(chance.random()))
        sound += np.stack([tone * side, tone * (1 - side)])
    return sound / np.float32(3)


def _thump(pitch: float) -> Signal:
    """A low drum of three quarters of a second whose pitch falls."""
    seconds = np.arange(round(0.75 * _RATE), dtype=np.float32) / _RATE
    frequency = np.float32(440.0 * 2 ** ((pitch - 69) / 12)) * (1 + 0.6 * np.exp(-40 * seconds))
    body = np.asarray(np.exp(-7 * seconds) * np.sin(2 * np.pi * np.cumsum(frequency) / _RATE), np.float32)
    return np.stack([body, body])


def _pluck(timbre: Signal, pitch: float, chance: np.random.Generator) -> Signal:
    count = round(1.6 * _RATE)
    seconds = np.arange(count, dtype=np.float32) / _RATE
    tone = _tone(timbre, pitch, count, 0.0) * np.exp(-3.2 * seconds, dtype=np.float32) * np.minimum(seconds / 0.004, 1)
    side = np.float32(chance.uniform(0.25, 0.75))
    return np.stack([tone * side, tone * (1 - side)]).astype(np.float32)


def _add(track: Signal, at: int, sound: Signal) -> None:
    """Mix `sound` in from `at` on; what reaches beyond the end comes round to the beginning, so that the loop has no seam."""
    count = track.shape[1]
    places = (at + np.arange(sound.shape[1])) % count
    track[:, places] += sound


def _low_passed(track: Signal, cutoff: float) -> Signal:
    """Second-order low-pass, applied round the loop."""
    frequencies = np.fft.rfftfreq(track.shape[1], 1 / _RATE)
    response = 1 / np.sqrt(1 + (frequencies / cutoff) ** 4)
    return np.fft.irfft(np.fft.rfft(track) * response, track.shape[1]).astype(np.float32)


def _hall(track: Signal, chance: np.random.Generator) -> Signal:
    """The track in a room of two seconds (noise that dies away), round the loop too."""
    count = track.shape[1]
    seconds = np.arange(min(2 * _RATE, count)) / _RATE
    room = chance.standard_normal((2, len(seconds))) * np.exp(-2.8 * seconds)
    room /= np.sqrt((room**2).sum(axis=1, keepdims=True))
    wet = np.fft.irfft(np.fft.rfft(track) * np.fft.rfft(room, count), count)
    mixed = 0.65 * track + 0.45 * wet
    return np.asarray(mixed / np.abs(mixed).max() * 0.8, np.float32)


def _doubled(track: Signal) -> Signal:
    """At twice the rate, by its spectrum."""
    count = track.shape[1]
    return np.asarray(np.fft.irfft(np.fft.rfft(track), 2 * count) * 2, np.float32)
