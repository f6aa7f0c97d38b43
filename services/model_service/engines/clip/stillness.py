"""How much a picture shows of a camera that draws nearer: what is dark, soft or empty shows little, and seems to stand still."""

import math

import cv2
import numpy as np

from services.model_service.engines.clip.motion import answer
from services.model_service.engines.clip.picture import Picture
from services.model_service.engines.keyframe import layers as layers_file
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.layers import DepthLayer

_SMALL = (96, 54)
"""Finer changes than on such a copy are flicker, not motion."""


def shown(picture: Picture) -> float:
    """Levels of luma (0 to 255) that a small copy changes by, on average, for each unit of zoom; infinite where something falls."""
    if any(layer.falls for layer in picture.layers):
        return math.inf
    whole = layers_file.compose(picture.layers, *picture.size)
    luma: Array = np.asarray(_small(cv2.cvtColor(whole, cv2.COLOR_BGR2GRAY)), np.float32)
    reach: Array = np.zeros_like(luma)
    for layer in picture.layers:
        if not layer.still:
            cover = _cover(layer, picture.size)
            reach = reach * (1 - cover) + np.float32(answer(layer.depth)) * cover
    down, across = np.gradient(luma)
    width, height = _SMALL
    x, y = np.arange(width) - (width - 1) / 2, np.arange(height) - (height - 1) / 2
    return float((np.abs(across * x + down * y[:, None]) * reach).mean())


def _cover(layer: DepthLayer, size: tuple[int, int]) -> Array:
    """Where the layer covers the picture, from 0 to 1, on a small copy."""
    alpha = np.zeros((size[1], size[0]), np.uint8)
    height, width = layer.pixels.shape[:2]
    alpha[layer.y : layer.y + height, layer.x : layer.x + width] = layer.pixels[..., 3]
    return np.asarray(_small(alpha), np.float32) / np.float32(255)


def _small(plane: Array) -> Array:
    return np.asarray(cv2.resize(plane, _SMALL, interpolation=cv2.INTER_AREA))
