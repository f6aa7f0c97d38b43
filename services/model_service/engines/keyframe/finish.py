"""Finishing: every layer is graded by the style alike, so that the finished layers still compose to the finished picture.

Colours are graded before premultiplication, lines follow each layer's own edges, paper and vignette are one field that
multiplies all layers. The work goes strip by strip, so that it stays in the processor's cache.
"""

from collections.abc import Iterable

import cv2
import numpy as np

from services.core.vocabulary import Style
from services.model_service.engines.keyframe.canvas import Array, Frame, Layer, luma, mix, rgb, smoothstep, strips
from services.model_service.engines.keyframe.grades import GRADES, LINES, PAPER, VIGNETTES
from services.model_service.engines.keyframe.noise import clouds, grain


class Finish:
    """One style for one picture, and the light that spills over in it: built once, then applied to each layer."""

    def __init__(self, style: Style, frame: Frame, rng: np.random.Generator, bloom: Array) -> None:
        self._style = style
        self._frame = frame
        self._grade = GRADES[style]
        self._field = self._texture(rng)
        self._dither = grain(rng, frame.width, frame.height)
        self._bloom = bloom

    def apply(self, layer: Layer) -> Array:
        """The finished layer in 8 bits, premultiplied BGRA; skies are dithered, so that they show no bands."""
        out = np.zeros(layer.rgba.shape, np.uint8)
        used = np.flatnonzero(layer.rgba.reshape(self._frame.height, -1).max(1))
        if not used.size:
            return out
        covered = slice(int(used[0]), int(used[-1]) + 1)
        if self._style is Style.WATERCOLOR:
            layer.rgba[covered] = _washes(layer.rgba[covered], self._frame.unit)
        elif self._style is Style.PIXEL:
            layer.rgba[covered] = self._blocks(layer.rgba[covered], covered.start)
        ink = self._ink(layer, covered) if self._style in LINES else None
        for rows in strips(covered):
            lines = None if ink is None else ink[rows.start - covered.start : rows.stop - covered.start]
            self._strip(layer.rgba[rows], rows, lines, out[rows])
        return out

    def _strip(self, paint: Array, rows: slice, lines: Array | None, out: Array) -> None:
        planes = np.ascontiguousarray(paint.transpose(2, 0, 1))
        alpha = np.clip(planes[3], 0, 1)
        light = planes[:3] + self._bloom[:, rows] * alpha
        colour = np.clip(light / np.maximum(alpha, np.float32(1e-3)), 0, 1)
        airy = np.maximum(light - np.maximum(alpha, colour * alpha), 0)
        colour = np.clip(self._grade(colour), 0, 1)
        if lines is not None:
            colour = mix(colour, rgb(LINES[self._style][2]), lines)
        if self._style is Style.PIXEL:
            colour = _quantised(colour, rows.start, self._block)
        colour = (colour * alpha + airy * np.float32(0.8)) * np.float32(255)
        if self._field is not None:
            colour *= self._field[rows]
        colour += self._dither[rows] * (colour > 0.5) + np.float32(0.5)
        np.clip(colour, 0, 255, out=colour)
        for channel in range(3):
            out[..., 2 - channel] = colour[channel]
        out[..., 3] = alpha * np.float32(255) + np.float32(0.5)

    def _texture(self, rng: np.random.Generator) -> Array | None:
        """A factor near 1 over the whole picture (paper, grain, scan lines), shared by all layers; H × W."""
        frame, style = self._frame, self._style
        width, height, unit = frame.width, frame.height, frame.unit
        field: Array = np.ones((height, width), np.float32)
        if style in {Style.WATERCOLOR, Style.STORYBOOK, Style.INK}:
            tooth = cv2.GaussianBlur(grain(rng, width, height), (0, 0), max(unit / 620, 0.6))
            blots = clouds(rng, width, height, cells=6, octaves=5) - np.float32(0.5)
            strength, blot = {Style.WATERCOLOR: (0.20, 0.26), Style.STORYBOOK: (0.26, 0.10), Style.INK: (0.18, 0.16)}[style]
            field += tooth * np.float32(strength) + blots * np.float32(blot)
        elif style is Style.CYBERPUNK:
            field -= np.float32(0.07) * ((np.arange(height) // max(round(unit / 360), 1)) % 2 == 0).astype(np.float32)[:, None]
        elif style in {Style.MOVIE, Style.REALISTIC}:
            soft = cv2.GaussianBlur(grain(rng, width, height), (0, 0), max(unit / 900, 0.5))
            field += soft * np.float32(0.06 if style is Style.MOVIE else 0.10)
        if style in VIGNETTES:
            dx = (frame.columns - np.float32(width / 2)) / np.float32(width * 0.62)
            dy = (frame.rows - np.float32(height / 2)) / np.float32(height * 0.68)
            field *= np.clip(1 - np.float32(VIGNETTES[style]) * (dx**2 + dy**2) ** 1.3, 0.25, 1)
        return None if style in {Style.CARTOON, Style.PIXEL} else np.asarray(field)

    def _ink(self, layer: Layer, rows: slice) -> Array:
        """How much ink lies along the layer's own edges, of outline and of colour; thinner in the distance. 0 to 1."""
        strength, width, _ = LINES[self._style]
        near = min(layer.depth, 1.0)
        pixels = max(1, round(width * self._frame.unit / 720 * (0.6 + 0.5 * near)))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
        tones = np.empty((rows.stop - rows.start, self._frame.width, 2), np.uint8)
        for part in strips(slice(0, tones.shape[0])):
            paint = np.clip(layer.rgba[rows.start + part.start : rows.start + part.stop], 0, 1)
            tones[part, :, 0] = luma(paint.transpose(2, 0, 1)) * np.float32(255)
            tones[part, :, 1] = paint[..., 3] * np.float32(255)
        steps = cv2.morphologyEx(tones, cv2.MORPH_GRADIENT, kernel)
        table = np.arange(256, dtype=np.float32) / 255
        of_tone = smoothstep(0.10, 0.30, table) * np.float32(0.8)
        of_outline = smoothstep(0.25, 0.75, table) * np.float32(1.0 if layer.depth < 1 else 0.4)
        return np.asarray(
            np.maximum(of_tone[steps[..., 0]], of_outline[steps[..., 1]]) * np.float32(strength * (0.35 + 0.65 * near))
        )

    @property
    def _block(self) -> int:
        return max(2, round(self._frame.unit / 160))

    def _blocks(self, region: Array, offset: int) -> Array:
        """Square blocks on the picture's grid; coverage is all or nothing, except for thin air."""
        block = self._block
        height, width = region.shape[:2]
        pad = offset % block
        padded = cv2.copyMakeBorder(region, pad, (-(height + pad)) % block, 0, (-width) % block, cv2.BORDER_REPLICATE)
        small = cv2.resize(padded, (padded.shape[1] // block, padded.shape[0] // block), interpolation=cv2.INTER_AREA)
        alpha = small[..., 3:]
        hard = np.where(alpha > 0.35, 1.0, 0.0).astype(np.float32)
        small = np.where(alpha > 0.02, small / np.maximum(alpha, 0.02) * hard, small * (1 - hard) * 0 + small * (alpha <= 0.02))
        full = cv2.resize(small, (padded.shape[1], padded.shape[0]), interpolation=cv2.INTER_NEAREST)
        return np.asarray(full[pad : pad + height, :width])


def _washes(region: Array, unit: float) -> Array:
    """Flat washes: medians over blots, edges kept."""
    small = np.ascontiguousarray(np.clip(region * 255, 0, 255).astype(np.uint8))
    size = max(3, round(unit / 150) | 1)
    blotted = cv2.medianBlur(small, size).astype(np.float32) / 255
    return mix(region, blotted, 0.85)


def _quantised(colour: Array, offset: int, block: int) -> Array:
    """Few levels a channel with 4 × 4 ordered dithering (B. Bayer, 1973) in whole blocks."""
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - np.float32(0.47)
    rows = ((np.arange(colour.shape[1]) + offset) // block) % 4
    columns = (np.arange(colour.shape[2]) // block) % 4
    threshold = bayer[rows[:, None], columns[None, :]]
    levels = np.float32(7)
    return np.asarray(np.round(colour * levels + threshold * np.float32(0.7)) / levels)


def paper_edge(style: Style, frame: Frame, rng: np.random.Generator) -> Array | None:
    """The bare paper around a painted picture: premultiplied uint8 BGRA for the foremost layer, or None."""
    if style not in {Style.WATERCOLOR, Style.INK}:
        return None
    wobble = (clouds(rng, frame.width, frame.height, cells=5, octaves=5) - np.float32(0.5)) * np.float32(frame.unit * 0.09)
    inset = np.minimum(np.minimum(frame.columns, frame.width - frame.columns), np.minimum(frame.rows, frame.height - frame.rows))
    bare = smoothstep(frame.unit * 0.045, frame.unit * 0.008, inset + wobble)
    paper = np.append(rgb(PAPER[style])[::-1], 1).astype(np.float32) * np.float32(255)
    return np.asarray(np.rint(bare[..., None] * paper), np.uint8)


def spilled_light(layers: Iterable[Layer], frame: Frame) -> Array:
    """The bloom around the brightest parts of the composed picture, a field of colour.

    Each layer takes it in proportion to what it covers, which adds up to the whole when they are composed.
    """
    small = (max(frame.width // 4, 8), max(frame.height // 4, 8))
    picture: Array = np.zeros((small[1], small[0], 3), np.float32)
    for layer in layers:
        reduced = cv2.resize(layer.rgba, small, interpolation=cv2.INTER_AREA)
        picture = picture * (1 - reduced[..., 3:]) + reduced[..., :3]
    halo = cv2.GaussianBlur(np.clip(picture - np.float32(0.80), 0, 1), (0, 0), frame.unit / 70) * np.float32(0.45)
    return np.stack([cv2.resize(plate, (frame.width, frame.height)) for plate in cv2.split(halo)])
