"""Reading a keyframe: the painter's layers, or a flat picture as a layer or two of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from services.core.errors import EngineFailed
from services.model_service.engines.keyframe import layers as layers_file
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.layers import DepthLayer

_LEAST_SHOWN = 0.6
"""The share of a picture that must be seen when it fills the frame; below it, it is shown whole before a blurred copy."""
_BACKDROP_DEPTH = 0.1
_BACKDROP_LIGHT = 0.55


@dataclass(frozen=True, slots=True)
class Picture:
    """Layers from back to front, of a picture of `size` = (width, height). `layered` when the painter parted it."""

    layers: Sequence[DepthLayer]
    size: tuple[int, int]
    layered: bool


def read(parts: dict[str, Path], frame: tuple[int, int], engine: str) -> Picture:
    """The keyframe as what to film for a frame of that size. Raises EngineFailed when it is no picture.

    `parts` has `image`, or `layers`, or both.
    """
    if "layers" in parts:
        try:
            layers, width, height = layers_file.load(parts["layers"])
        except ValueError as error:
            raise EngineFailed("ENGINE_FAILED", engine=engine, problem=str(error)) from error
        if _shown((width, height), frame) >= _LEAST_SHOWN:
            return Picture(layers, (width, height), len(layers) > 1)
        return _matted(cv2.cvtColor(layers_file.compose(layers, width, height), cv2.COLOR_BGR2BGRA), frame)
    if "image" not in parts:
        raise EngineFailed("ENGINE_FAILED", engine=engine, problem="the keyframe has no part named image")
    pixels = cv2.imdecode(np.fromfile(parts["image"], np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise EngineFailed("ENGINE_FAILED", engine=engine, problem="the keyframe is no picture that can be read")
    opaque = cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA)
    size = (opaque.shape[1], opaque.shape[0])
    if _shown(size, frame) < _LEAST_SHOWN:
        return _matted(opaque, frame)
    return Picture([DepthLayer("image", 1.0, 0, 0, opaque)], size, layered=False)


def _shown(size: tuple[int, int], frame: tuple[int, int]) -> float:
    """The share of the picture that is seen when it covers the frame."""
    shape, wanted = size[0] / size[1], frame[0] / frame[1]
    return min(shape, wanted) / max(shape, wanted)


def _matted(opaque: Array, frame: tuple[int, int]) -> Picture:
    """The whole picture in the frame's middle, with a soft shadow, before a dim and blurred copy that fills the frame."""
    width, height = frame
    tall, wide = opaque.shape[:2]
    cover, fit = max(width / wide, height / tall), min(width / wide, height / tall)
    small = cv2.resize(opaque, (max(round(wide * cover / 8), 1), max(round(tall * cover / 8), 1)), interpolation=cv2.INTER_AREA)
    left, top = (small.shape[1] - -(-width // 8)) // 2, (small.shape[0] - -(-height // 8)) // 2
    crop = small[max(top, 0) : max(top, 0) + -(-height // 8), max(left, 0) : max(left, 0) + -(-width // 8)]
    blurred = cv2.GaussianBlur(crop, (0, 0), max(min(width, height) / 8 / 16, 1.0))
    backdrop = cv2.resize(cv2.convertScaleAbs(blurred, alpha=_BACKDROP_LIGHT), frame, interpolation=cv2.INTER_CUBIC)
    inner = (min(round(wide * fit), width), min(round(tall * fit), height))
    x, y = (width - inner[0]) // 2, (height - inner[1]) // 2
    stands = np.zeros((height, width), np.uint8)
    stands[y : y + inner[1], x : x + inner[0]] = 255
    shadow = cv2.GaussianBlur(stands, (0, 0), max(min(width, height) / 40, 1.0)).astype(np.float32) * np.float32(0.6 / 255)
    backdrop = np.asarray(backdrop * (1 - shadow[..., None]), np.uint8)
    backdrop[..., 3] = 255
    shown = cv2.resize(opaque, inner, interpolation=cv2.INTER_AREA if fit < 1 else cv2.INTER_CUBIC)
    layers = [DepthLayer("backdrop", _BACKDROP_DEPTH, 0, 0, backdrop), DepthLayer("image", 1.0, x, y, shown)]
    return Picture(layers, frame, layered=False)
