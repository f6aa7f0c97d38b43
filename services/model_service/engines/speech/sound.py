"""Samples of a voice: trimmed, brought to one level, written as WAV."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 24_000
"""Samples a second of every voice."""
MARGIN = 0.05
"""Seconds of silence kept before and after what is spoken."""
LEVEL = -20.0
"""Level of the spoken parts, dBFS (RMS)."""
PEAK = -1.0

_WINDOW = RATE // 100
_QUIET = -40.0
"""What lies this far below the loudest hundredth of a second is silence, dB."""

Samples = NDArray[np.float32]


def bounds(samples: Samples) -> tuple[int, int]:
    """The first and the last sample (exclusive) of what is spoken, with a margin; nothing when all is silent."""
    levels = _levels(samples)
    heard = np.flatnonzero(levels > max(float(levels.max(initial=-120.0)) + _QUIET, -70.0))
    if not len(heard):
        return 0, 0
    margin = round(MARGIN * RATE)
    return max(int(heard[0]) * _WINDOW - margin, 0), min((int(heard[-1]) + 1) * _WINDOW + margin, len(samples))


def levelled(samples: Samples, gain: float) -> Samples:
    """The samples with their spoken parts at LEVEL plus `gain` decibels; no peak is above PEAK, and the ends do not click."""
    levels = _levels(samples)
    loud = levels[levels > max(float(levels.max(initial=-120.0)) - 30.0, -70.0)]
    if not len(loud):
        return samples
    power = float(np.mean(10 ** (loud / 10)))
    wanted = 10 ** ((LEVEL + gain) / 20) / np.sqrt(power)
    most = 10 ** (PEAK / 20) / max(float(np.abs(samples).max()), 1e-9)
    even = samples * np.float32(min(wanted, most))
    edge = min(RATE // 200, len(even) // 2)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    even[:edge] *= ramp
    even[len(even) - edge :] *= ramp[::-1]
    return even


def resampled(samples: Samples, rate: int) -> Samples:
    """The samples, taken `rate` times a second, at RATE: by their spectrum, nothing above the lower half-rate kept."""
    if rate == RATE or not len(samples):
        return samples
    count = round(len(samples) * RATE / rate)
    spectrum = np.fft.rfft(samples)
    kept = np.zeros(count // 2 + 1, np.complex128)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return np.asarray(np.fft.irfft(kept, count) * (count / len(samples)), np.float32)


def write(path: Path, samples: Samples) -> Path:
    """A mono 16-bit WAV file at RATE."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def _levels(samples: Samples) -> NDArray[np.float64]:
    """The level of each hundredth of a second, dBFS."""
    whole = samples[: len(samples) // _WINDOW * _WINDOW].reshape(-1, _WINDOW).astype(np.float64)
    return np.asarray(10 * np.log10(np.mean(whole**2, axis=1) + 1e-12))
