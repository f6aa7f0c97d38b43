"""Finishing by style: every layer is graded alike, so that the graded layers still compose to the graded picture.

A style is colour (a function of each pixel), line and texture (along each layer's own edges, or one field over all
layers). Everything is applied to colours before premultiplication, the vignette to the premultiplied colours.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from services.core.vocabulary import Style
from services.model_service.engines.keyframe.canvas import Array, Frame, Layer, mix, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds, grain
from services.model_service.engines.keyframe.palette import saturate

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
Grade = Callable[[Array], Array]


def _curve(colour: Array, strength: float) -> Array:
    """A gentle S: darker shadows, brighter lights."""
    return np.asarray(colour + (colour * colour * (3 - 2 * colour) - colour) * np.float32(strength))


def _movie(colour: Array) -> Array:
    luma = (colour @ _LUMA)[..., None]
    teal, amber = np.array([-0.035, 0.010, 0.040], np.float32), np.array([0.040, 0.010, -0.035], np.float32)
    return _curve(saturate(colour, 1.06) + mix(teal, amber, luma), 0.45)


def _realistic(colour: Array) -> Array:
    return np.float32(0.02) + _curve(saturate(colour, 0.74), 0.30) * np.float32(0.96)


def _anime(colour: Array) -> Array:
    return np.clip(_curve(saturate(colour, 1.38), 0.18) * np.float32(1.07) + np.array([0.0, 0.008, 0.025], np.float32), 0, 1)


def _cartoon(colour: Array) -> Array:
    steps = np.float32(6)
    luma = (colour @ _LUMA)[..., None]
    flat = (np.floor(luma * steps) + smoothstep(0.35, 0.65, luma * steps - np.floor(luma * steps))) / steps
    return saturate(colour * (flat / np.maximum(luma, 0.02)) ** 0.85, 1.35)


def _watercolor(colour: Array) -> Array:
    return mix(saturate(colour, 0.92), rgb("#fbf6ea"), 0.20) ** np.float32(0.88)


def _ink(colour: Array) -> Array:
    luma = (np.clip(colour, 0, 1) @ _LUMA)[..., None] ** np.float32(0.72)
    washed = mix(rgb("#1c1d20"), rgb("#f3ecdc"), smoothstep(0.04, 0.86, luma))
    redness = np.clip(colour[..., :1] - np.maximum(colour[..., 1:2], colour[..., 2:]) * 1.25, 0, 1)
    return mix(washed, rgb("#b03a2c"), np.clip(redness * 1.5, 0, 0.8))


def _cyberpunk(colour: Array) -> Array:
    luma = (np.clip(colour, 0, 1) @ _LUMA)[..., None]
    low, middle, high = rgb("#0a0626"), rgb("#8a1f9c"), rgb("#5ff4ff")
    neon = np.where(luma < 0.45, mix(low, middle, luma / 0.45), mix(middle, high, smoothstep(0.45, 0.95, luma)))
    return _curve(saturate(mix(colour, neon, 0.58), 1.25), 0.5)


def _pixel(colour: Array) -> Array:
    return saturate(_curve(colour, 0.25), 1.22)


def _storybook(colour: Array) -> Array:
    return mix(saturate(colour, 0.96), rgb("#f5dfb8"), 0.13) * np.array([1.04, 1.0, 0.93], np.float32) + np.float32(0.015)


_COLOUR: Mapping[Style, Grade] = {
    Style.MOVIE: _movie,
    Style.REALISTIC: _realistic,
    Style.ANIME: _anime,
    Style.CARTOON: _cartoon,
    Style.WATERCOLOR: _watercolor,
    Style.INK: _ink,
    Style.CYBERPUNK: _cyberpunk,
    Style.PIXEL: _pixel,
    Style.STORYBOOK: _storybook,
}
_VIGNETTE: Mapping[Style, float] = {
    Style.MOVIE: 0.34,
    Style.REALISTIC: 0.24,
    Style.CYBERPUNK: 0.40,
    Style.ANIME: 0.10,
    Style.STORYBOOK: 0.16,
}
_LINES: Mapping[Style, tuple[float, float, str]] = {
    # strength, width in 720ths of the unit, ink
    Style.CARTOON: (1.0, 2.2, "#1a1622"),
    Style.ANIME: (0.50, 1.0, "#241a38"),
    Style.STORYBOOK: (0.55, 1.3, "#5a3a26"),
    Style.INK: (0.75, 1.6, "#15161a"),
    Style.WATERCOLOR: (0.36, 1.6, "#3a4658"),
}
PAPER: Mapping[Style, str] = {Style.WATERCOLOR: "#fbf6ea", Style.INK: "#f3ecdc", Style.STORYBOOK: "#f7ead0"}


class Finish:
    """One style for one picture: built once, then applied to each layer."""

    def __init__(self, style: Style, frame: Frame, rng: np.random.Generator) -> None:
        self._style = style
        self._frame = frame
        self._grade = _COLOUR[style]
        self._field = self._texture(rng)

    def _texture(self, rng: np.random.Generator) -> Array | None:
        """A factor near 1 over the whole picture (paper, grain, scan lines), shared by all layers; H × W × 1."""
        frame, style = self._frame, self._style
        width, height, unit = frame.width, frame.height, frame.unit
        field = np.ones((height, width), np.float32)
        if style in {Style.WATERCOLOR, Style.STORYBOOK, Style.INK}:
            tooth = cv2.GaussianBlur(grain(rng, width, height), (0, 0), max(unit / 620, 0.6))
            blots = clouds(rng, width, height, cells=6, octaves=5) - np.float32(0.5)
            strength, blot = {Style.WATERCOLOR: (0.34, 0.24), Style.STORYBOOK: (0.40, 0.10), Style.INK: (0.22, 0.14)}[style]
            field += tooth * np.float32(strength) + blots * np.float32(blot)
        elif style is Style.CYBERPUNK:
            field -= np.float32(0.07) * ((np.arange(height) // max(round(unit / 360), 1)) % 2 == 0).astype(np.float32)[:, None]
        elif style in {Style.MOVIE, Style.REALISTIC}:
            soft = cv2.GaussianBlur(grain(rng, width, height), (0, 0), max(unit / 900, 0.5))
            field += soft * np.float32(0.06 if style is Style.MOVIE else 0.10)
        if style in _VIGNETTE:
            dx = (frame.columns - np.float32(width / 2)) / np.float32(width * 0.62)
            dy = (frame.rows - np.float32(height / 2)) / np.float32(height * 0.68)
            field *= np.clip(1 - np.float32(_VIGNETTE[style]) * (dx**2 + dy**2) ** 1.3, 0.25, 1)
        return field[..., None] if style not in {Style.CARTOON, Style.PIXEL} else None

    def apply(self, layer: Layer) -> None:
        """Grade the layer in place, rows that it covers only."""
        rows = _covered_rows(layer)
        if rows.stop <= rows.start:
            return
        region = layer.rgba[rows]
        if self._style is Style.WATERCOLOR:
            region[:] = _washes(region, self._frame.unit)
        elif self._style is Style.PIXEL:
            region[:] = self._blocks(region, rows.start)
        alpha = region[..., 3:]
        solid = np.maximum(alpha, 1e-3)
        colour = np.clip(region[..., :3] / solid, 0, 1)
        airy = region[..., :3] - colour * alpha
        graded = np.clip(self._grade(colour), 0, 1)
        if self._style in _LINES:
            graded = self._outlined(graded, alpha[..., 0], layer.depth)
        if self._style is Style.PIXEL:
            graded = _quantised(graded, rows.start, self._block)
        region[..., :3] = graded * alpha + np.maximum(airy, 0) * np.float32(0.8)
        if self._field is not None:
            region[..., :3] *= self._field[rows]
        np.clip(region, 0, 1, out=region)

    def _outlined(self, colour: Array, alpha: Array, depth: float) -> Array:
        """Ink along the layer's own edges, of outline and of colour, thinner in the distance."""
        strength, width, ink = _LINES[self._style]
        pixels = max(1, round(width * self._frame.unit / 720 * (0.6 + 0.5 * min(depth, 1.0))))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
        luma = np.round((colour @ _LUMA) * alpha * 255).astype(np.uint8)
        tone = cv2.morphologyEx(luma, cv2.MORPH_GRADIENT, kernel).astype(np.float32) / 255
        hull = cv2.morphologyEx(np.round(alpha * 255).astype(np.uint8), cv2.MORPH_GRADIENT, kernel).astype(np.float32) / 255
        share = 0.35 + 0.65 * min(depth, 1.0)
        edge = np.maximum(smoothstep(0.10, 0.30, tone) * 0.8, smoothstep(0.25, 0.75, hull) * np.float32(1.0 if depth < 1 else 0.4))
        return mix(colour, rgb(ink), (edge * np.float32(strength * share))[..., None])

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


def _covered_rows(layer: Layer) -> slice:
    used = np.flatnonzero(layer.rgba.max(axis=(1, 2)) > 0)
    return slice(int(used[0]), int(used[-1]) + 1) if used.size else slice(0, 0)


def _washes(region: Array, unit: float) -> Array:
    """Flat washes: medians over blots, edges kept."""
    small = np.ascontiguousarray(np.clip(region * 255, 0, 255).astype(np.uint8))
    size = max(3, round(unit / 150) | 1)
    blotted = cv2.medianBlur(small, size).astype(np.float32) / 255
    return mix(region, blotted, 0.85)


def _quantised(colour: Array, offset: int, block: int) -> Array:
    """Few levels a channel with 4 × 4 ordered dithering (B. Bayer, 1973) in whole blocks."""
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - np.float32(0.47)
    rows = ((np.arange(colour.shape[0]) + offset) // block) % 4
    columns = (np.arange(colour.shape[1]) // block) % 4
    threshold = bayer[rows[:, None], columns[None, :]][..., None]
    levels = np.float32(7)
    return np.asarray(np.round(colour * levels + threshold * np.float32(0.7)) / levels)


def paper_edge(style: Style, frame: Frame, rng: np.random.Generator) -> Array | None:
    """The bare paper around a painted picture: premultiplied RGBA for the foremost layer, or None."""
    if style not in {Style.WATERCOLOR, Style.INK}:
        return None
    wobble = (clouds(rng, frame.width, frame.height, cells=5, octaves=5) - np.float32(0.5)) * np.float32(frame.unit * 0.09)
    inset = np.minimum(np.minimum(frame.columns, frame.width - frame.columns), np.minimum(frame.rows, frame.height - frame.rows))
    bare = smoothstep(frame.unit * 0.045, frame.unit * 0.008, inset + wobble)[..., None]
    return np.concatenate([rgb(PAPER[style]) * bare, bare], 2).astype(np.float32)
