"""Pixel art: big square pixels, one small palette for the picture, ordered dithering in gradients, dark outlines one pixel wide."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, luma
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.styles.look import Cut, Look, Overview
from services.model_service.engines.keyframe.styles.tones import contrast, pushed

_COLOURS = 40
_BITS = 5
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - np.float32(0.46875)
"""4 × 4 ordered dithering (B. Bayer, 1973)."""


def _graded(colour: Array) -> Array:
    return np.clip(pushed(contrast(np.clip(colour, 0, 1), 0.30), 0.42), 0, 1)


class Pixel(Look):
    """Every layer is reduced to the picture's grid, its coverage made all or nothing, and each square given a palette colour."""

    def __init__(self, stage: Stage, overview: Overview) -> None:
        super().__init__(stage, overview)
        self._block = max(2, round(stage.unit / 200))
        self._palette = chosen_palette(_graded(overview.picture), overview.cast, _COLOURS)
        self._nearest = _table(self._palette)
        self._darkest = self._palette[np.argmin(luma(self._palette.T))]

    def encoded(self, pixels: Array, cut: Cut) -> Array:
        block = self._block
        h, w = cut.size
        top, left = cut.rows.start % block, cut.columns.start % block
        padded = cv2.copyMakeBorder(pixels, top, (-(h + top)) % block, left, (-(w + left)) % block, cv2.BORDER_REPLICATE)
        small = cv2.resize(padded, (padded.shape[1] // block, padded.shape[0] // block), interpolation=cv2.INTER_AREA)
        small = self._squares(small, cut, (cut.rows.start // block, cut.columns.start // block))
        full = cv2.resize(small, (padded.shape[1], padded.shape[0]), interpolation=cv2.INTER_NEAREST)
        return np.asarray(full[top : top + h, left : left + w])

    def _squares(self, small: Array, cut: Cut, at: tuple[int, int]) -> Array:
        """The reduced layer (uint8 BGRA, premultiplied) in palette colours."""
        h, w = small.shape[:2]
        rows, columns = (np.arange(h) + at[0]) % 4, (np.arange(w) + at[1]) % 4
        threshold = _BAYER[rows[:, None], columns[None, :]]
        alpha = small[..., 3].astype(np.float32) * np.float32(1 / 255)
        colour = small[..., 2::-1].astype(np.float32) * np.float32(1 / 255)
        light = luma(colour.transpose(2, 0, 1))
        plain = _graded((colour / np.maximum(alpha, np.float32(0.02))[..., None]).transpose(2, 0, 1)).transpose(1, 2, 0)
        # Only calm places are dithered: a gradient moves a little from square to square, a texture a lot.
        busy = cv2.morphologyEx(light, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        amount = np.float32(0.055) * np.clip(1 - busy / np.float32(0.10), 0, 1) * (np.float32(0.0) if cut.cast else np.float32(1.0))
        index = np.clip((plain + (threshold * amount)[..., None]) * ((1 << _BITS) - 1) + 0.5, 0, (1 << _BITS) - 1).astype(np.int32)
        chosen = self._palette[self._nearest[(index[..., 0] << (2 * _BITS)) | (index[..., 1] << _BITS) | index[..., 2]]]
        # Air stays thin, in few dithered steps; everything else is there or is not.
        steps = np.float32(5)
        thin = np.clip(np.round(alpha * steps + threshold * np.float32(0.9)) / steps, 0, 1)
        hard = (alpha > 0.45).astype(np.float32)
        soft = cv2.blur(alpha, (5, 5))
        misty = (np.abs(soft - alpha) < 0.10) & (alpha < 0.97)
        cover = np.where(misty, thin, hard)
        out = np.empty_like(small)
        premultiplied = chosen * cover[..., None]
        glow = (alpha < 0.02) & (light > 0.03)
        if glow.any():
            shine = np.clip(np.round(light * 6 + threshold) / 6, 0, 1)[..., None]
            premultiplied = np.where(
                glow[..., None], colour / np.maximum(light, np.float32(0.02))[..., None] * shine, premultiplied
            )
        out[..., :3] = np.rint(np.clip(premultiplied[..., ::-1], 0, 1) * 255)
        out[..., 3] = np.rint(cover * 255)
        if cut.cast:
            solid = (out[..., 3] > 250).view(np.uint8)
            ring = cv2.dilate(solid, np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)) > solid
            out[ring] = np.append(np.rint(self._darkest[::-1] * 0.55 * 255), 255).astype(np.uint8)
        return out


def chosen_palette(picture: Array, figures: Array, count: int) -> Array:
    """`count` colours for a picture (RGB, 3 × h × w), count × 3: median cut, then Lloyd's rounds.

    Where `figures` (h × w) are, pixels weigh more, so that clothes keep their colours.
    """
    pixels = picture.reshape(3, -1).T
    weights = 1 + 24 * figures.reshape(-1)
    step = max(pixels.shape[0] // 6000, 1)
    pixels, weights = pixels[::step].astype(np.float64), weights[::step].astype(np.float64)
    scale = np.sqrt(np.array([0.299, 0.587, 0.114]))
    space = pixels * scale
    boxes = [np.arange(space.shape[0])]
    while len(boxes) < count:
        spreads = [
            float((np.ptp(space[box], 0) * 1.0).max()) * float(weights[box].sum()) ** 0.25 if box.size > 1 else -1.0
            for box in boxes
        ]
        widest = int(np.argmax(spreads))
        if spreads[widest] <= 0:
            break
        box = boxes.pop(widest)
        axis = int(np.argmax(np.ptp(space[box], 0)))
        order = box[np.argsort(space[box, axis], kind="stable")]
        share = np.cumsum(weights[order])
        middle = min(max(int(np.searchsorted(share, share[-1] / 2)), 1), order.size - 1)
        boxes += [order[:middle], order[middle:]]
    centres = np.stack([np.average(space[box], 0, weights[box]) for box in boxes])
    for _ in range(4):
        nearest = ((space[:, None] - centres[None]) ** 2).sum(2).argmin(1)
        for index in range(centres.shape[0]):
            mine = nearest == index
            if mine.any():
                centres[index] = np.average(space[mine], 0, weights[mine])
    return np.asarray((centres / scale).astype(np.float32))


def _table(palette: Array) -> Array:
    """The palette index nearest to every colour of `_BITS` bits a channel."""
    axis = np.linspace(0, 1, 1 << _BITS, dtype=np.float32)
    r, g, b = np.meshgrid(axis, axis, axis, indexing="ij")
    colours = np.stack([r, g, b], -1).reshape(-1, 3)
    weight = np.array([0.299, 0.587, 0.114], np.float32)
    distance = ((colours[:, None] - palette[None]) ** 2 * weight).sum(2)
    return np.asarray(distance.argmin(1).astype(np.uint8))
