"""Finishing: every layer is cut to what can be seen of it, drawn and coloured by its style, and brought to 8 bits.

Colours are changed before premultiplication and lines follow each layer's own edges, so that the finished layers compose
to the finished picture however they stand. The work goes strip by strip, so that it stays in the processor's cache.
"""

import math
from collections.abc import Mapping

import cv2
import numpy as np

from services.core.vocabulary import Style
from services.model_service.engines.keyframe.canvas import Array, Layer, strips
from services.model_service.engines.keyframe.noise import grain
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.styles.cel import Anime, Cartoon
from services.model_service.engines.keyframe.styles.cyberpunk import Cyberpunk
from services.model_service.engines.keyframe.styles.ink import Ink
from services.model_service.engines.keyframe.styles.look import Cut, Look, Overview, Strip
from services.model_service.engines.keyframe.styles.photographic import Movie, Realistic
from services.model_service.engines.keyframe.styles.pixel import Pixel
from services.model_service.engines.keyframe.styles.storybook import Storybook
from services.model_service.engines.keyframe.styles.watercolor import Watercolor

LOOKS: Mapping[Style, type[Look]] = {
    Style.MOVIE: Movie,
    Style.REALISTIC: Realistic,
    Style.ANIME: Anime,
    Style.CARTOON: Cartoon,
    Style.WATERCOLOR: Watercolor,
    Style.INK: Ink,
    Style.CYBERPUNK: Cyberpunk,
    Style.PIXEL: Pixel,
    Style.STORYBOOK: Storybook,
}
_REACH = 0.22
"""How far below a nearer layer's solid ground a layer is still finished, in heights: what a moving camera may uncover."""
_PAD = 1 / 60
"""How far lines and displaced edges may stand out of what was painted, in units."""


class Finish:
    """One style for one picture: built once, then applied to each layer."""

    def __init__(self, stage: Stage) -> None:
        self._frame = stage.frame
        overview = Overview.of(stage)
        reach = 2 * (round(stage.frame.unit * _PAD / 4) + 1) + 1
        self._drawn = {name: cv2.dilate(there, np.ones((reach, reach), np.uint8)) for name, there in overview.drawn.items()}
        self._look = LOOKS[stage.scene.style](stage, overview)
        # Rounding by chance shows no bands; never below a half, so that what is empty stays empty.
        self._dither = (grain(stage.rng("dither"), stage.frame.width, stage.frame.height) + np.float32(0.5)) * np.float32(0.998)
        self._seen = _seen(stage.layers, stage.frame.height)
        glow = self._look.glow()
        size = (stage.frame.width, stage.frame.height)
        self._glow = None if glow is None else np.stack([cv2.resize(plate, size, interpolation=cv2.INTER_LINEAR) for plate in glow])

    def apply(self, name: str, layer: Layer) -> Array:
        """The finished layer in 8 bits, premultiplied BGRA; gradients are dithered, so that they show no bands."""
        out = np.zeros(layer.rgba.shape, np.uint8)
        cut = self._cut(name, layer)
        if cut is None:
            return out
        cut = Cut(cut.name, cut.depth, cut.rows, cut.columns, self._look.shaped(cut))
        marks = self._look.marks(cut)
        target = out[cut.rows, cut.columns]
        for part in strips(slice(0, cut.size[0])):
            _, across = self._box(name, slice(cut.rows.start + part.start, cut.rows.start + part.stop))
            columns = slice(
                max(across.start - cut.columns.start, 0), max(min(across.stop, cut.columns.stop) - cut.columns.start, 0)
            )
            if columns.start < columns.stop:
                self._strip(cut, part, columns, tuple(mark[part, columns] for mark in marks), target[part, columns])
        target[:] = self._look.encoded(target, cut)
        if layer.depth == 0:  # the backmost layer is whole, also where it is hidden
            out[cut.rows.stop :] = out[cut.rows.stop - 1]
        return out

    def lens(self) -> Array | None:
        """What lies on the lens (`Look.lens`)."""
        return self._look.lens()

    def _cut(self, name: str, layer: Layer) -> Cut | None:
        if name not in self._drawn:
            return None
        rows, columns = self._box(name, slice(0, self._seen[name]))
        if rows.start >= rows.stop:
            return None
        return Cut(name, layer.depth, rows, columns, layer.rgba[rows, columns])

    def _box(self, name: str, rows: slice) -> tuple[slice, slice]:
        """The smallest box within `rows` that has all that is drawn there and its margin; empty where there is nothing."""
        drawn = self._drawn[name]
        down, across = self._frame.height / drawn.shape[0], self._frame.width / drawn.shape[1]
        first = int(rows.start / down)
        there = drawn[first : math.ceil(rows.stop / down)]
        used, columns = np.flatnonzero(there.max(1)), np.flatnonzero(there.max(0))
        if not used.size:
            return slice(0, 0), slice(0, 0)
        top, bottom = int((first + used[0]) * down), math.ceil((first + used[-1] + 1) * down)
        return (
            slice(max(top, rows.start), min(bottom, rows.stop)),
            slice(int(columns[0] * across), min(math.ceil((columns[-1] + 1) * across), self._frame.width)),
        )

    def _strip(self, cut: Cut, part: slice, columns: slice, marks: tuple[Array, ...], out: Array) -> None:
        planes = np.ascontiguousarray(cut.paint[part, columns].transpose(2, 0, 1))
        alpha = np.clip(planes[3], 0, 1)
        light = planes[:3]
        opaque = float(alpha.min()) > 0.9995
        colour = light.copy() if opaque else light / np.maximum(alpha, np.float32(1e-3))
        np.minimum(colour, 1, out=colour)
        airy = bool((light.max(0) > alpha + np.float32(1e-3)).any())
        if airy:  # what is not the paint's own is light in the air before it
            light -= np.maximum(colour * alpha, alpha)
            np.maximum(light, 0, out=light)
        down, across = cut.rows.start, cut.columns.start
        rows, columns = slice(down + part.start, down + part.stop), slice(across + columns.start, across + columns.stop)
        strip = Strip(cut, rows, columns, alpha, marks)
        colour = np.clip(self._look.coloured(colour, strip), 0, 1)
        if self._glow is not None:
            colour += strip.of(self._glow)
        if not opaque:
            colour *= alpha
        if airy:
            colour += light * np.float32(0.8)
        colour *= np.float32(255)
        colour += strip.of(self._dither)
        np.clip(colour, 0, 255, out=colour)
        red, green, blue = colour.astype(np.uint8)
        out[:] = cv2.merge((blue, green, red, (alpha * np.float32(255) + np.float32(0.5)).astype(np.uint8)))


def _seen(layers: Mapping[str, Layer], height: int) -> dict[str, int]:
    """How many rows of each layer, from the top, may ever be seen: nearer layers that are solid hide the rest."""
    seen: dict[str, int] = {}
    hidden = height
    for name, layer in reversed(list(layers.items())):
        seen[name] = min(hidden + round(height * _REACH), height)
        solid = height
        while solid > 0 and float(layer.rgba[max(solid - 8, 0) : solid, :, 3].min()) > 0.999:
            solid = max(solid - 8, 0)
        hidden = min(hidden, solid)
    return seen
