"""Rendering one frame: each layer moved by its depth and composed, all on the CPU by OpenCV."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from services.model_service.engines.clip.motion import Pose, answer
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.layers import DepthLayer


class Renderer:
    """Frames of a layered picture, cropped to cover `width` × `height`. Not thread-safe: it owns its buffers.

    The picture is `source` = (width, height) pixels; the first layer must be opaque and whole.
    """

    def __init__(self, layers: Sequence[DepthLayer], source: tuple[int, int], width: int, height: int) -> None:
        self._layers = [_repeated(layer, source) if any(layer.drift) else layer for layer in layers]
        self._source = source
        self._size = (width, height)
        self._cover = max(width / source[0], height / source[1])
        self._out: Array = np.empty((height, width, 4), np.uint8)
        self._moved: Array = np.empty((height, width, 4), np.uint8)
        self._kept: Array = np.empty((height, width, 4), np.uint8)
        self._alpha: Array = np.empty((height, width), np.uint8)

    def frame(self, pose: Pose, seconds: float) -> Array:
        """The picture as seen from `pose`, `seconds` into the clip: uint8 BGRA, valid until the next call."""
        for index, layer in enumerate(self._layers):
            matrix = self._matrix(layer, pose, seconds)
            if index == 0:
                cv2.warpAffine(layer.pixels, matrix, self._size, self._out, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            else:
                self._over(layer, matrix)
        return self._out

    def _matrix(self, layer: DepthLayer, pose: Pose, seconds: float) -> Array:
        """From the layer's own pixels to the frame's, 2 × 3."""
        width, height = self._size
        k = answer(layer.depth)
        zoom = self._cover * (1 + pose.flat_zoom) * (1 + pose.zoom * k)
        lean = k - answer(pose.pivot) if pose.pivot and len(self._layers) > 1 else k  # a flat picture has nothing to turn around
        shift_x = (pose.x * lean + pose.flat_x) * self._source[0] * self._cover
        shift_y = (pose.y * lean + pose.flat_y) * self._source[1] * self._cover
        sin, cos = math.sin(pose.roll) * zoom, math.cos(pose.roll) * zoom
        drift_x, drift_y = layer.x - self._source[0] / 2, layer.y - self._source[1] / 2
        if any(layer.drift):
            drift_x += (layer.drift[0] * seconds) % self._source[0] - self._source[0]
            drift_y += (layer.drift[1] * seconds) % self._source[1] - self._source[1]
        # Pixel centres lie at halves: without the half-pixel terms the picture would creep as it is scaled.
        px, py = drift_x + 0.5, drift_y + 0.5
        return np.array(
            [
                [cos, -sin, cos * px - sin * py + width / 2 + shift_x - 0.5],
                [sin, cos, sin * px + cos * py + height / 2 + shift_y - 0.5],
            ],
            np.float64,
        )

    def _over(self, layer: DepthLayer, matrix: Array) -> None:
        """Blend the moved layer over the frame, within the box that it reaches."""
        h, w = layer.pixels.shape[:2]
        corners = matrix @ np.array([[-1, w, -1, w], [-1, -1, h, h], [1, 1, 1, 1]], np.float64)
        left, top = (max(math.floor(v), 0) for v in corners.min(1))
        right, bottom = (min(math.ceil(v) + 1, limit) for v, limit in zip(corners.max(1), self._size, strict=True))
        if right <= left or bottom <= top:
            return
        # A box that ends at the picture's edge goes on past it, one that ends inside is empty there.
        full_w, full_h = self._source
        whole = layer.x == 0 and layer.x + w >= full_w
        grounded = layer.y + h >= full_h
        if whole:
            left, right = 0, self._size[0]
        if grounded:
            bottom = self._size[1]
        matrix = matrix - np.array([[0, 0, left], [0, 0, top]], np.float64)
        size = (right - left, bottom - top)
        # All into buffers that are there: fresh memory for every frame would double the time.
        moved, kept, alpha = (buffer[: size[1], : size[0]] for buffer in (self._moved, self._kept, self._alpha))
        border = cv2.BORDER_REPLICATE if whole or grounded else cv2.BORDER_CONSTANT
        cv2.warpAffine(layer.pixels, matrix, size, moved, flags=cv2.INTER_LINEAR, borderMode=border)
        cv2.extractChannel(moved, 3, alpha)
        cv2.bitwise_not(alpha, alpha)
        cv2.merge([alpha] * 4, kept)
        region = self._out[top:bottom, left:right]
        cv2.multiply(region, kept, region, 1 / 255)
        cv2.add(region, moved, region)


def _repeated(layer: DepthLayer, source: tuple[int, int]) -> DepthLayer:
    """A drifting layer twice as wide and high, so that every window of the picture's size is inside it."""
    width, height = source
    whole = np.zeros((height, width, 4), np.uint8)
    h, w = layer.pixels.shape[:2]
    whole[layer.y : layer.y + h, layer.x : layer.x + w] = layer.pixels
    return DepthLayer(layer.name, layer.depth, 0, 0, np.tile(whole, (2, 2, 1)), layer.drift)
