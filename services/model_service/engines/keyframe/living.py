"""What lives in a finished picture while a camera films it: clouds that drift, stars, lights, glints on water, grass in the wind.

Where it lives is read from the finished layers' own pixels, so every painter's work and every style is served alike.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.layers import DepthLayer, Detail, Life
from services.model_service.engines.keyframe.stage import Stage

_FIRES = frozenset({"campfire", "torch", "candle", "oil lamp", "pumpkin lantern", "paper lantern", "lantern", "volcano"})
_WATERS = ("sea", "beach", "lighthouse", "river", "lake", "harbour", "waterfall", "island", "underwater")
_WINDY = frozenset({"wind", "storm", "rain"})
_MOST_SPOTS = 0.02
"""The share of a layer's box that may twinkle or glint; beyond it, only the brightest do."""
_MOST_LIGHT = 0.15
"""The share of a layer's box that may flicker; one that is nothing but light stands still."""


def enlivened(stage: Stage, layers: Sequence[DepthLayer]) -> list[DepthLayer]:
    """The layers with their drift and details; what is painted does not change."""
    return [_enlivened(stage, layer) for layer in layers]


def _enlivened(stage: Stage, layer: DepthLayer) -> DepthLayer:
    scene, unit = stage.scene, stage.unit
    indoors = bool(scene.places) and stage.scene.has("room")
    if layer.name == "clouds" and not indoors:
        return replace(layer, drift=(-stage.side * unit * (0.022 if scene.weather & _WINDY else 0.009), 0.0))
    details: list[Detail | None] = []
    if layer.name == "sky" and (stage.dark or scene.has("space")):
        details.append(_spots(Life.TWINKLE, layer, unit, strength=0.75, rate=0.35, most=unit * 0.004))
    if layer.name in {"far", "mid", "ground"} and scene.has(*_WATERS):
        details.append(_spots(Life.GLINT, layer, unit, strength=0.3, rate=0.45, most=unit * 0.12, above=stage.horizon))
    if layer.name in {"far", "mid", "ground", "cast"} and (scene.props & _FIRES or scene.has("volcano")):
        details.append(_fires(layer, unit, strength=0.16, rate=1.7))
    if layer.name in {"far", "mid", "ground"} and "neon" in scene.props and stage.dark:
        details.append(_neon(layer, unit, strength=0.4, rate=0.9))
    if layer.name == "front" and layer.y > stage.frame.height * 0.3 and not indoors:
        details.append(_grass(layer, strength=unit * (0.009 if scene.weather & _WINDY else 0.0045)))
    return replace(layer, details=tuple(detail for detail in details if detail is not None))


def _luma(layer: DepthLayer) -> Array:
    return np.asarray(cv2.cvtColor(layer.pixels, cv2.COLOR_BGRA2GRAY))


def _spots(
    kind: Life, layer: DepthLayer, unit: float, *, strength: float, rate: float, most: float, above: float = 0.0
) -> Detail | None:
    """What stands out from its surroundings and is no larger than `most` pixels; nothing above the row `above`."""
    luma = _luma(layer)
    ground = cv2.GaussianBlur(luma, (0, 0), max(unit / 90, 1.0))
    mask = cv2.convertScaleAbs(cv2.subtract(luma, ground), None, 4, 0)
    mask[mask < 60] = 0
    mask[: max(int(above) - layer.y, 0)] = 0
    bright = np.sort(mask[mask > 0])
    allowed = int(mask.size * _MOST_SPOTS)
    if bright.size > allowed:
        mask[mask < bright[-allowed]] = 0
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    large = np.flatnonzero(np.maximum(boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT]) > max(most, 3.0))
    mask[np.isin(labels, large)] = 0
    return Detail(kind, strength, rate, mask) if count > 1 and mask.any() else None


def _fires(layer: DepthLayer, unit: float, *, strength: float, rate: float) -> Detail | None:
    """Small warm lights, from a candle's to a bonfire's size, and the glow around them."""
    blue, green, red = (plate.astype(np.int16) for plate in cv2.split(layer.pixels)[:3])
    warm = ((red > 180) & (red - blue > 75) & (green > 55)).astype(np.uint8) * 255
    warm = np.asarray(cv2.morphologyEx(warm, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(warm, connectivity=8)
    sizes = np.maximum(boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT])
    fires = np.flatnonzero((sizes > unit * 0.02) & (sizes < unit * 0.26))
    return _glowing(layer, np.isin(labels, fires).astype(np.uint8) * 255, unit * 0.05, strength, rate)


def _neon(layer: DepthLayer, unit: float, *, strength: float, rate: float) -> Detail | None:
    """Every third sign: what is bright and of a strong colour, larger than a window and smaller than a house."""
    blue, green, red = cv2.split(layer.pixels)[:3]  # NumPy reduces a last axis of three a hundred times slower
    most, least = cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red)
    vivid = ((most > 150) & (cv2.subtract(most, least) > 110)).astype(np.uint8) * 255
    vivid = np.asarray(cv2.morphologyEx(vivid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(vivid, connectivity=8)
    areas = boxes[:, cv2.CC_STAT_AREA]
    signs = np.flatnonzero((areas > (unit * 0.012) ** 2) & (areas < (unit * 0.12) ** 2))[1::3]
    return _glowing(layer, np.isin(labels, signs).astype(np.uint8) * 255, unit * 0.012, strength, rate)


def _glowing(layer: DepthLayer, burning: Array, reach: float, strength: float, rate: float) -> Detail | None:
    """The burning places and their surroundings, softly ending after `reach` pixels."""
    if not burning.any():
        return None
    halo = cv2.GaussianBlur(cv2.dilate(burning, np.ones((3, 3), np.uint8)), (0, 0), max(reach / 2, 0.8))
    mask = np.asarray(cv2.max(burning, cv2.subtract(halo, np.full_like(halo, 3))))
    mask[layer.pixels.max(2) == 0] = 0
    if np.count_nonzero(mask) > mask.size * _MOST_LIGHT:
        return None
    return Detail(Life.FLICKER, strength, rate, mask)


def _grass(layer: DepthLayer, *, strength: float) -> Detail:
    """Rows lean further the higher they stand; the lowest are rooted."""
    height, width = layer.pixels.shape[:2]
    reach = np.linspace(1.0, 0.0, height, dtype=np.float32) ** 1.5
    return Detail(Life.SWAY, strength, 0.28, np.repeat(np.rint(reach * 255).astype(np.uint8)[:, None], width, 1))
