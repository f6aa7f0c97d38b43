"""Icons: vector drawings from `artwork/`, rasterised at the size and angle that a picture needs.

They are subsets of two permissively licensed sets (`artwork/README.md`). Equal arguments give equal pixels.
"""

import colorsys
import math
import re
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import resvg_py

from services.model_service.engines.keyframe.canvas import Array, Point

_FOLDER = Path(__file__).parent / "artwork"
_PROBE = 96
_CACHED_PIXELS = 400 * 400
_HEX = re.compile(r"#[0-9a-f]{6}\b|#[0-9a-f]{3}\b", re.IGNORECASE)
_SAME_HUE = 0.09
_GREY = 0.16


def artwork_folder() -> Path:
    return _FOLDER


def icon_names() -> frozenset[str]:
    """The names of the icons that are there, such as `noto/eagle`."""
    return frozenset(path.relative_to(_FOLDER).with_suffix("").as_posix() for path in _FOLDER.rglob("*.svg"))


def raster(
    name: str, height: float, *, grip: Point = (0.5, 0.0), angle: float = 0.0, mirrored: bool = False, colour: str = ""
) -> tuple[Array, tuple[int, int]]:
    """The icon `height` pixels tall (before it is turned), premultiplied uint8 RGBA, and where its grip lies in it.

    `grip` is a point of the drawing in shares of its inked box, (0, 0) at the lower left; `angle` in degrees tilts the top
    to the right around it. `colour` (such as `#b8332f`) repaints what is of the icon's main colour.
    """
    key = (name, round(height, 1), grip, round(angle), mirrored, colour)
    left, top, right, bottom = inked_box(name)
    area = height * height * (right - left) / (bottom - top)
    return _kept_raster(*key) if area <= _CACHED_PIXELS else _raster(*key)


def aspect(name: str) -> float:
    """Width over height of the icon's inked box."""
    left, top, right, bottom = inked_box(name)
    return (right - left) / (bottom - top)


@lru_cache(maxsize=256)
def inked_box(name: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is drawn, in the icon's own units."""
    x, y, width, height = _view(name)
    alpha = _pixels(_svg(name, (x, y, width, height), ""), _PROBE, round(_PROBE * height / width))[..., 3]
    rows, columns = np.flatnonzero(alpha.max(1) > 24), np.flatnonzero(alpha.max(0) > 24)
    unit = width / _PROBE
    return (
        x + float(columns[0]) * unit,
        y + float(rows[0]) * unit,
        x + float(columns[-1] + 1) * unit,
        y + float(rows[-1] + 1) * unit,
    )


def _raster(name: str, height: float, grip: Point, angle: float, mirrored: bool, colour: str) -> tuple[Array, tuple[int, int]]:
    left, top, right, bottom = inked_box(name)
    scale = height / (bottom - top)
    if mirrored:
        grip = (1 - grip[0], grip[1])
        angle = -angle
    gx, gy = left + grip[0] * (right - left), bottom - grip[1] * (bottom - top)
    turn = math.radians(angle)
    corners = [(x - gx, y - gy) for x in (left, right) for y in (top, bottom)]
    turned = [(x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)) for x, y in corners]
    to_left, to_top = (math.ceil(-min(p[axis] for p in turned) * scale) + 1 for axis in (0, 1))
    to_right, to_bottom = (math.ceil(max(p[axis] for p in turned) * scale) + 1 for axis in (0, 1))
    width, tall = max(to_left + to_right, 1), max(to_top + to_bottom, 1)
    view = (gx - to_left / scale, gy - to_top / scale, width / scale, tall / scale)
    pixels = _pixels(_svg(name, view, f"rotate({angle} {gx} {gy})", colour), width, tall)
    if mirrored:
        return np.ascontiguousarray(pixels[:, ::-1]), (width - to_left, to_top)
    return pixels, (to_left, to_top)


_kept_raster = lru_cache(maxsize=32)(_raster)


def _pixels(svg: str, width: int, height: int) -> Array:
    png = resvg_py.svg_to_bytes(svg_string=svg, width=width, height=height, skip_system_fonts=True)
    straight = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if straight is None or straight.ndim != 3 or straight.shape[2] != 4:
        raise ValueError("the rasteriser gave no picture with transparency")
    straight = cv2.cvtColor(straight, cv2.COLOR_BGRA2RGBA)
    return np.asarray(cv2.cvtColor(straight, cv2.COLOR_RGBA2mRGBA))


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    return (_FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def _view(name: str) -> tuple[float, float, float, float]:
    box = re.search(r'viewBox="([^"]+)"', _source(name))
    if box is None:
        raise ValueError(f"icon {name} has no viewBox")
    x, y, width, height = (float(part) for part in box.group(1).split())
    return x, y, width, height


def _svg(name: str, view: tuple[float, float, float, float], transform: str, colour: str = "") -> str:
    source = _repainted(name, colour) if colour else _source(name)
    body = source[source.index(">") + 1 : source.rindex("</svg>")]
    box = " ".join(f"{number:.4f}" for number in view)
    inner = f'<g transform="{transform}">{body}</g>' if transform else body
    xmlns = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {xmlns} viewBox="{box}" preserveAspectRatio="none">{inner}</svg>'


@lru_cache(maxsize=64)
def _repainted(name: str, colour: str) -> str:
    """The source with every shade of its main colour replaced by the like shade of `colour`."""
    source = _source(name)
    main = _main_colour(name)
    if main is None:
        return source
    base, aim = _hls(main), _hls(colour)

    def shade(match: re.Match[str]) -> str:
        own = _hls(match.group(0))
        if not _alike(own, base):
            return match.group(0)
        ratio = own[1] / max(base[1], 0.05)
        light = aim[1] * ratio if ratio <= 1 else 1 - (1 - aim[1]) / ratio
        red, green, blue = colorsys.hls_to_rgb(aim[0], min(max(light, 0.0), 1.0), aim[2])
        return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"

    return _HEX.sub(shade, source)


def _main_colour(name: str) -> str | None:
    """The colour that covers most of the icon."""
    codes: list[str] = sorted({code.lower() for code in _HEX.findall(_source(name))})
    if not codes:
        return None
    pixels = _pixels(_svg(name, _view(name), ""), 48, 48)
    inked = pixels[pixels[..., 3] > 250][:, :3].astype(np.int32)
    table = np.array([[round(v * 255) for v in _rgb(code)] for code in codes])
    nearest = ((inked[:, None] - table[None]) ** 2).sum(2).argmin(1)
    most = int(np.bincount(nearest, minlength=len(codes)).argmax())
    return codes[most]


def _alike(own: tuple[float, float, float], base: tuple[float, float, float]) -> bool:
    if base[2] < _GREY or base[1] > 0.93:
        return own[2] < _GREY + 0.1 and own[1] > 0.25
    apart = abs(own[0] - base[0])
    return own[2] >= _GREY and min(apart, 1 - apart) < _SAME_HUE


def _rgb(code: str) -> tuple[float, float, float]:
    digits = code.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def _hls(code: str) -> tuple[float, float, float]:
    return colorsys.rgb_to_hls(*_rgb(code))
