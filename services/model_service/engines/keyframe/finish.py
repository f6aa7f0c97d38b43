"""Finishing: every layer is cut to what can be seen of it, drawn and coloured by its style, and brought to 8 bits.

Colours are changed before premultiplication and lines follow each layer's own edges, so that the finished layers compose
to the finished picture however they stand. The work goes strip by strip, so that it stays in the processor's cache.
"""

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
        self._boxes = overview.boxes
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
            self._strip(cut, part, tuple(mark[part] for mark in marks), target[part])
        target[:] = self._look.encoded(target, cut)
        if layer.depth == 0:  # the backmost layer is whole, also where it is hidden
            out[cut.rows.stop :] = out[cut.rows.stop - 1]
        return out

    def lens(self) -> Array | None:
        """What lies on the lens (`Look.lens`)."""
        return self._look.lens()

    def _cut(self, name: str, layer: Layer) -> Cut | None:
        if name not in self._boxes:
            return None
        rows, columns = self._boxes[name]
        pad = round(self._frame.unit * _PAD) + 1
        top, bottom = max(rows.start - pad, 0), min(rows.stop + pad, self._seen[name])
        left, right = max(columns.start - pad, 0), min(columns.stop + pad, self._frame.width)
        if bottom <= top:
            return None
        return Cut(name, layer.depth, slice(top, bottom), slice(left, right), layer.rgba[top:bottom, left:right])

    def _strip(self, cut: Cut, part: slice, marks: tuple[Array, ...], out: Array) -> None:
        planes = np.ascontiguousarray(cut.paint[part].transpose(2, 0, 1))
        alpha = np.clip(planes[3], 0, 1)
        light = planes[:3]
        strip = Strip(cut, slice(cut.rows.start + part.start, cut.rows.start + part.stop), alpha, marks)
        colour = np.minimum(light / np.maximum(alpha, np.float32(1e-3)), 1)
        light -= np.maximum(colour * alpha, alpha)  # what is left is light in the air
        np.maximum(light, 0, out=light)
        colour = np.clip(self._look.coloured(colour, strip), 0, 1)
        if self._glow is not None:
            colour += strip.of(self._glow)
        colour *= alpha
        light *= np.float32(0.8)
        colour += light
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
