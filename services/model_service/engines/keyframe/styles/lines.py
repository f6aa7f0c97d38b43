"""Drawn lines: where a layer's own shapes and colours end, and outlines laid under its silhouettes."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, smoothstep


def nib(width: float, *, flatness: float = 1.0, slant: float = 0.0) -> Array:
    """A pen's point as a structuring element: `width` pixels across, squeezed by `flatness` and turned by `slant` degrees.

    A flat slanted nib draws contours thick one way and thin the other, as a brush or a broad pen does.
    """
    radius = max(width / 2, 0.8)
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    turn = np.deg2rad(slant)
    along = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))
    across = (y * np.float32(np.cos(turn)) - x * np.float32(np.sin(turn))) / np.float32(flatness)
    return np.asarray((along**2 + across**2 <= (radius + 0.25) ** 2).astype(np.uint8))


def plain(levels: Array, size: float) -> Array:
    """`levels` (uint8) without what is smaller than `size` pixels, dark or bright: eyes and flowers keep their looks unlined."""
    point = np.ones((round(size) | 1,) * 2, np.uint8) if size > 6 else nib(size)  # squares are fast when they are large
    return np.asarray(cv2.morphologyEx(cv2.morphologyEx(levels, cv2.MORPH_CLOSE, point), cv2.MORPH_OPEN, point))


def contours(paint: Array, point: Array, *, faint: float, sure: float, least: float = 0.0) -> Array:
    """How surely an edge of shape or colour runs under the pen's `point`, 0 to 1, h × w.

    `paint` is premultiplied float32 RGBA; steps smaller than `faint` (0 to 1) are no edge, from `sure` on they are. Things
    smaller than `least` pixels have none.
    """
    levels = cv2.convertScaleAbs(np.ascontiguousarray(paint), alpha=255.0)
    if least >= 2:
        levels = plain(levels, least)
    steps = cv2.morphologyEx(levels, cv2.MORPH_GRADIENT, point)
    strongest = np.maximum(np.maximum(steps[..., 0], steps[..., 1]), np.maximum(steps[..., 2], steps[..., 3]))
    table = np.rint(smoothstep(faint, sure, np.arange(256, dtype=np.float32) / 255) * 255).astype(np.uint8)
    drawn = cv2.GaussianBlur(cv2.LUT(strongest, table), (3, 3), 0.55)  # the pen's point has no steps
    return np.asarray(drawn.astype(np.float32) * np.float32(1 / 255))


def outlined(paint: Array, point: Array, colour: Array, *, sturdy: int = 0) -> Array:
    """The paint with a line of `colour` under its silhouettes, so that nothing thin is eaten; changed in place.

    Shapes thinner than `sturdy` pixels (blades of grass, rain) get none.
    """
    alpha = np.ascontiguousarray(paint[..., 3])
    # What is out of focus is drawn as sharply as the rest.
    sharp = np.rint(smoothstep(0.30, 0.70, np.arange(256, dtype=np.float32) / 255) * 255).astype(np.uint8)
    silhouette = cv2.LUT(cv2.convertScaleAbs(alpha, alpha=255.0), sharp)
    if sturdy:
        silhouette = cv2.morphologyEx(silhouette, cv2.MORPH_OPEN, nib(sturdy))
    under = cv2.dilate(silhouette, point).astype(np.float32) * np.float32(1 / 255)
    under *= 1 - np.minimum(alpha, 1)
    for channel in range(3):
        paint[..., channel] += under * colour[channel]
    paint[..., 3] += under
    return paint
