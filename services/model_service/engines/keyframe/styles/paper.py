"""Paper: its tooth, its fibres, how a painting thins out into it, and how all of it lies on the lens."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Frame, smoothstep
from services.model_service.engines.keyframe.noise import clouds, grain


def tooth(rng: np.random.Generator, frame: Frame, size: float = 1.3) -> Array:
    """The hills and valleys of rough paper, about -0.5 to 0.5, H × W; `size` is a grain's in 720ths of the unit."""
    sigma = max(size * frame.unit / 720, 0.55)
    field = cv2.GaussianBlur(grain(rng, frame.width, frame.height), (0, 0), sigma)
    return np.asarray(field * np.float32(0.16 / max(float(field.std()), 1e-6)))


def reach(rng: np.random.Generator, frame: Frame, *, margin: float, ragged: float) -> Array:
    """How far inside the painting a place is, H × W: 0 and less is bare paper, 1 and more is painted.

    Washes stop short of the edge here and run on there: `margin` is their mean distance from it, `ragged` how much that
    varies, both in units.
    """
    inset = np.minimum(np.minimum(frame.columns, frame.width - frame.columns), np.minimum(frame.rows, frame.height - frame.rows))
    # Corners are rounder than the picture: nobody's brush turns at a right angle.
    corner = np.float32(1.6) / (
        1 / (np.minimum(frame.columns, frame.width - frame.columns) + 1)
        + 1 / (np.minimum(frame.rows, frame.height - frame.rows) + 1)
    )
    inset = np.minimum(inset, corner)
    sweep = clouds(rng, frame.width, frame.height, cells=1.6, octaves=2) - np.float32(0.5)
    bristle = clouds(rng, frame.width, frame.height, cells=14, octaves=4, gain=0.62) - np.float32(0.5)
    at = inset + (sweep * np.float32(1.7) + bristle * np.float32(0.5)) * np.float32(frame.unit * ragged)
    return np.asarray(at / np.float32(frame.unit * margin) - np.float32(0.5))


def bare(inside: Array, tooth: Array, rough: float = 1.0) -> Array:
    """How bare the paper is, H × W from 0 (painted) to 1: at the rim only the paper's hills take colour. `inside` is `reach`'s."""
    return smoothstep(0.85, 0.15, inside + tooth * np.float32(rough))


def sheet(colour: Array, bare: Array, shade: Array) -> Array:
    """Paper before the picture: opaque `colour` where it is `bare`, a shadow of `shade` (0 to 1) in its valleys; uint8 BGRA."""
    seen = bare * np.float32(255)
    dark = np.clip(shade, 0, 1) * np.float32(255)
    cover = seen + dark * (1 - bare)
    tint = 1 - np.clip(shade, 0, 1)
    return np.asarray(
        cv2.merge(
            [np.rint(seen * tint * colour[channel]).astype(np.uint8) for channel in (2, 1, 0)] + [np.rint(cover).astype(np.uint8)]
        )
    )
