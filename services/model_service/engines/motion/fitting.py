"""A frame of footage as the planes of a frame of the clip: cut to its shape around the middle, scaled, in Rec. 709."""

import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from services.model_service.engines.clip.planes import Planes
from services.model_service.engines.keyframe.canvas import Array

_UNSPECIFIED = 2
_CAREFUL = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
_HD = (1280, 576)
"""From this width, or above this height, a video that does not say so is taken for Rec. 709, as players do; else for Rec. 601."""


def fitted(frame: VideoFrame, width: int, height: int, *, aspect: float = 1.0) -> Planes:
    """The frame at `width` × `height` (both even). `aspect` is the width of its pixels by their height."""
    quarter_turns = round(frame.rotation / 90) % 4
    turned = (height, width) if quarter_turns % 2 else (width, height)
    shape = (frame.width * aspect, float(frame.height))
    scale = max(turned[0] / shape[0], turned[1] / shape[1])
    scaled = tuple(max(wanted, 2 * round(side * scale / 2)) for side, wanted in zip(shape, turned, strict=True))
    converted = frame.reformat(
        scaled[0],
        scaled[1],
        "yuv420p",
        src_colorspace=_matrix(frame),
        dst_colorspace=Colorspace.ITU709,
        src_color_range=frame.color_range or ColorRange.MPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=(Interpolation.AREA if scale < 0.5 else Interpolation.LANCZOS) | _CAREFUL,
        threads=1,
    )
    left, top = ((side - wanted) // 4 * 2 for side, wanted in zip(scaled, turned, strict=True))
    luma = _cut(converted.planes[0], left, top, *turned)
    blue, red = (_cut(plane, left // 2, top // 2, turned[0] // 2, turned[1] // 2) for plane in converted.planes[1:3])
    return Planes(*(np.ascontiguousarray(np.rot90(plane, quarter_turns)) for plane in (luma, blue, red)))


def _matrix(frame: VideoFrame) -> int:
    """How its colours are coded; RGB is not."""
    if frame.colorspace != _UNSPECIFIED or frame.format.is_rgb:
        return int(frame.colorspace) if frame.colorspace != _UNSPECIFIED else int(Colorspace.ITU709)
    return int(Colorspace.ITU709 if frame.width >= _HD[0] or frame.height > _HD[1] else Colorspace.ITU601)


def _cut(plane: VideoPlane, left: int, top: int, width: int, height: int) -> Array:
    rows: Array = np.frombuffer(memoryview(plane), np.uint8)[: plane.height * plane.line_size]
    return rows.reshape(plane.height, plane.line_size)[top : top + height, left : left + width]
