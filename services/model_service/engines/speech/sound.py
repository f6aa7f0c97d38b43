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

_PAUSE_LEVEL = -30.0
"""What lies this far below the loudest within a line is a pause, dB."""
_BLOCK = RATE // 1000
_REACH = 8
"""Milliseconds around a high peak in which the limiter turns down."""

Samples = NDArray[np.float32]


def bounds(samples: Samples) -> tuple[int, int]:
    """The first and the last sample (exclusive) of what is spoken, with a margin; nothing when all is silent."""
    levels = _levels(samples)
    heard = np.flatnonzero(levels > max(float(levels.max(initial=-120.0)) + _QUIET, -70.0))
    if not len(heard):
        return 0, 0
    margin = round(MARGIN * RATE)
    return max(int(heard[0]) * _WINDOW - margin, 0), min((int(heard[-1]) + 1) * _WINDOW + margin, len(samples))


def silence(samples: Samples, first: int, last: int) -> tuple[int, int] | None:
    """The longest stretch without speech between two samples; None when speech goes on."""
    levels = _levels(samples)
    begin, end = first // _WINDOW, min(-(-last // _WINDOW), len(levels))
    quiet = np.concatenate([[False], levels[begin:end] < float(levels.max(initial=-120.0)) + _PAUSE_LEVEL, [False]])
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8))).reshape(-1, 2)
    if not len(edges):
        return None
    longest = edges[np.argmax(edges[:, 1] - edges[:, 0])]
    return (begin + int(longest[0])) * _WINDOW, (begin + int(longest[1])) * _WINDOW


def levelled(samples: Samples, gain: float) -> Samples:
    """The samples with their spoken parts at LEVEL plus `gain` decibels; no peak is above PEAK, and the ends do not click."""
    levels = _levels(samples)
    loud = levels[levels > max(float(levels.max(initial=-120.0)) - 30.0, -70.0)]
    if not len(loud):
        return samples
    power = float(np.mean(10 ** (loud / 10)))
    even = _limited(samples * np.float32(10 ** ((LEVEL + gain) / 20) / np.sqrt(power)))
    edge = min(RATE // 200, len(even) // 2)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    even[:edge] *= ramp
    even[len(even) - edge :] *= ramp[::-1]
    return even


def _limited(samples: Samples) -> Samples:
    """The samples with their peaks at PEAK at most: a few milliseconds around each that is higher are turned down, softly.

    Turning the whole line down instead would make voices with sharp peaks up to 3 dB quieter than the others.
    """
    ceiling = np.float32(10 ** (PEAK / 20))
    if float(np.abs(samples).max(initial=0.0)) <= ceiling:
        return samples
    count = -(-len(samples) // _BLOCK)
    peaks = np.abs(np.pad(samples, (0, count * _BLOCK - len(samples)))).reshape(count, _BLOCK).max(axis=1)
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    # The lowest gain that is needed nearby, smoothed over less than that, is never above what is needed.
    lowest = np.lib.stride_tricks.sliding_window_view(np.pad(needed, _REACH, mode="edge"), 2 * _REACH + 1).min(axis=1)
    window = np.hanning(2 * _REACH - 1)
    smooth = np.convolve(np.pad(lowest, _REACH - 2, mode="edge"), window[1:-1] / window.sum(), mode="valid")
    gains = np.interp(np.arange(len(samples)), (np.arange(count) + 0.5) * _BLOCK, smooth)
    return np.asarray(samples * gains, np.float32)


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
