"""Brushes over sheets and layers: thousands of dabs and blades in one go, washes that texture them, lights, soft focus.

A shape drawn by `Sheet` alone costs some 25 µs, of which OpenCV takes 3; here the corners of all shapes are computed together.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Frame, Layer, Sheet, strips

_BITS = 4


def tinted(colour: Array, tones: Array) -> Array:
    """The colour in as many tones as there are factors, N × 3."""
    return np.asarray(np.clip(colour[None] * tones[:, None], 0, 1), np.float32)


def polygons(sheet: Sheet, corners: Array, colours: Array) -> None:
    """Convex polygons of equal corner count, N × K × 2 pixels, each in its colour (N × 3, or one for all)."""
    fixed = np.rint(corners * np.float32(1 << _BITS)).astype(np.int32)
    paints = np.clip(np.broadcast_to(colours, (len(fixed), 3)) * 255, 0, 255)
    target = sheet.pixels
    for shape, (r, g, b) in zip(fixed, paints.tolist(), strict=True):
        cv2.fillConvexPoly(target, shape, (r, g, b, 255.0), cv2.LINE_AA, _BITS)


def dabs(
    sheet: Sheet,
    x: Array,
    y: Array,
    half_width: Array,
    half_height: Array,
    colours: Array,
    turn: Array | float = 0.0,
    corners: int = 7,
) -> None:
    """Strokes of a flat brush: ellipses turned by `turn` radians."""
    around = np.linspace(0, 2 * np.pi, corners, endpoint=False, dtype=np.float32)
    along = np.cos(around)[None] * np.asarray(half_width, np.float32)[:, None]
    across = np.sin(around)[None] * np.asarray(half_height, np.float32)[:, None]
    angle = np.broadcast_to(np.asarray(turn, np.float32), x.shape)[:, None]
    px = x[:, None] + along * np.cos(angle) - across * np.sin(angle)
    py = y[:, None] + along * np.sin(angle) + across * np.cos(angle)
    polygons(sheet, np.stack([px, py], 2).astype(np.float32), colours)


def blades(sheet: Sheet, x: Array, y: Array, width: Array, height: Array, lean: Array, colours: Array) -> None:
    """Grass: bowed blades from (x, y) upwards, their tips `lean` pixels aside."""
    px = np.stack([x - width, x + lean * 0.32 - width * 0.7, x + lean, x + lean * 0.42 + width * 0.7, x + width], 1)
    py = np.stack([y, y - height * 0.58, y - height, y - height * 0.55, y], 1)
    polygons(sheet, np.stack([px, py], 2).astype(np.float32), colours)


def lay(layer: Layer, sheet: Sheet, shade: Array | None = None) -> None:
    """Blend a full-frame sheet over the layer, its colours times `shade` (H × W) if given."""
    for rows in strips(sheet.span()):
        paint = np.multiply(sheet.pixels[rows], np.float32(1 / 255), dtype=np.float32)
        kept = cv2.merge([1 - paint[..., 3]] * 4)
        if shade is not None:
            tone = shade[rows]
            cv2.multiply(paint, cv2.merge([tone, tone, tone, np.ones_like(tone)]), paint)
        region = layer.rgba[rows]
        cv2.multiply(region, kept, region)
        cv2.add(region, paint, region)


def soften(layer: Layer, sigma: float) -> None:
    """Throw the layer out of focus; beyond some pixels the blur is computed on a reduced copy, where it is as smooth."""
    if sigma < 0.4:
        return
    height, width = layer.rgba.shape[:2]
    step = 4 if sigma >= 5 else 2 if sigma >= 2 else 1
    small = (max(width // step, 8), max(height // step, 8))
    reduced = layer.rgba if step == 1 else cv2.resize(layer.rgba, small, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(reduced, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    layer.rgba[:] = blurred if step == 1 else cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)


@dataclass(slots=True)
class Lights:
    """Lamps gathered to shine together: each a soft round light in the air, computed on a quarter-size grid."""

    frame: Frame
    _grid: Array = field(init=False)
    _lit: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._grid = np.zeros((3, self.frame.coarse_rows.shape[0], self.frame.coarse_columns.shape[1]), np.float32)

    def add(
        self, x: float, y: float, radius: float, colour: Array, strength: float, stretch: float = 1.0, power: float = 1.4
    ) -> None:
        """`stretch` > 1 flattens the light."""
        reach = radius * 3.2
        rows, columns = self._grid.shape[1:]
        top, bottom = (int(np.clip(v / 4, 0, rows)) for v in (y - reach / stretch, y + reach / stretch + 4))
        left, right = (int(np.clip(v / 4, 0, columns)) for v in (x - reach, x + reach + 4))
        if top >= bottom or left >= right:
            return
        dx = self.frame.coarse_columns[:, left:right] - np.float32(x)
        dy = (self.frame.coarse_rows[top:bottom] - np.float32(y)) * np.float32(stretch)
        glow = np.exp(-((np.sqrt(dx**2 + dy**2) / np.float32(radius)) ** np.float32(power))) * np.float32(strength)
        self._grid[:, top:bottom, left:right] += glow[None] * colour[:, None, None]
        self._lit = True

    def shine(self, layer: Layer) -> None:
        """Add the lights to the air before the layer."""
        if self._lit:
            for channel in range(3):
                layer.rgba[..., channel] += self.frame.refined(self._grid[channel])

    def glow_on(self, layer: Layer) -> None:
        """Add the lights to what the layer covers only."""
        if self._lit:
            for channel in range(3):
                layer.rgba[..., channel] += self.frame.refined(self._grid[channel]) * layer.rgba[..., 3]
