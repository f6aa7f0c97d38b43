"""What a style is: a `Look`, which gives every layer its shapes, marks and colours, and may lay one more layer on the lens.

A layer is finished on its own and may later stand up to an eighth of the picture away from where it was painted, so a look
never mixes layers: what belongs to the whole picture (its light, its palette) is read from the `Overview` beforehand.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, luma
from services.model_service.engines.keyframe.stage import Stage


@dataclass(frozen=True, slots=True)
class Overview:
    """The composed scene at a quarter of its size, before any style.

    `picture` is RGB (3 × h × w), `cast` the figures' coverage (h × w), `drawn` where there is anything on each layer (h × w,
    uint8 1 or 0; an empty layer has no entry).
    """

    picture: Array
    cast: Array
    drawn: Mapping[str, Array]

    @classmethod
    def of(cls, stage: Stage) -> "Overview":
        frame = stage.frame
        w, h = max(frame.width // 4, 8), max(frame.height // 4, 8)
        picture: Array = np.zeros((h, w, 3), np.float32)
        cast: Array = np.zeros((h, w), np.float32)
        drawn: dict[str, Array] = {}
        for name, layer in stage.layers.items():
            reduced = cv2.resize(layer.rgba, (w, h), interpolation=cv2.INTER_AREA)
            there = reduced[..., 0] + reduced[..., 1] + reduced[..., 2] + reduced[..., 3] > 0
            if not there.any():
                continue
            drawn[name] = there.view(np.uint8)
            kept = 1 - reduced[..., 3:]
            picture = picture * kept + reduced[..., :3]
            cast = np.maximum(cast, reduced[..., 3]) if name == "cast" else cast * kept[..., 0]
        return cls(np.ascontiguousarray(picture.transpose(2, 0, 1)), cast, drawn)

    @property
    def exposure(self) -> float:
        """The median luminance, 0 to 1."""
        return float(np.median(np.clip(luma(self.picture), 0, 1)))


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a layer that is drawn on: `paint` is premultiplied float32 RGBA, h × w × 4, at `rows` and `columns`."""

    name: str
    depth: float
    rows: slice
    columns: slice
    paint: Array

    @property
    def sky(self) -> bool:
        """Whether it is the sky, or clouds in it (in a room: the wall)."""
        return self.depth < 0.15

    @property
    def cast(self) -> bool:
        """Whether the figures stand on it."""
        return self.name == "cast"

    @property
    def air(self) -> bool:
        """Whether it is what falls or blows; it is repeated at its edges, so nothing may change its shapes."""
        return self.name == "air"

    @property
    def size(self) -> tuple[int, int]:
        return self.paint.shape[0], self.paint.shape[1]

    def of(self, field: Array) -> Array:
        """The cut's part of a field over the whole picture (… × H × W)."""
        return np.asarray(field[..., self.rows, self.columns])


@dataclass(frozen=True, slots=True)
class Strip:
    """A piece of a cut while it is coloured, at `rows` and `columns` of the picture; `alpha` and each of `marks` are h × w."""

    cut: Cut
    rows: slice
    columns: slice
    alpha: Array
    marks: tuple[Array, ...]

    def of(self, field: Array) -> Array:
        """The strip's part of a field over the whole picture (… × H × W, or … × H × 1)."""
        columns = slice(None) if field.shape[-1] == 1 else self.columns
        return np.asarray(field[..., self.rows, columns])


class Look:
    """A style at work on one picture. This one changes nothing; each style overrides what it needs."""

    def __init__(self, stage: Stage, overview: Overview) -> None:
        self.stage = stage
        self.overview = overview
        self.pixel = stage.unit / 720
        """What a pixel is to a picture of 720 rows: lengths of brush and line are multiples of it."""

    def glow(self) -> Array | None:
        """The light that bright places spill over the picture, 3 × h × w at any size; each layer takes what it covers."""
        return None

    def shaped(self, cut: Cut) -> Array:
        """The cut's shapes as this style draws them, premultiplied like `cut.paint`, which may be changed in place."""
        return cut.paint

    def marks(self, cut: Cut) -> tuple[Array, ...]:  # noqa: ARG002 - for those that override it
        """Fields over the cut (h × w) that `coloured` needs and that look beyond a strip: lines, textures, shadows."""
        return ()

    def coloured(self, colour: Array, strip: Strip) -> Array:  # noqa: ARG002 - for those that override it
        """The colours (3 × h × w, 0 to 1, not premultiplied) as this style paints them."""
        return colour

    def encoded(self, pixels: Array, cut: Cut) -> Array:  # noqa: ARG002 - for those that override it
        """A last touch on the finished cut (uint8 BGRA, premultiplied)."""
        return pixels

    def lens(self) -> Array | None:
        """What lies before all layers and never moves with them (paper, scan lines): uint8 BGRA of the whole picture."""
        return None
