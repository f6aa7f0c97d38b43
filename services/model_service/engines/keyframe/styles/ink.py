"""水墨: brush and ink on rice paper. Contours in strokes that swell, shading in few washes that bleed, and much left blank."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Sheet, luma, mix, plane, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds, grain
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.styles import paper
from services.model_service.engines.keyframe.styles.lines import contours, nib
from services.model_service.engines.keyframe.styles.look import Cut, Look, Overview, Strip
from services.model_service.engines.keyframe.styles.washes import Hand, dabbed, in_levels, in_light

_PAPER = rgb("#f4eedf")
_INK = rgb("#1b1b1e")
_CINNABAR = rgb("#b8372b")
_WASHES = 5


class Ink(Look):
    """Everything becomes a density of ink: what stands darker than the air around it, fading downwards into blank mist."""

    def __init__(self, stage: Stage, overview: Overview) -> None:
        super().__init__(stage, overview)
        frame, rng = stage.frame, stage.rng("ink")
        self._hand = Hand.drawn(rng, frame, reach=8 * self.pixel, cells=14, octaves=4)
        self._tooth = paper.tooth(rng, frame, 1.0)
        self._bleed = clouds(rng, frame.width, frame.height, cells=5, octaves=6, gain=0.6) - np.float32(0.5)
        self._mist = clouds(rng, frame.width, frame.height, cells=2.2, octaves=3, stretch=4.5)
        streaks = cv2.GaussianBlur(grain(rng, frame.width, frame.height), (0, 0), 7 * self.pixel, sigmaY=max(0.6 * self.pixel, 0.4))
        self._bristles = streaks * np.float32(0.22 / max(float(streaks.std()), 1e-6))
        self._inner = paper.reach(rng, frame, margin=0.035, ragged=0.06)
        self._key = float(np.clip(0.62 / max(overview.exposure, 0.04), 0.9, 3.4))
        self._sun = self._disc()
        self._inside = stage.scene.has("room", "space", "underwater")

    def _disc(self) -> Array:
        """The sun in cinnabar, where it can be seen; H × W."""
        frame, stage = self.stage.frame, self.stage
        radius = frame.unit * 0.052
        if stage.dark or stage.overcast:
            return np.zeros((frame.height, frame.width), np.float32)
        columns, rows = frame.columns - np.float32(stage.sun[0]), frame.rows - np.float32(stage.sun[1])
        away = np.sqrt(columns**2 + rows**2) + self._bleed * np.float32(radius * 0.25)
        return smoothstep(radius + 1.2 * self.pixel, radius - 1.2 * self.pixel, away)

    def shaped(self, cut: Cut) -> Array:
        if cut.air:
            return cut.paint
        near = cut.cast
        levels = self._hand.redrawn(in_levels(cut.paint), cut, 0.18 if near else 1.0)
        return in_light(levels if near else dabbed(levels, max(round((11 if cut.depth > 0.5 else 7) * self.pixel) | 1, 3)))

    def marks(self, cut: Cut) -> tuple[Array, ...]:
        """Strokes, the tone of each place, and how much darker it is than what lies around and above it."""
        if cut.air:
            return ()
        near = cut.cast
        exposed = np.clip(luma(np.ascontiguousarray(cut.paint.transpose(2, 0, 1))) * np.float32(self._key), 0, 1.2) + (
            1 - np.clip(cut.paint[..., 3], 0, 1)
        )
        small = cv2.resize(exposed, (max(cut.size[1] // 4, 1), max(cut.size[0] // 4, 1)), interpolation=cv2.INTER_AREA)
        spread = self.stage.unit / 4 * (0.05 if near else 0.085)
        above = cv2.GaussianBlur(small, (0, 0), spread, borderType=cv2.BORDER_REPLICATE)
        lift = max(round(spread * 0.9), 1)
        above = np.vstack([np.repeat(above[:1], lift, 0), above[:-lift]]) if above.shape[0] > lift else above
        around = cv2.resize(above, (cut.size[1], cut.size[0]))
        if cut.sky:
            lines = np.zeros(cut.size, np.float32)
        else:
            # Strokes on the land are broad: they are drawn at half the size, where a round brush costs little.
            scale = 1.0 if near else 0.5
            size = (max(round(cut.size[1] * scale), 1), max(round(cut.size[0] * scale), 1))
            width = (4.2 if near else 5.2 if cut.depth > 0.5 else 4.2) * self.pixel * scale
            lines = contours(
                cut.paint if near else cv2.resize(cut.paint, size, interpolation=cv2.INTER_AREA),
                nib(width, flatness=0.38, slant=-35),
                faint=0.10 / self._key + (0.02 if near else 0.14 if cut.depth > 0.5 else 0.05),
                sure=(0.30 if near else 0.46) / self._key + 0.06,
                least=(8 if near else 11) * self.pixel * scale,
            )
            lines = cv2.resize(lines, (cut.size[1], cut.size[0])) * np.float32(1.0 if near else 0.95)
        return lines, exposed, around

    def coloured(self, colour: Array, strip: Strip) -> Array:
        if not strip.marks:
            grey = np.float32(0.62) + np.float32(0.3) * np.clip(luma(colour) * np.float32(self._key) - np.float32(0.5), 0, 1)
            return np.asarray(plane(_PAPER) * grey)
        lines, tone, around = strip.marks
        cut = strip.cut
        near = cut.cast
        bleed, tooth = strip.of(self._bleed), strip.of(self._tooth)
        tone = np.clip(tone, 0, 1)
        relief = np.clip(around - tone, 0, 1)
        if near:
            dense = (1 - tone) * np.float32(0.62) + relief * np.float32(0.35)
        elif cut.sky and not self._inside:
            dense = np.clip(np.float32(0.72) - tone, 0, 1) * np.float32(0.55) + relief * np.float32(0.5)
        else:
            dense = relief * np.float32(1.05) + np.clip(np.float32(0.60) - tone, 0, 1) * np.float32(0.55)
            dense *= np.float32(1.0) - np.float32(0.75) * smoothstep(0.55, 0.85, strip.of(self._mist))
        dense = dense * (1 + bleed * np.float32(1.1)) + bleed * np.float32(0.10) * smoothstep(0.02, 0.12, dense)
        # Few washes, each with a soft wet border of its own.
        steps = np.clip(dense, 0, 1) * np.float32(_WASHES)
        floor = np.floor(steps)
        wash = (floor + smoothstep(0.30, 0.95, steps - floor)) / np.float32(_WASHES)
        wash *= 1 + tooth * np.float32(0.5)
        dry = strip.of(self._bristles) + tooth * np.float32(0.6)
        stroke = lines * smoothstep(0.42, 0.05, dry - np.float32(0.24 if near else 0.12)) * np.float32(0.92)
        black = np.clip(np.maximum(wash, stroke), 0, 1)
        red = np.clip(colour[0] - np.maximum(colour[1], colour[2]) * np.float32(1.18), 0, 1)
        painted = mix(plane(_PAPER), plane(_INK), black)
        if near:
            painted = mix(painted, plane(_CINNABAR) * (1 - black * np.float32(0.5)), np.clip(red * 3.0, 0, 0.88) * (1 - stroke))
            hue = colour / np.maximum(colour.max(0), np.float32(0.05))
            spread = np.clip(colour.max(0) - colour.min(0), 0, 1)
            painted = mix(painted, painted * hue, spread * np.float32(0.42))
        elif cut.sky and not self._inside:
            painted = mix(
                painted, plane(_CINNABAR), np.clip(strip.of(self._sun) * (np.float32(0.86) + bleed * np.float32(0.5)), 0, 1)
            )
        return painted

    def lens(self) -> Array:
        """Rice paper with its fibres, bare around the painting, and a seal in the upper corner away from the light."""
        frame, rng = self.stage.frame, self.stage.rng("fibres")
        fibres = np.zeros((frame.height, frame.width), np.uint8)
        for _ in range(round(260 * frame.width * frame.height / frame.unit**2 / 1.78)):
            x, y = float(rng.random()) * frame.width, float(rng.random()) * frame.height
            turn, length = float(rng.random()) * np.pi, frame.unit * float(rng.uniform(0.008, 0.03))
            end = (x + np.cos(turn) * length, y + np.sin(turn) * length)
            cv2.line(
                fibres,
                (round(x * 16), round(y * 16)),
                (round(end[0] * 16), round(end[1] * 16)),
                int(rng.integers(60, 200)),
                1,
                cv2.LINE_AA,
                4,
            )
        shade = fibres.astype(np.float32) * np.float32(0.045 / 255) + np.clip(self._tooth, 0, 1) * np.float32(0.06)
        pixels = paper.sheet(_PAPER, paper.bare(self._inner, self._tooth), shade)
        _stamp(pixels, self.stage, self._tooth)
        return pixels


def _stamp(pixels: Array, stage: Stage, tooth: Array) -> None:
    """A cinnabar seal with two carved characters, mountain over water, worn where the paste did not take."""
    frame = stage.frame
    side = max(round(frame.unit * 0.062), 14)
    tall = round(side * 1.55)
    inset = round(frame.unit * 0.075)
    x = inset if stage.side > 0 else frame.width - inset - side
    y = inset
    seal = Sheet(side, tall)
    seal.polygon(((0.5, 1.5), (side - 1.5, 0.5), (side - 0.5, tall - 1.5), (1.5, tall - 0.5)), _CINNABAR)
    white, thick = _PAPER, max(side / 13, 1.0)

    def stroke(*points: tuple[float, float]) -> None:
        seal.line([(px * side, py * side) for px, py in points], white, thick)

    stroke((0.50, 0.14), (0.50, 0.62))
    stroke((0.20, 0.32), (0.20, 0.62), (0.80, 0.62), (0.80, 0.32))
    stroke((0.50, 0.80), (0.50, 1.40), (0.42, 1.34))
    stroke((0.18, 0.96), (0.38, 0.96), (0.20, 1.32))
    stroke((0.80, 0.86), (0.60, 1.04), (0.82, 1.34))
    region = pixels[y : y + tall, x : x + side]
    worn = smoothstep(0.30, 0.12, tooth[y : y + tall, x : x + side])
    cover = seal.pixels[..., 3].astype(np.float32) * np.float32(1 / 255) * worn * np.float32(0.92)
    for channel, source in ((0, 2), (1, 1), (2, 0), (3, 3)):
        kept = region[..., channel] * (1 - cover)
        region[..., channel] = np.rint(kept + seal.pixels[..., source] * worn * np.float32(0.92))
