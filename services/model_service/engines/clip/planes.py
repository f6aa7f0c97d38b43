"""Pictures as planes of luma and chroma (4:2:0), in which frames are composed: 1.5 bytes a pixel, and what x264 takes.

Rec. 709, limited range, as every player expects of a film of this size. Paint is premultiplied, with what it leaves
*uncovered* (255 less alpha) in place of alpha: `out = out * uncovered / 255 + paint`, plane by plane.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array

_RED, _GREEN, _BLUE = 0.2126, 0.7152, 0.0722
_BLACK, _LUMA, _CHROMA, _GREY = 16, 219 / 255, 224 / 255, 128


@dataclass(frozen=True, slots=True)
class Planes:
    """One frame: `luma` is H × W, `blue` and `red` H/2 × W/2, all uint8. Rows may be padded, so the arrays are views."""

    luma: Array
    blue: Array
    red: Array

    @classmethod
    def empty(cls, width: int, height: int) -> "Planes":
        return cls(
            np.empty((height, width), np.uint8),
            np.empty((height // 2, width // 2), np.uint8),
            np.empty((height // 2, width // 2), np.uint8),
        )


@dataclass(frozen=True, slots=True)
class Paint:
    """Premultiplied paint, uint8: `luma` and `uncovered` are h × w (both even), `blue`, `red` and `uncovered_half` h/2 × w/2.

    Chroma carries 128 times its alpha, and `lift` besides: light without cover may have less than no blue, and bytes
    have no sign.
    """

    luma: Array
    uncovered: Array
    blue: Array
    red: Array
    uncovered_half: Array
    lift: int


def paint_of(bgra: Array) -> Paint:
    """Premultiplied uint8 BGRA, h × w × 4 with h and w even, as planes."""
    half = cv2.resize(bgra, (bgra.shape[1] // 2, bgra.shape[0] // 2), interpolation=cv2.INTER_AREA)
    luma = cv2.transform(bgra, np.array([[_LUMA * _BLUE, _LUMA * _GREEN, _LUMA * _RED, _BLACK / 255]]))
    chroma = cv2.transform(
        half.astype(np.int16),
        np.array(
            [
                [*(_CHROMA / (2 - 2 * _BLUE) * v for v in (1 - _BLUE, -_GREEN, -_RED)), _GREY / 255],
                [*(_CHROMA / (2 - 2 * _RED) * v for v in (-_BLUE, -_GREEN, 1 - _RED)), _GREY / 255],
            ]
        ),
    )
    lift = max(0, -int(chroma.min()))
    blue, red = cv2.split(cv2.convertScaleAbs(chroma, None, 1, lift))
    uncovered, uncovered_half = (np.asarray(cv2.bitwise_not(cv2.extractChannel(plane, 3))) for plane in (bgra, half))
    return Paint(np.asarray(luma), uncovered, np.asarray(blue), np.asarray(red), uncovered_half, lift)
