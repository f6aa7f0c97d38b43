"""A provider's picture as the keyframe that was asked for."""

import base64
import binascii
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from services.core.requests import KeyframeRequest
from services.model_service.engine import MadeFile, Output
from services.model_service.engines.picture.fitting import fitted
from services.model_service.engines.remote import refusals

_MOST_PIXELS = 64_000_000
MOST_BYTES = 64 * 1024 * 1024
"""Of a picture, however large other files of a provider may be."""
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
"""Pillow reads others by running programs (EPS)."""


def decoded(name: str, text: str) -> bytes:
    """Bytes from base64. Raises Unavailable PEER_UNREADABLE."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refusals.unreadable(name, "text that is no base64", text[:200].encode()) from None


def check(name: str, data: bytes) -> None:
    """Raises Unavailable PEER_UNREADABLE for what is no picture, or one of absurd size."""
    _pixels(name, data)


def keyframe(name: str, data: bytes, request: KeyframeRequest, folder: Path, meta: Mapping[str, Any]) -> Output:
    """The picture in `data` as a PNG of exactly the asked size, cut at its centre where its shape differs, which `meta` then says.

    `meta["changed"]` is added to. Raises Unavailable PEER_UNREADABLE for what is no picture, or one of absurd size.
    """
    pixels = _pixels(name, data)
    height, width = pixels.shape[:2]
    changed = list(meta.get("changed", ()))
    if (width, height) != (request.width, request.height):
        changed.append(f"size: made at {width}×{height}, fitted to {request.width}×{request.height}")
    target = folder / "image.png"
    fitted(pixels, request.width, request.height).save(target, format="PNG", compress_level=4)
    return Output({"image": MadeFile(target, "image/png")}, {**meta, "changed": changed} if changed else dict(meta))


def _pixels(name: str, data: bytes) -> npt.NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise refusals.unreadable(name, f"a picture of {image.width} × {image.height}", b"")
            return np.asarray(image.convert("RGB"))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise refusals.unreadable(name, f"no picture ({type(error).__name__})", data[:80]) from error


def covering(path: Path, size: str) -> bytes:
    """A keyframe as a PNG of a size such as `1280x720`, cut at its centre where its shape differs."""
    width, height = map(int, size.split("x"))
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    target = io.BytesIO()
    fitted(pixels, width, height).save(target, format="PNG", compress_level=4)
    return target.getvalue()
