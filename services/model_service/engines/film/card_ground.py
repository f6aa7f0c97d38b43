"""What lies under a card's words: the story's picture, as the card's look would have it, somewhat larger than the frame."""

import cv2
import numpy as np
from numpy.typing import NDArray

from services.model_service.engines.film import card_canvas
from services.model_service.engines.film.card_looks import Ground, Look
from services.model_service.engines.film.frames import Planes

Picture = NDArray[np.float32]
"""Height × width × 3, red, green, blue from 0 to 1."""

SPARE = 1.08
"""How much larger the ground is than the frame: the card moves within it."""
_PAPER, _RICE = (0.965, 0.925, 0.845), (0.935, 0.915, 0.865)
_NIGHT = (0.10, 0.12, 0.17)
_DIMMEST = 0.19
"""Mean brightness of the darkest ground: a film that fades out over it is black for a quarter of a second, and no longer."""
_MOST_EXPOSED = 5.0
"""How many times brighter a dark picture is made before dusk is laid over it."""


def ground(picture: Picture | None, width: int, height: int, look: Look) -> Planes:
    """The ground for a frame of this size, larger by SPARE. `picture` may have any size and shape."""
    return card_canvas.planes(_made(picture, (2 * round(width * SPARE / 2), 2 * round(height * SPARE / 2)), look))


def _made(picture: Picture | None, size: tuple[int, int], look: Look) -> Picture:
    filled = _dusk(size) if picture is None else _filled(picture, size)
    match look.ground:
        case Ground.DARK:
            return _dark(filled, look)
        case Ground.PAPER:
            return _paper(None if picture is None else filled, size)
        case Ground.RICE:
            return _rice(None if picture is None else filled, size)
        case Ground.BLOCKS:
            return _blocks(filled, look)


def _dark(filled: Picture, look: Look) -> Picture:
    height, width = filled.shape[:2]
    soft = cv2.GaussianBlur(filled, (0, 0), 0.009 * min(width, height))
    x, y = _axes(width, height)
    edges = 1 - 0.55 * np.clip((x * x + y * y) / 1.6, 0, 1)
    behind = 1 - 0.35 * np.exp(-((x / 0.75) ** 2) - (y / 0.38) ** 2)
    graded = soft * (look.light * edges * behind)[..., None]
    if look.neon:
        grey = graded.mean(axis=2, keepdims=True)
        graded = 0.55 * graded + 0.45 * grey * np.array([1.15, 0.5, 1.35], np.float32)
        graded[::3] *= 0.86
    return _exposed(_picture(graded))


def _exposed(dark: Picture) -> Picture:
    """The picture, made as bright as `_DIMMEST`: its own lights first, none burnt out, then a glow of dusk from below."""
    # Blurred over more than a pixel, it may be judged by a small one.
    small = _picture(cv2.resize(dark, (48, 48), interpolation=cv2.INTER_AREA))
    if _brightness(small) >= _DIMMEST:
        return dark
    low, high = 1.0, _MOST_EXPOSED
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if _brightness(_picture(1 - (1 - small) ** middle)) >= _DIMMEST else (middle, high)
    lit = _picture(1 - (1 - dark) ** high)
    lacking = _DIMMEST - _brightness(lit)
    if lacking < 0.005:
        return lit
    dusk = _dusk((dark.shape[1], dark.shape[0]))
    return _picture(lit + dusk * (lacking / _brightness(dusk)))


def _brightness(picture: Picture) -> float:
    return float(picture.mean(axis=(0, 1)) @ np.array([0.2126, 0.7152, 0.0722]))


def _paper(filled: Picture | None, size: tuple[int, int]) -> Picture:
    """The picture as a wash that leaves a wide, uneven rim of paper and is thin behind the words."""
    width, height = size
    paper = _grained(_PAPER, size, fibres=False)
    if filled is None:
        return paper
    soft = cv2.GaussianBlur(filled, (0, 0), 0.006 * min(size))
    x, y = _axes(width, height)
    uneven = 0.05 * _cloud(size, 7, 0.22) + 0.02 * _cloud(size, 8, 0.07)
    rounded = (np.abs(x) ** 6 + np.abs(y) ** 6) ** (1 / 6)
    inside = _step((0.9 - rounded + uneven) / 0.3)
    words = np.exp(-((x / 0.8) ** 4) - (y / 0.42) ** 4)
    strength = inside * (0.92 - 0.74 * words)
    return _picture(paper * (1 - strength[..., None] * (1 - (0.25 + 0.75 * soft))))


def _rice(filled: Picture | None, size: tuple[int, int]) -> Picture:
    width, height = size
    paper = _grained(_RICE, size, fibres=True)
    if filled is None:
        return paper
    grey = cv2.GaussianBlur(filled, (0, 0), 0.004 * min(size)).mean(axis=2)
    x, y = _axes(width, height)
    low = _step((y + 0.25 + 0.2 * _cloud(size, 9, 0.12)) / 0.9)
    words = np.exp(-((x / 0.3) ** 4) - (y / 0.8) ** 4)
    strength = np.clip(0.2 + 0.45 * low - 0.35 * words, 0, 1)
    return _picture(paper * (1 - strength * (1 - grey) * 0.8)[..., None])


def _blocks(filled: Picture, look: Look) -> Picture:
    height, width = filled.shape[:2]
    side = max(2, round(min(width, height) / 90))
    small = cv2.resize(filled, (width // side, height // side), interpolation=cv2.INTER_AREA)
    x, y = _axes(small.shape[1], small.shape[0])
    lit = small * (look.light * (1 - 0.5 * np.exp(-((x / 0.8) ** 4) - (y / 0.4) ** 4)))[..., None]
    few = np.asarray(np.round(_exposed(_picture(lit)) * 15) / 15, np.float32)
    return _picture(cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST))


def _dusk(size: tuple[int, int]) -> Picture:
    """A night sky for a film that has no picture."""
    x, y = _axes(*size)
    glow = np.exp(-((x / 1.1) ** 2) - ((y - 0.9) / 0.9) ** 2)[..., None]
    colours = np.array(_NIGHT, np.float32) * 1.6 + glow * np.array([0.55, 0.35, 0.30], np.float32)
    return _picture(colours + 0.02 * _cloud(size, 3, 0.1)[..., None])


def _filled(picture: Picture, size: tuple[int, int]) -> Picture:
    height, width = picture.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    matrix = np.array([[scale, 0, (size[0] - scale * width) / 2], [0, scale, (size[1] - scale * height) / 2]])
    return _picture(cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _grained(colour: tuple[float, float, float], size: tuple[int, int], *, fibres: bool) -> Picture:
    grain = 0.012 * _cloud(size, 1, 0.002) + 0.006 * _cloud(size, 2, 0.05)
    if fibres:
        chance = np.random.default_rng(4)
        drawn = np.zeros((size[1], size[0]), np.float32)
        for _ in range(160):
            x, y, turn = chance.uniform(0, size[0]), chance.uniform(0, size[1]), chance.uniform(0, np.pi)
            long = chance.uniform(0.01, 0.04) * min(size)
            ends = [(round(x + side * long * np.cos(turn)), round(y + side * long * np.sin(turn))) for side in (-1, 1)]
            cv2.line(drawn, ends[0], ends[1], 1.0, 1, cv2.LINE_AA)
        grain = grain - 0.03 * cv2.GaussianBlur(drawn, (0, 0), 0.7)
    return _picture(np.array(colour, np.float32) + grain[..., None])


def _cloud(size: tuple[int, int], seed: int, grain: float) -> NDArray[np.float32]:
    """Soft noise of spread 1 around 0; `grain` is the size of its patches as a part of the frame's shorter side."""
    step = max(1.0, grain * min(size))
    shape = max(2, round(size[1] / step)), max(2, round(size[0] / step))
    noise = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return np.asarray(cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC), np.float32)


def _axes(width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """From -1 to 1 across and down."""
    x, y = np.meshgrid(np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32))
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _step(value: NDArray[np.floating]) -> NDArray[np.float32]:
    inside = np.clip(value, 0, 1)
    return np.asarray(inside * inside * (3 - 2 * inside), np.float32)


def _picture(values: object) -> Picture:
    return np.clip(np.asarray(values, np.float32), 0, 1)
