"""A card's words in motion: letters that come one after another and drift apart, a glow around them, a mark beside them."""

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from services.model_service.engines.film import card_canvas
from services.model_service.engines.film.card_looks import Colour, Look, Mark
from services.model_service.engines.film.frames import Planes
from services.model_service.engines.film.lettering import Alpha, Block, Letter

_COMING = 0.7
"""Seconds in which one letter comes."""
_ALL_BEGUN = 0.6
"""Seconds after which the last letter begins to come."""
_DRIFT = 0.06
"""Ems that letters drift apart on the whole card."""
_GLOW_REACH = 0.18
"""Softness of the glow, in ems."""
_SEAL = (176, 40, 32)

Painter = Callable[[Planes, float, float], None]
"""Paints on a canvas, in place, at second `at`, `through` (0 to 1) the card."""


def painter(title: Block, look: Look, *, begins: float) -> Painter:
    """The words of a card, which begin to come at second `begins`."""
    pad = round((1.3 if look.neon else 0.7) * title.em)
    box = (round(title.left) - pad, round(title.top) - pad, round(title.right) + pad, round(title.bottom) + pad)
    coarse = max(1, round(title.em / 30)) if look.coarse else 1
    around: list[Alpha] = []  # the glow of the words as they stand at last, made when the size of the canvas is known

    def letters(corner: tuple[int, int], size: tuple[int, int], at: float, through: float) -> tuple[Alpha, float]:
        """The letters' coverage, and how far they have come altogether."""
        alpha = np.zeros(size, np.float32)
        come = 0.0
        for number, letter in enumerate(title.letters):
            # A tube is lit as a whole.
            begun = begins + (0.0 if look.neon else _ALL_BEGUN * number / max(len(title.letters) - 1, 1))
            seen = _eased((at - begun) / (0.05 if look.coarse else _COMING))
            come += seen / len(title.letters)
            if seen > 0:
                _add(alpha, letter, seen, _drift(letter, title, look, through), corner)
        return (_coarse(alpha, coarse) if look.coarse else alpha), come

    def paint(canvas: Planes, at: float, through: float) -> None:
        height, width = canvas[0].shape
        left, top, right, bottom = max(box[0], 0), max(box[1], 0), min(box[2], width), min(box[3], height)
        if left >= right or top >= bottom:
            return
        corner, size = (left, top), (bottom - top, right - left)
        if not around:
            around.append(_glow(letters(corner, size, float("inf"), 1.0)[0], title.em, look))
        alpha, come = letters(corner, size, at, through)
        if come == 0:
            return
        light = _flicker(at - begins) if look.neon else 1.0
        if look.neon:
            card_canvas.shine(canvas, around[0] * np.float32(come * light), look.glow, corner)
        elif look.coarse:
            card_canvas.lay(canvas, _shadow(alpha, coarse), look.glow, corner)
        else:
            card_canvas.lay(canvas, around[0] * np.float32(come), look.glow, corner)
        card_canvas.lay(canvas, alpha * np.float32(light), look.letters, corner)

    return paint


def beside(title: Block, look: Look, seal: str, face_path: str, *, begins: float, lasts: float) -> tuple[Painter, float]:
    """What stands beside the words, coming from second `begins` on; and the lowest row of words and mark, in pixels."""
    drawn = mark(look, title, face_path, seal)
    if drawn is None:
        return (lambda _canvas, _at, _through: None), title.bottom
    alpha, colour, corner = drawn

    def paint(canvas: Planes, at: float, _through: float) -> None:
        seen = _eased((at - begins) / lasts)
        if seen > 0:
            card_canvas.lay(canvas, alpha * np.float32(seen), colour, corner)

    return paint, max(title.bottom, corner[1] + alpha.shape[0])


def mark(look: Look, title: Block, face_path: str, seal: str) -> tuple[Alpha, Colour, tuple[int, int]] | None:
    """What stands beside the words: its coverage, its colour and its left upper corner."""
    em = title.em
    match look.mark:
        case Mark.NONE:
            return None
        case Mark.SEAL:
            side = round(max(0.62 * em, 18))
            alpha = _seal(seal, side, face_path)
            x = round((title.left + title.right) / 2 - side / 2) if look.upright else round(title.right + 0.3 * em)
            y = round(title.bottom + 0.35 * em) if look.upright else round(title.bottom - side)
            return alpha, _SEAL, (x, y)
        case Mark.LINE:
            alpha = _line(round(min(max(0.45 * (title.right - title.left), 2.4 * em), 6 * em)), max(1.0, 0.018 * em), 0.085 * em)
        case Mark.BAR:
            thick = max(2, round(0.06 * em))
            alpha = np.pad(np.ones((thick, round(2.2 * em)), np.float32), 4)
    left = round((title.left + title.right) / 2 - alpha.shape[1] / 2)
    return alpha, look.glow if look.neon else look.letters, (left, round(title.bottom + 0.38 * em - alpha.shape[0] / 2))


def _eased(part: float) -> float:
    inside = min(max(part, 0.0), 1.0)
    return inside * inside * (3 - 2 * inside)


def _drift(letter: Letter, title: Block, look: Look, through: float) -> tuple[float, float]:
    if look.coarse:
        return 0.0, 0.0
    way = _DRIFT * title.em * letter.spread * (through - 1)
    return (0.0, way) if look.upright else (way, 0.0)


def _add(alpha: Alpha, letter: Letter, seen: float, drift: tuple[float, float], corner: tuple[int, int]) -> None:
    """Put a letter at its place between pixels."""
    x, y = letter.x + drift[0] - corner[0], letter.y + drift[1] - corner[1]
    whole_x, whole_y = int(np.floor(x)), int(np.floor(y))
    height, width = letter.alpha.shape
    shift = np.array([[1, 0, x - whole_x], [0, 1, y - whole_y]])
    moved = cv2.warpAffine(letter.alpha, shift, (width + 1, height + 1))
    left, top = max(whole_x, 0), max(whole_y, 0)
    right, bottom = min(whole_x + width + 1, alpha.shape[1]), min(whole_y + height + 1, alpha.shape[0])
    if left < right and top < bottom:
        part = alpha[top:bottom, left:right]
        np.maximum(part, moved[top - whole_y : bottom - whole_y, left - whole_x : right - whole_x] * seen, out=part)


def _shadow(alpha: Alpha, side: int) -> Alpha:
    """A hard shadow, two large pixels to the right and down."""
    away = 2 * side
    return np.pad(alpha, ((away, 0), (away, 0)))[: alpha.shape[0], : alpha.shape[1]]


def _glow(alpha: Alpha, em: float, look: Look) -> Alpha:
    """What surrounds the letters: the light of a tube, or a soft ground of their own."""
    if look.neon:
        layers = [strength * _soft(alpha, reach * em) for reach, strength in ((0.05, 0.9), (0.16, 0.6), (0.42, 0.5))]
        return np.asarray(np.sum(layers, axis=0), np.float32)
    return np.asarray(np.minimum(2 * _soft(alpha, _GLOW_REACH * em), 1) * look.glow_strength, np.float32)


def _soft(alpha: Alpha, reach: float) -> Alpha:
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), reach), np.float32)


def _flicker(seconds: float) -> float:
    """A neon tube being switched on."""
    if seconds > 0.9:
        return 0.97 + 0.03 * float(np.sin(40 * seconds))
    return (0.15, 0.9, 0.3, 0.2, 1.0, 0.55, 1.0, 0.8, 1.0)[min(int(max(seconds, 0) * 10), 8)]


def _coarse(alpha: Alpha, side: int) -> Alpha:
    """In pixels as large as those of an old screen, each lit or not."""
    height, width = alpha.shape
    small = cv2.resize(alpha, (max(1, width // side), max(1, height // side)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize((small > 0.45).astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST), np.float32)


def _line(length: int, thick: float, diamond: float) -> Alpha:
    """A line that thins out to both ends, a diamond in its middle; four times finer and brought down, so that it is smooth."""
    height = 2 * round(diamond + 3) + 1
    y, x = np.mgrid[0 : 4 * height, 0 : 4 * length].astype(np.float32)
    across, down = (x + 0.5) / 4 - length / 2, np.abs((y + 0.5) / 4 - height / 2)
    gap = np.abs(across) > 2.2 * diamond
    fine = (down < thick / 2) * gap * np.clip((1 - np.abs(across) / (length / 2)) * 2.5, 0, 1)
    fine = np.maximum(fine, np.abs(across) + down < diamond)
    return np.asarray(cv2.resize(fine.astype(np.float32), (length, height), interpolation=cv2.INTER_AREA), np.float32)


def _seal(letters: str, side: int, face_path: str) -> Alpha:
    """A carved seal: a square with rounded, worn edges, its letters left out."""
    scale = 4
    drawn = Image.new("L", (side * scale, side * scale))
    pen = ImageDraw.Draw(drawn)
    pen.rounded_rectangle((scale, scale, (side - 1) * scale, (side - 1) * scale), side * scale // 9, 255)
    em = side * scale * 0.82 / max(len(letters), 1)
    font = ImageFont.truetype(face_path, min(em * (1.0 if len(letters) > 1 else 0.9), side * scale * 0.8))
    for number, letter in enumerate(letters):
        y = side * scale * (0.5 + (number - (len(letters) - 1) / 2) * 0.42)
        pen.text((side * scale / 2, y), letter, 0, font, anchor="mm", stroke_width=scale // 2)
    alpha = np.asarray(drawn.resize((side, side), Image.Resampling.BOX), np.float32) / 255
    worn = cv2.resize(np.random.default_rng(5).random((side // 2 + 2, side // 2 + 2)).astype(np.float32), (side, side))
    return np.asarray(alpha * (0.82 + 0.18 * (worn > 0.3)), np.float32)
