"""Watercolour: transparent washes on white paper, with granulating pigment, wet rims and colours that run."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, luma, mix, plane, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.styles import paper
from services.model_service.engines.keyframe.styles.lines import plain
from services.model_service.engines.keyframe.styles.look import Cut, Look, Overview, Strip
from services.model_service.engines.keyframe.styles.tones import pushed, tinted
from services.model_service.engines.keyframe.styles.washes import Hand, dabbed, in_levels, in_light

_PAPER = rgb("#fcf9f1")


class Watercolor(Look):
    """Pigment is a density over the paper: it pools at the rims of washes, settles in the paper's valleys, leaves gaps of white."""

    def __init__(self, stage: Stage, overview: Overview) -> None:
        super().__init__(stage, overview)
        frame, rng = stage.frame, stage.rng("watercolour")
        self._hand = Hand.drawn(rng, frame, reach=9 * self.pixel, cells=16, octaves=4)
        self._tooth = paper.tooth(rng, frame)
        blooms = clouds(rng, frame.width, frame.height, cells=3.2, octaves=5, gain=0.55)
        self._pools = (blooms - np.float32(0.5)) * np.float32(1.25)
        self._inside = paper.reach(rng, frame, margin=0.040, ragged=0.075)
        # Paper is white: a dark scene is painted lighter than it is.
        self._key = float(np.clip(0.50 / max(overview.exposure, 0.05), 1.0, 2.1))

    def shaped(self, cut: Cut) -> Array:
        if cut.air:
            return cut.paint
        near = cut.cast
        levels = self._hand.redrawn(in_levels(cut.paint), cut, 0.35 if near else 1.0)
        return in_light(dabbed(levels, max(round((3 if near else 9) * self.pixel) | 1, 3)))

    def marks(self, cut: Cut) -> tuple[Array, ...]:
        """The wet rims: just inside an edge the pigment is densest, then thinner than in the middle of the wash."""
        if cut.air:
            return ()
        half = cv2.resize(in_levels(cut.paint), (max(cut.size[1] // 2, 1), max(cut.size[0] // 2, 1)), interpolation=cv2.INTER_AREA)
        fine = plain(half, (4 if cut.cast else 1) * self.pixel)
        wide = cv2.GaussianBlur(fine, (0, 0), 1.7 * self.pixel + 0.3, borderType=cv2.BORDER_REPLICATE)
        steps = cv2.absdiff(fine, wide)
        strongest = np.maximum(np.maximum(steps[..., 0], steps[..., 1]), np.maximum(steps[..., 2], steps[..., 3]))
        rim = smoothstep(0.03, 0.20, np.arange(256, dtype=np.float32) / 255)[strongest]
        return (cv2.resize(rim, (cut.size[1], cut.size[0])),)

    def coloured(self, colour: Array, strip: Strip) -> Array:
        colour = pushed(colour, 0.36)
        light = np.clip(luma(colour), 0, 1)
        lit = 1 - (1 - light) ** np.float32(self._key)
        colour *= (lit + np.float32(0.05)) / (light + np.float32(0.05))
        np.clip(colour, 0.02, 1, out=colour)
        if not strip.marks:
            return mix(colour, plane(_PAPER), np.float32(0.35))
        (rim,) = strip.marks
        pools, grain = strip.of(self._pools), strip.of(self._tooth)
        settles = np.float32(0.26) + (1 - lit) * np.float32(0.30 if strip.cut.cast else 0.75)
        dense = np.float32(0.80) + pools * np.float32(0.62) + rim * np.float32(0.85) + grain * settles
        np.power(colour, np.maximum(dense, np.float32(0.12)), out=colour)
        colour *= plane(_PAPER)
        # Where the brush was dry, only the paper's hills took no colour.
        dry = smoothstep(0.30, 0.46, grain - pools * np.float32(0.35) + (lit - np.float32(0.5)) * np.float32(0.25))
        return tinted(colour, _PAPER, dry * (np.float32(0.15) + lit * np.float32(0.55)))

    def lens(self) -> Array:
        """The paper: a shallow relief everywhere, bare around the painting."""
        grain = self._tooth - np.roll(self._tooth, (1, 1), (0, 1))
        rim = np.exp(-(((self._inside - np.float32(1.05)) / np.float32(0.22)) ** 2)) * np.clip(self._pools + np.float32(0.25), 0, 1)
        shade = np.clip(grain * np.float32(0.20) + np.float32(0.008), 0, 0.12) + rim * np.float32(0.22)
        return paper.sheet(_PAPER, paper.bare(self._inside, self._tooth, 1.0), shade)
