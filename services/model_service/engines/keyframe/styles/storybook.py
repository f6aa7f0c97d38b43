"""Storybook: gouache and crayon on warm paper, with soft round shading and outlines that wobble."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, luma, plane, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds, grain
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.styles import paper
from services.model_service.engines.keyframe.styles.lines import contours, nib, outlined
from services.model_service.engines.keyframe.styles.look import Cut, Look, Overview, Strip
from services.model_service.engines.keyframe.styles.tones import contrast, saturated, tinted
from services.model_service.engines.keyframe.styles.washes import Hand, dabbed, in_levels, in_light

_PAPER = rgb("#f8ecd2")
_CRAYON = rgb("#4a2c22")


class Storybook(Look):
    """Opaque paint in visible strokes, warm and muted; a brown crayon goes round things, and rests here and there."""

    def __init__(self, stage: Stage, overview: Overview) -> None:
        super().__init__(stage, overview)
        frame, rng = stage.frame, stage.rng("storybook")
        self._hand = Hand.drawn(rng, frame, reach=6.5 * self.pixel, cells=9, octaves=3)
        self._tooth = paper.tooth(rng, frame, 1.5)
        self._strokes = _strokes(rng, stage)
        self._daubs = clouds(rng, frame.width, frame.height, cells=7, octaves=3, stretch=1.6) - np.float32(0.5)
        self._key = float(np.clip(0.36 / max(overview.exposure, 0.05), 1.0, 1.7))

    def shaped(self, cut: Cut) -> Array:
        if cut.air:
            return cut.paint
        near = cut.cast
        levels = self._hand.redrawn(in_levels(cut.paint), cut, 0.30 if near else 1.0)
        paint = in_light(dabbed(levels, max(round((3 if near else 9) * self.pixel) | 1, 3)))
        if near:
            outlined(paint, nib(3.2 * self.pixel), _CRAYON)
        return paint

    def marks(self, cut: Cut) -> tuple[Array, ...]:
        """Crayon lines, and the round shading of things: light from above on the left."""
        if cut.air or cut.sky:
            return ()
        near = cut.cast
        point = nib((2.6 if near else 3.2) * self.pixel, flatness=0.7, slant=40)
        lines = contours(cut.paint, point, faint=0.12, sure=0.36, least=9 * self.pixel)
        quarter = cv2.resize(cut.paint, (max(cut.size[1] // 4, 1), max(cut.size[0] // 4, 1)), interpolation=cv2.INTER_AREA)
        body = quarter[..., 3] + luma(quarter.transpose(2, 0, 1)) * np.float32(0.6)
        soft = cv2.GaussianBlur(body, (0, 0), max(self.stage.unit / 4 / (70 if near else 40), 0.6), borderType=cv2.BORDER_REPLICATE)
        slope = cv2.Sobel(soft, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REPLICATE) + cv2.Sobel(
            soft, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REPLICATE
        )
        return lines, cv2.resize(np.clip(slope * np.float32(0.22), -0.16, 0.16), (cut.size[1], cut.size[0]))

    def coloured(self, colour: Array, strip: Strip) -> Array:
        cut = strip.cut
        light = np.clip(luma(colour), 0, 1)
        lifted = 1 - (1 - light) ** np.float32(self._key)
        gain = (lifted + np.float32(0.06)) / (light + np.float32(0.06))
        tooth, strokes, daubs = strip.of(self._tooth), strip.of(self._strokes), strip.of(self._daubs)
        if strip.marks:
            gain *= 1 + strip.marks[1] * np.float32(1.4)
        warm = strokes * np.float32(0.0 if cut.air else 0.45 if cut.cast or cut.sky else 1.0)
        gain *= 1 + warm * np.float32(0.40) + daubs * np.float32(0.10)
        colour = colour * gain
        colour += plane(_WARMTH) * (warm * np.float32(0.3))
        np.clip(colour, 0, 1, out=colour)
        colour = contrast(saturated(colour, 0.92), 0.25)
        colour *= plane(np.float32(0.92) * _LAMP)
        colour += plane(np.float32(0.08) * _PAPER * _LAMP)
        # Crayon and gouache skip the paper's hollows.
        gaps = smoothstep(0.20, 0.44, tooth + strokes * np.float32(0.4)) * np.float32(0.16 if cut.cast else 0.28)
        tinted(colour, _PAPER, gaps)
        if strip.marks:
            waxy = strip.marks[0] * smoothstep(0.30, -0.12, tooth) * smoothstep(-0.42, -0.05, daubs)
            tinted(colour, _CRAYON, waxy * np.float32(0.62))
        return colour

    def lens(self) -> Array:
        """The warm sheet that it is printed on: its tooth, and a narrow rim left bare."""
        frame, rng = self.stage.frame, self.stage.rng("sheet")
        inside = paper.reach(rng, frame, margin=0.020, ragged=0.018)
        return paper.sheet(
            _PAPER, paper.bare(inside, self._tooth, 0.8), np.clip(self._tooth * np.float32(0.14) + np.float32(0.010), 0, 0.12)
        )


_WARMTH = np.array([0.10, 0.03, -0.06], np.float32)
_LAMP = np.array([1.03, 0.985, 0.90], np.float32)


def _strokes(rng: np.random.Generator, stage: Stage) -> Array:
    """The furrows of a flat brush, about -0.3 to 0.3: two directions that change places over the picture, H × W."""
    frame = stage.frame
    half = (max(frame.width // 2, 8), max(frame.height // 2, 8))
    noise = cv2.GaussianBlur(grain(rng, *half), (0, 0), max(0.75 * stage.unit / 720, 0.4))
    choice = smoothstep(0.42, 0.58, clouds(rng, *half, cells=4, octaves=2))
    length = max(round(15 * stage.unit / 720) | 1, 5)
    out: Array = np.zeros_like(noise)
    for slant, share in ((-24.0, choice), (16.0, 1 - choice)):
        turn = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), slant, 1.0)
        row = np.zeros((length, length), np.float32)
        row[length // 2] = 1
        kernel = cv2.warpAffine(row, turn, (length, length))
        out += cv2.filter2D(noise, cv2.CV_32F, kernel / kernel.sum()) * share
    out *= np.float32(0.13 / max(float(out.std()), 1e-6))
    return np.asarray(cv2.resize(out, (frame.width, frame.height)))
