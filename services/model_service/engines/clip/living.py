"""What lives in a picture: light that flickers and twinkles, water that glints, grass that sways.

Light is changed on the piece's own pixels before they are moved, so it stays as sharp and steady as the picture; only the pixels
that change are touched. Every wave follows from the time alone: the same moment always looks the same.
"""

import math

import cv2
import numpy as np

from services.model_service.engines.clip.planes import Paint
from services.model_service.engines.clip.resampling import BEHIND
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.layers import Detail, Life

_VOICES = 24
"""How many different waves there are; spots share them."""
_HEM = BEHIND - 8
"""Pixels around a piece that are never seen, and need not lean."""
_LEAN_EACH = 0.9
"""Pixels that the tips of what sways go, at most, before it is leant anew."""
_GOLDEN = (math.sqrt(5) - 1) / 2


class Spots:
    """Many small points, each with a wave of its own. Changes the paint's luma in place."""

    def __init__(self, paint: Paint, detail: Detail) -> None:
        self._luma = paint.luma.reshape(-1)
        self._detail = detail
        _, labels = cv2.connectedComponents(detail.mask, connectivity=8, ltype=cv2.CV_32S)
        self._where = np.flatnonzero(detail.mask)
        self._base: Array = self._luma[self._where].astype(np.float32)
        alpha = 255 - paint.uncovered.reshape(-1)[self._where].astype(np.float32)
        share = detail.mask.reshape(-1)[self._where].astype(np.float32) * np.float32(detail.strength / 255)
        self._reach: Array = (self._base - alpha * np.float32(16 / 255)) * share
        self._voice: Array = labels.reshape(-1)[self._where] % _VOICES

    def at(self, seconds: float) -> None:
        waves = _waves(self._detail, seconds)
        self._luma[self._where] = np.clip(self._base + self._reach * waves[self._voice], 0, 255)


class Lights:
    """A few patches of light that burn unevenly, colour and all. Changes the paint in place."""

    def __init__(self, paint: Paint, detail: Detail) -> None:
        self._detail = detail
        self._patches: list[_Patch] = []
        count, labels, boxes, _ = cv2.connectedComponentsWithStats(detail.mask, connectivity=8)
        for label in range(1, count):
            left, top, width, height = (int(v) for v in boxes[label][:4])
            # From even to even pixels, so that luma and chroma change over the same place.
            whole = slice(top // 2 * 2, -(-(top + height) // 2) * 2), slice(left // 2 * 2, -(-(left + width) // 2) * 2)
            half = slice(whole[0].start // 2, whole[0].stop // 2), slice(whole[1].start // 2, whole[1].stop // 2)
            share = np.where(labels[whole] == label, detail.mask[whole], 0).astype(np.float32) * np.float32(detail.strength / 255)
            share_half = cv2.resize(share, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            voice = label % _VOICES
            self._patches.append(_Patch(paint.luma[whole], paint.uncovered[whole], share, zero=16, lift=0, voice=voice))
            for plane in (paint.blue, paint.red):
                self._patches.append(
                    _Patch(plane[half], paint.uncovered_half[half], share_half, zero=128, lift=paint.lift, voice=voice)
                )

    def at(self, seconds: float) -> None:
        waves = _waves(self._detail, seconds).tolist()
        for patch in self._patches:
            patch.lit(waves[patch.voice])


class _Patch:
    """Part of a plane whose distance from `zero` (for opaque paint) grows and shrinks."""

    def __init__(self, target: Array, uncovered: Array, share: Array, *, zero: int, lift: int, voice: int) -> None:
        self.voice = voice
        self._target = target
        self._base = target.astype(np.float32)
        dark = (255 - uncovered.astype(np.float32)) * np.float32(zero / 255) + lift
        self._reach: Array = (self._base - dark) * share

    def lit(self, wave: float) -> None:
        cv2.convertScaleAbs(cv2.scaleAdd(self._reach, wave, self._base), self._target)


class Sway:
    """Rows that lean to and fro, further where the mask is brighter; the wave travels across, as wind does over grass.

    The paint is leant anew only a few times a second and mixed in between: its tips move by less than a pixel meanwhile.
    """

    def __init__(self, paint: Paint, detail: Detail) -> None:
        inner = slice(_HEM, -_HEM), slice(_HEM, -_HEM)
        self._planes = (paint.luma[inner], paint.uncovered[inner])
        self._lean = detail.mask[inner].max(1).astype(np.float32) * np.float32(detail.strength / 255)
        self._rate = detail.rate
        self._length = 60.0 + 14.0 * detail.strength
        turning = math.tau * max(detail.rate, 1e-3)
        self._pause = min(_LEAN_EACH / max(turning * detail.strength, 1e-3), 0.8 / turning)
        self._leant: dict[int, tuple[Array, ...]] = {}
        self._whole = paint.luma.copy(), paint.uncovered.copy()
        self._mixed = tuple(plane[inner] for plane in self._whole)

    def at(self, seconds: float) -> tuple[Array, Array]:
        """The paint's luma and what it leaves uncovered, as they lean at that time."""
        before = math.floor(seconds / self._pause)
        share = seconds / self._pause - before
        self._leant = {key: self._leant.get(key) or self._lean_at(key * self._pause) for key in (before, before + 1)}
        for one, other, mixed in zip(*self._leant.values(), self._mixed, strict=True):
            cv2.addWeighted(one, 1 - share, other, share, 0, mixed)
        return self._whole

    def _lean_at(self, seconds: float) -> tuple[Array, ...]:
        height, width = self._planes[0].shape
        x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
        turn = math.tau * self._rate * seconds
        place = x / np.float32(self._length)
        wind = np.sin(turn - place) * np.float32(0.65) + np.sin(turn * _GOLDEN + place * np.float32(2.3)) * np.float32(0.35)
        leaning = np.add(x[None, :], np.multiply.outer(self._lean, wind.astype(np.float32)), dtype=np.float32)
        rows = np.ascontiguousarray(np.broadcast_to(y[:, None], leaning.shape))
        return tuple(
            np.asarray(cv2.remap(plane, leaning, rows, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)) for plane in self._planes
        )


def living(paint: Paint, detail: Detail) -> Spots | Lights:
    """The detail on a piece's paint, whose pixels it changes."""
    return Lights(paint, detail) if detail.kind is Life.FLICKER else Spots(paint, detail)


def _waves(detail: Detail, seconds: float) -> Array:
    """Every voice's wave at that time: rates around the asked one, and phases, both spread evenly."""
    voice = np.arange(_VOICES)
    turns = seconds * detail.rate * (0.7 + 0.6 * (voice * _GOLDEN % 1))
    return np.asarray(_WAVES[detail.kind](turns, voice * _GOLDEN * 7 % 1), np.float32)


def _flicker(turns: Array, phase: Array) -> Array:
    """Uneven burning between -1 and 1, brighter than dimmer."""
    turn = math.tau * turns
    return np.asarray(
        0.2 + 0.45 * np.sin(turn + 6 * phase) + 0.25 * np.sin(2.7 * turn + 9 * phase) + 0.1 * np.sin(6.1 * turn + phase)
    )


def _twinkle(turns: Array, phase: Array) -> Array:
    """From as painted down to nothing, staying longest at the top."""
    return np.asarray(-(np.sin(math.pi * (turns + phase)) ** 4))


def _glint(turns: Array, phase: Array) -> Array:
    """Dim for most of the time, with short flashes."""
    return np.asarray(1.6 * np.sin(math.pi * (turns + phase)) ** 8 - 0.7)


_WAVES = {Life.FLICKER: _flicker, Life.TWINKLE: _twinkle, Life.GLINT: _glint}
