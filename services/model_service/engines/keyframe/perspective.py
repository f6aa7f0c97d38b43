"""One-point perspective: metres to pixels, for streets and rooms that people of the shot's size can stand in."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe.brush import polygons
from services.model_service.engines.keyframe.canvas import Array, Point, Sheet
from services.model_service.engines.keyframe.stage import Stage

Space = tuple[float, float, float]
"""Metres: right of the view's axis, up from the floor, away from the eye."""
_FIGURES = {
    Framing.ESTABLISHING: (0.15, 0.77),
    Framing.WIDE: (0.31, 0.83),
    Framing.MEDIUM: (0.62, 0.97),
    Framing.CLOSE: (1.0, 1.25),
    Framing.DETAIL: (0.9, 1.15),
    Framing.LOW: (0.52, 0.85),
}
"""Height of a grown-up in units and the row of the feet, as the cast is placed."""
_ZOOM = {Framing.MEDIUM: 1.12, Framing.CLOSE: 1.25, Framing.DETAIL: 1.3}
NEAREST = 0.5


@dataclass(frozen=True, slots=True)
class View:
    """An eye `eye` metres above the floor that looks level along the axis through column `middle`; `focal` in pixels."""

    middle: float
    horizon: float
    focal: float
    eye: float

    @classmethod
    def of(cls, stage: Stage, *, lens: float = 1.05, aside: float = 0.0, grown: float = 1.0) -> "View":
        """`lens` is the focal length in units, `aside` moves the vanishing point, in shares of the width.

        `grown` says how much larger than outdoors the cast is drawn.
        """
        framing = stage.scene.framing
        size, feet = _FIGURES[framing]
        scale = size * stage.unit / 1.7 * (grown if size < 0.5 else 1.0)
        eye = max((feet * stage.frame.height - stage.horizon) / scale, 0.25)
        focal = stage.unit * lens * _ZOOM.get(framing, 1.0)
        return cls(stage.frame.width * (0.5 + aside), stage.horizon, focal, eye)

    def scale(self, z: float) -> float:
        """Pixels a metre, `z` metres away."""
        return self.focal / max(z, NEAREST)

    def at(self, x: float, y: float, z: float) -> Point:
        scale = self.scale(z)
        return self.middle + x * scale, self.horizon + (self.eye - y) * scale

    def points(self, spaces: Sequence[Space] | Array) -> Array:
        """Pixels of N points (or of N × K, as an array), … × 2."""
        space = np.asarray(spaces, np.float32)
        scale = np.float32(self.focal) / np.maximum(space[..., 2], NEAREST)
        px = self.middle + space[..., 0] * scale
        py = self.horizon + (self.eye - space[..., 1]) * scale
        return np.stack([px, py], -1).astype(np.float32)

    def floor(self, row: float) -> float:
        """How far away the floor is at a pixel row below the horizon, metres."""
        return self.focal * self.eye / max(row - self.horizon, 1e-3)


def wall(sheet: Sheet, view: View, a: Space, b: Space, top: float, colour: Array) -> None:
    """An upright rectangle between two floor points (their own `y` is its foot) up to height `top`."""
    sheet.polygon(view.points([a, b, (b[0], top, b[2]), (a[0], top, a[2])]), colour)


def panes(sheet: Sheet, view: View, corners: Array, colours: Array) -> None:
    """Many flat quadrilaterals at once: N × 4 × 3 metres."""
    if len(corners):
        polygons(sheet, view.points(corners), colours)


def grid_on_wall(
    x: float, y0: float, y1: float, z0: float, z1: float, columns: int, rows: int, fill: tuple[float, float] = (0.6, 0.6)
) -> Array:
    """Windows on a wall that runs into the depth at `x`: N × 4 × 3, from the far end to the near one."""
    z_step, y_step = (z1 - z0) / columns, (y1 - y0) / rows
    z = z1 - z_step * (np.arange(columns) + 0.5)
    y = y0 + y_step * (np.arange(rows) + 0.5)
    zz, yy = (v.ravel() for v in np.meshgrid(z, y, indexing="ij"))
    dz, dy = z_step * fill[0] / 2, y_step * fill[1] / 2
    xs = np.full_like(zz, x)
    return np.stack([np.stack([xs, yy + b * dy, zz + a * dz], 1) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))], 1).astype(
        np.float32
    )


def grid_facing(x0: float, x1: float, y0: float, y1: float, z: float, columns: int, rows: int, fill: tuple[float, float]) -> Array:
    """Windows on a wall that faces the eye, N × 4 × 3."""
    x_step, y_step = (x1 - x0) / columns, (y1 - y0) / rows
    x, y = x0 + x_step * (np.arange(columns) + 0.5), y0 + y_step * (np.arange(rows) + 0.5)
    xx, yy = (v.ravel() for v in np.meshgrid(x, y))
    dx, dy = x_step * fill[0] / 2, y_step * fill[1] / 2
    zs = np.full_like(xx, z)
    return np.stack([np.stack([xx + a * dx, yy + b * dy, zs], 1) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))], 1).astype(
        np.float32
    )


def block(
    sheet: Sheet,
    view: View,
    x: tuple[float, float],
    y: tuple[float, float],
    z: tuple[float, float],
    colour: Array,
    *,
    side: int = 1,
    top: Array | None = None,
) -> None:
    """A box: its lid, the flank that turns to the eye, its front; the flank that looks towards `side` is lit."""
    (x0, x1), (y0, y1), (z0, z1) = x, y, z
    lid = colour * np.float32(1.16) if top is None else top
    if y1 < view.eye:
        sheet.polygon(view.points([(x0, y1, z0), (x1, y1, z0), (x1, y1, z1), (x0, y1, z1)]), lid)
    elif y0 > view.eye:
        sheet.polygon(view.points([(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)]), colour * np.float32(0.6))
    if x0 > 0:
        flank = colour * np.float32(0.96 if side < 0 else 0.70)
        sheet.polygon(view.points([(x0, y0, z0), (x0, y1, z0), (x0, y1, z1), (x0, y0, z1)]), flank)
    elif x1 < 0:
        flank = colour * np.float32(0.96 if side > 0 else 0.70)
        sheet.polygon(view.points([(x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)]), flank)
    sheet.polygon(view.points([(x0, y0, z0), (x1, y0, z0), (x1, y1, z0), (x0, y1, z0)]), colour * np.float32(0.86))


def floor_plan(stage: Stage, view: View, tile: Array, metres: float, top: float) -> Array:
    """A square tile (h × w) laid over the floor every `metres`, as seen: H × W; it fades to its mean where it gets too fine.

    Rows above `top` (pixels) are left at the mean.
    """
    frame = stage.frame
    mean = np.float32(tile.mean())
    out: Array = np.full((frame.height, frame.width), mean, np.float32)
    first = int(max(top, view.horizon + 2, 0))
    if first >= frame.height:
        return out
    rows = frame.rows[first:]
    away = np.float32(view.focal * view.eye) / (rows - np.float32(view.horizon))
    per_metre = np.float32(tile.shape[0] / metres)
    across = (frame.columns - np.float32(view.middle)) * away / np.float32(view.focal) * per_metre
    along = np.broadcast_to(away * per_metre, across.shape)
    # Texels a pixel, downwards: past two the tile would shimmer, so that a coarser one takes over, and past eight its mean.
    density = away**2 / np.float32(view.focal * view.eye) * per_metre
    coarse = cv2.resize(tile, (max(tile.shape[1] // 4, 1), max(tile.shape[0] // 4, 1)), interpolation=cv2.INTER_AREA)
    fine, broad = (
        cv2.remap(
            plan,
            (across * share).astype(np.float32),
            (along * share).astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_WRAP,
        )
        for plan, share in ((tile, np.float32(1.0)), (coarse, np.float32(0.25)))
    )
    seen = broad + (fine - broad) * np.clip(1.6 - density * np.float32(0.45), 0, 1)
    out[first:] = mean + (seen - mean) * np.clip(1.6 - density * np.float32(0.11), 0, 1)
    return out
