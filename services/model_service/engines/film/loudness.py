"""Loudness after ITU-R BS.1770-4: measured without a filter's loop, and brought to a target under a true-peak ceiling."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

RATE = 48_000
"""Samples a second of everything that is mixed."""

Sound = NDArray[np.float32]
"""Samples from -1 to 1, channels × count."""
Source = Callable[[int, int], Sound]
"""Gives `count` samples from sample `start` on; any part, in any order, silence outside."""

BLOCK = RATE
TARGET = -16.0
"""Loudness of a film, in LUFS: what players on the web expect."""
CEILING = -1.6
"""True peak before encoding, in dBTP; lossy coding adds a few tenths."""

_HOP = RATE // 10
_SILENCE = -70.0
_MOST_GAIN = 24.0

# The two stages of the K weighting at 48 kHz (BS.1770-4, tables 1 and 2).
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


class Meter:
    """Integrated loudness of what it is shown.

    The weighting is applied to the spectrum of each tenth of a second: within 0.1 LU of the filters in time.
    """

    def __init__(self) -> None:
        turn = np.exp(-2j * np.pi * np.fft.rfftfreq(_HOP))
        response = np.ones_like(turn)
        for above, below in (_SHELF, _HIGH_PASS):
            response *= np.polyval(above[::-1], turn) / np.polyval(below[::-1], turn)
        self._weights = 2 * np.abs(response) ** 2 / _HOP**2
        self._energies: list[NDArray[np.float64]] = []
        self._left = np.zeros((2, 0), np.float32)

    def add(self, sound: Sound) -> None:
        """Show it the next samples; stereo, or mono, which counts as one loudspeaker."""
        waiting = np.concatenate([self._left[: len(sound)], sound], axis=1)
        hops = waiting.shape[1] // _HOP
        self._left = waiting[:, hops * _HOP :]
        if hops:
            spectrum = np.fft.rfft(waiting[:, : hops * _HOP].reshape(len(sound), hops, _HOP))
            self._energies.append((np.abs(spectrum) ** 2 @ self._weights).sum(axis=0))

    @property
    def integrated(self) -> float:
        """LUFS, gated; -inf when there was only silence, or less than 0.4 s."""
        energies = np.concatenate([np.zeros(0), *self._energies])
        if len(energies) < 4:
            return float("-inf")
        blocks = np.convolve(energies, np.full(4, 0.25), mode="valid")
        heard = blocks[_lufs(blocks) > _SILENCE]
        if not len(heard):
            return float("-inf")
        gated = heard[_lufs(heard) > _lufs(heard.mean()) - 10]
        return float(_lufs(gated.mean()))


def measure(source: Source, total: int) -> float:
    """Integrated loudness of a source's first `total` samples."""
    meter = Meter()
    for start in range(0, total, BLOCK):
        meter.add(source(start, min(BLOCK, total - start)))
    return meter.integrated


def gain_to(target: float, loudness: float) -> float:
    """The factor that brings `loudness` to `target`; 1 for silence, never more than a whisper can bear."""
    return 1.0 if loudness == float("-inf") else float(10 ** (min(target - loudness, _MOST_GAIN) / 20))


def limited(source: Source, total: int, gain: float) -> Iterator[Sound]:
    """The source times `gain` in blocks of a second, nowhere above the ceiling.

    The limiter sees 5 ms ahead and works on the peak of each millisecond, four times oversampled; a block is computed with
    its surroundings, so that blocks meet without a seam.
    """
    step = RATE // 1000
    reach = 10 * step
    ceiling = 10 ** (CEILING / 20)
    for start in range(0, total, BLOCK):
        count = min(BLOCK, total - start)
        padded = count + (-count) % step
        sound = source(start - reach, padded + 2 * reach) * np.float32(gain)
        peaks = _true_peak(sound).reshape(-1, step).max(axis=1)
        allowed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
        lowest = np.lib.stride_tricks.sliding_window_view(np.pad(allowed, 5, mode="edge"), 11).min(axis=1)
        smooth = np.convolve(np.pad(lowest, 4, mode="edge"), np.full(9, 1 / 9), mode="valid")
        centres = (np.arange(len(smooth)) + 0.5) * step
        curve = np.interp(np.arange(sound.shape[1]), centres, smooth).astype(np.float32)
        yield np.ascontiguousarray((sound * curve)[:, reach : reach + count])


def _lufs(energy: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(energy, 1e-12))


def _true_peak(sound: Sound) -> Sound:
    """The largest magnitude of any channel around each sample, between samples too (windowed sinc, twelve taps a phase)."""
    largest: Sound = np.abs(sound).max(axis=0)
    taps = np.arange(-5, 7)
    for phase in (0.25, 0.5, 0.75):
        at = taps - phase
        kernel = (np.sinc(at) * np.cos(np.pi * at / 13) ** 2).astype(np.float32)
        between = cv2.filter2D(sound, -1, kernel[None, :], anchor=(6, 0), borderType=cv2.BORDER_CONSTANT)
        np.maximum(largest, np.abs(between).max(axis=0), out=largest)
    return largest
