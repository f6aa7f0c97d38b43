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


def unpainted(rng: np.random.Generator, frame: Frame, *, margin: float, ragged: float) -> Array:
    """How bare the paper is, H × W from 0 (painted) to 1: washes that stop short of the edge here and run on there.

    `margin` is the painting's mean distance from the edge and `ragged` how much that varies, both in units.
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
    reach = inset + (sweep * np.float32(1.5) + bristle * np.float32(0.42)) * np.float32(frame.unit * ragged)
    return smoothstep(frame.unit * margin * 1.45, frame.unit * margin * 0.55, reach)


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
