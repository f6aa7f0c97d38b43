"""The layers file: a picture's depth layers, kept beside it so that a camera can move through them.

Content type `application/x-storyreel-layers`. A ZIP archive without compression of its own:

* `header.json`: `{"version": 2, "width": W, "height": H, "layers": [{"name", "depth", "x", "y", "drift", "file", "details"}, …]}`,
  from back to front. `depth` is 0 for the sky and 1 for the plane of the figures, and may exceed 1 before them. `x`, `y`
  place the layer's box in the picture; outside its box a layer is empty. `drift` is the way that the layer goes by itself in
  a second, in pixels right and down. `details` lists what lives in it: `[{"kind", "strength", "rate", "file"}, …]`, see `Detail`.
* one PNG a layer, 8-bit BGRA **premultiplied** (in OpenCV's order). Colour without alpha is light, which is added.
* one PNG a detail, 8-bit grey, of its layer's size: where it lives, and how much.

Two names mean something. `air` with a drift is rain or snow: it falls, and repeats at the picture's edges. `lens` is what
lies on the picture itself, such as paper or grain: it stays while the camera moves. Any other layer with a drift moves
across, as clouds do, and is continued by its mirror image. Version 1, still read, had no details.

Composing them in order by `out = out * (255 - alpha) / 255 + colour` gives the picture; the first layer is opaque and whole.
"""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array

CONTENT_TYPE = "application/x-storyreel-layers"
_VERSIONS = (1, 2)
_MARGIN = 0.12
_EPOCH = (1980, 1, 1, 0, 0, 0)
# Measured on painted layers: half the time of OpenCV's default at a smaller size.
_PNG = (
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
)


class Life(StrEnum):
    """What a detail does."""

    FLICKER = "flicker"  # light that burns unevenly: a fire, a lamp, neon; each spot by itself
    TWINKLE = "twinkle"  # points that dim and return, each at its own time: stars
    GLINT = "glint"  # points that dim and flash: light on water
    SWAY = "sway"  # what leans in the wind, to and fro along rows; the mask says how far


@dataclass(frozen=True, slots=True)
class Detail:
    """Something that lives in a layer while the camera runs.

    `mask` is uint8, h × w, of the layer's box: 0 where nothing happens, 255 where all of it does. `strength` is the
    share of the brightness that comes and goes, for `sway` the lean in pixels; `rate` is in times a second.
    """

    kind: Life
    strength: float
    rate: float
    mask: Array


@dataclass(frozen=True, slots=True)
class DepthLayer:
    """`pixels` is premultiplied uint8 BGRA, h × w × 4, standing at (`x`, `y`) of the picture."""

    name: str
    depth: float
    x: int
    y: int
    pixels: Array
    drift: tuple[float, float] = (0.0, 0.0)
    details: tuple[Detail, ...] = ()

    @property
    def falls(self) -> bool:
        """Whether it is rain or snow, which repeats at the picture's edges."""
        return self.name == "air" and any(self.drift)

    @property
    def still(self) -> bool:
        """Whether it lies on the picture, not in the place."""
        return self.name == "lens"


def over(below: Array, above: Array) -> Array:
    """Premultiplied uint8 BGRA over another of the same size."""
    kept = cv2.merge([255 - above[..., 3]] * 4)
    return np.asarray(cv2.add(cv2.multiply(below, kept, scale=1 / 255), above))


def trimmed(layers: Sequence[DepthLayer]) -> list[DepthLayer]:
    """Layers of the picture's size, each cut to the smallest box of what can be seen of it, the empty ones left out.

    Rows that opaque nearer layers hide are given up but for a margin that a moving camera may uncover; the first layer
    stays whole, its hidden rows repeating the last one seen.
    """
    kept: list[DepthLayer] = []
    height = layers[0].pixels.shape[0]
    hidden = height
    for index, layer in reversed(list(enumerate(layers))):
        reach = min(hidden + round(height * _MARGIN), height)
        if index == 0:
            layer.pixels[reach:] = layer.pixels[reach - 1]
            kept.append(layer)
            break
        solid = layer.pixels[..., 3].min(1) == 255
        hidden = min(hidden, height - int(np.argmin(solid[::-1])) if not solid.all() else 0)
        boxed = _boxed(layer, reach)
        if boxed is not None:
            kept.append(boxed)
    return kept[::-1]


def _boxed(layer: DepthLayer, bottom: int) -> DepthLayer | None:
    pixels = layer.pixels[:bottom]
    rows = np.flatnonzero(pixels.reshape(pixels.shape[0], -1).max(1))
    columns = np.flatnonzero(pixels.max(0).max(1))
    if not rows.size:
        return None
    top, low, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    details = tuple(replace(detail, mask=np.ascontiguousarray(detail.mask[top:low, left:right])) for detail in layer.details)
    return replace(layer, x=left, y=top, pixels=np.ascontiguousarray(pixels[top:low, left:right]), details=details)


def compose(layers: Sequence[DepthLayer], width: int, height: int) -> Array:
    """The picture, uint8 BGR, H × W × 3."""
    out = np.zeros((height, width, 3), np.uint8)
    for layer in layers:
        h, w = layer.pixels.shape[:2]
        region = out[layer.y : layer.y + h, layer.x : layer.x + w]
        if layer.pixels[..., 3].min() == 255:
            region[:] = layer.pixels[..., :3]
            continue
        uncovered = cv2.merge([255 - layer.pixels[..., 3]] * 3)
        region[:] = cv2.add(cv2.multiply(region, uncovered, scale=1 / 255), np.ascontiguousarray(layer.pixels[..., :3]))
    return out


def save(path: Path, layers: Sequence[DepthLayer], width: int, height: int) -> None:
    """Write the file; equal layers give equal bytes."""
    entries = [
        {
            "name": layer.name,
            "depth": layer.depth,
            "x": layer.x,
            "y": layer.y,
            "drift": list(layer.drift),
            "file": f"{index}.png",
            "details": [
                {"kind": detail.kind.value, "strength": detail.strength, "rate": detail.rate, "file": f"{index}-{number}.png"}
                for number, detail in enumerate(layer.details)
            ],
        }
        for index, layer in enumerate(layers)
    ]
    header = {"version": 2, "width": width, "height": height, "layers": entries}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("header.json", _EPOCH), json.dumps(header, sort_keys=True))
        for index, layer in enumerate(layers):
            archive.writestr(zipfile.ZipInfo(f"{index}.png", _EPOCH), encode_png(layer.pixels))
            for number, detail in enumerate(layer.details):
                archive.writestr(zipfile.ZipInfo(f"{index}-{number}.png", _EPOCH), encode_png(detail.mask))


def load(path: Path) -> tuple[list[DepthLayer], int, int]:
    """The layers from back to front, and the picture's width and height. Raises ValueError when it is no layers file."""
    try:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(archive.read("header.json"))
            if header["version"] not in _VERSIONS:
                raise ValueError(f"layers file of version {header['version']}")
            layers = [_read(archive, entry) for entry in header["layers"]]
    except (zipfile.BadZipFile, KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"not a layers file: {error}") from error
    return layers, int(header["width"]), int(header["height"])


def encode_png(pixels: Array) -> bytes:
    """PNG, packed quickly rather than tightly; raises ValueError for what cannot be one."""
    done, data = cv2.imencode(".png", pixels, _PNG)
    if not done:
        raise ValueError(f"cannot encode an array of shape {pixels.shape}")
    return data.tobytes()


def _read(archive: zipfile.ZipFile, entry: dict[str, Any]) -> DepthLayer:
    across, down = entry["drift"]
    pixels = _decode(archive.read(entry["file"]), channels=4)
    return DepthLayer(
        str(entry["name"]),
        float(entry["depth"]),
        int(entry["x"]),
        int(entry["y"]),
        pixels,
        (float(across), float(down)),
        tuple(_read_detail(archive, detail, pixels.shape[:2]) for detail in entry.get("details", ())),
    )


def _read_detail(archive: zipfile.ZipFile, entry: dict[str, Any], size: tuple[int, ...]) -> Detail:
    mask = _decode(archive.read(entry["file"]), channels=1)
    if mask.shape != size:
        raise ValueError("a detail's mask is not of its layer's size")
    return Detail(Life(entry["kind"]), float(entry["strength"]), float(entry["rate"]), mask)


def _decode(data: bytes, *, channels: int) -> Array:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint8 or (pixels.shape[2] if pixels.ndim == 3 else 1) != channels:
        raise ValueError(f"a part is not a PNG with {channels} channels of 8 bits")
    return np.asarray(pixels)
