"""Painting by areas: flat dabs that keep edges, and edges displaced as by an unsteady hand."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Frame
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.styles.look import Cut


def dabbed(levels: Array, size: int) -> Array:
    """Every pixel takes the mean of the calmest of the four squares of `size` pixels that it is a corner of.

    The filter of M. Kuwahara (1976): textures become dabs, edges stay. `levels` is uint8, h × w × 4 with alpha last.
    """
    if size < 2:
        return levels
    mean = cv2.boxFilter(levels, -1, (size, size), borderType=cv2.BORDER_REPLICATE)
    light = cv2.addWeighted(cv2.extractChannel(levels, 1), 0.65, cv2.extractChannel(levels, 3), 0.35, 0)
    bright = cv2.boxFilter(light, cv2.CV_32F, (size, size), borderType=cv2.BORDER_REPLICATE)
    unrest = cv2.sqrBoxFilter(light, cv2.CV_32F, (size, size), borderType=cv2.BORDER_REPLICATE) - bright * bright
    reach = size // 2
    h, w = levels.shape[:2]
    mean = cv2.copyMakeBorder(mean, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    unrest = cv2.copyMakeBorder(unrest, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    corners = [(slice(dy, dy + h), slice(dx, dx + w)) for dy in (0, 2 * reach) for dx in (0, 2 * reach)]
    out = np.ascontiguousarray(mean[corners[0]])
    calm = np.ascontiguousarray(unrest[corners[0]])
    for corner in corners[1:]:
        calmer = (unrest[corner] < calm).view(np.uint8)
        cv2.copyTo(mean[corner], calmer, out)
        np.minimum(calm, unrest[corner], out=calm)
    return out


def in_levels(paint: Array) -> Array:
    """Premultiplied float32 paint as uint8, in which filters are several times as fast; light above white is cut."""
    return np.asarray(cv2.convertScaleAbs(np.ascontiguousarray(paint), alpha=255.0))


def in_light(levels: Array) -> Array:
    """Levels as float32 again."""
    return np.multiply(levels, np.float32(1 / 255), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Hand:
    """An unsteady hand: by how many pixels it misses at each place, right and down (2 × H × W)."""

    misses: Array

    @classmethod
    def drawn(cls, rng: np.random.Generator, frame: Frame, *, reach: float, cells: float, octaves: int) -> "Hand":
        """`reach` pixels at most either way, in waves of which `cells` fit the height."""
        fields = [clouds(rng, frame.width, frame.height, cells=cells, octaves=octaves) - np.float32(0.5) for _ in range(2)]
        return cls(np.stack(fields) * np.float32(2 * reach))

    def redrawn(self, levels: Array, cut: Cut, share: float = 1.0) -> Array:
        """The cut's `levels` as this hand draws them, missing by `share` of its reach."""
        h, w = cut.size
        at = self.misses[:, cut.rows, cut.columns] * np.float32(share)
        at[0] += np.arange(w, dtype=np.float32)[None, :]
        at[1] += np.arange(h, dtype=np.float32)[:, None]
        return np.asarray(cv2.remap(levels, at[0], at[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
