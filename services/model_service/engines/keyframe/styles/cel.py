"""The two styles of drawn film: `anime`, cel shading with thin coloured lines, and `cartoon`, poster colours in black ink."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, luma, mix, plane, rgb, smoothstep
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.styles.lines import contours, nib, outlined
from services.model_service.engines.keyframe.styles.look import Cut, Look, Overview, Strip
from services.model_service.engines.keyframe.styles.tones import contrast, pushed, relit, saturated, stepped
from services.model_service.engines.keyframe.styles.washes import dabbed, in_levels, in_light

_VIOLET = rgb("#2a1440")
_INK = rgb("#17131f")


class Anime(Look):
    """Cel animation: few tones a surface, thin lines in a dark shade of what they bound, azure skies, flooding light."""

    def __init__(self, stage: Stage, overview: Overview) -> None:
        super().__init__(stage, overview)
        self._key = float(np.clip(0.34 / max(overview.exposure, 0.05), 1.0, 1.6))
        self._sky = not stage.scene.has("room", "space", "underwater")

    def glow(self) -> Array:
        """Bright places flood, and the low sun (or the moon) leaks into the lens: a fan of light and a few soft rings."""
        picture, unit = self.overview.picture, self.stage.unit / 4
        bright = np.clip(picture - np.float32(0.78), 0, 1.0).transpose(1, 2, 0)
        flood = cv2.GaussianBlur(bright, (0, 0), unit / 9) * np.float32(0.30) + cv2.GaussianBlur(
            bright, (0, 0), unit / 40
        ) * np.float32(0.35)
        light = np.asarray(flood.transpose(2, 0, 1))
        if self._sky and not self.stage.overcast:
            light = light + self._leak() * np.float32(0.35 if self.stage.dark else 1.0)
        return light

    def _leak(self) -> Array:
        h, w = self.overview.picture.shape[1:]
        unit = self.stage.unit / 4
        x, y = self.stage.sun[0] / 4, self.stage.sun[1] / 4
        columns, rows = (
            np.arange(w, dtype=np.float32)[None, :] - np.float32(x),
            np.arange(h, dtype=np.float32)[:, None] - np.float32(y),
        )
        away = np.sqrt(columns**2 + rows**2) / np.float32(unit)
        turn = np.arctan2(rows, columns)
        rays = (0.55 + 0.45 * np.sin(turn * 11 + self.stage.seed % 7)) * (0.6 + 0.4 * np.sin(turn * 23 + 1.3))
        fan = np.exp(-away * 2.2) * rays * np.float32(0.34)
        rings: Array = np.zeros((3, h, w), np.float32)
        for along, size, colour in (
            (0.55, 0.055, "#ffb86b"),
            (0.95, 0.035, "#8fe3ff"),
            (1.35, 0.085, "#c3a1ff"),
            (1.62, 0.028, "#ffe48f"),
        ):
            cx, cy = (w / 2 - x) * along, (h / 2 - y) * along
            d = np.sqrt((columns - np.float32(cx)) ** 2 + (rows - np.float32(cy)) ** 2) / np.float32(unit * size)
            rings += plane(rgb(colour)) * (smoothstep(1.06, 0.94, d) * (0.35 + 0.65 * smoothstep(0.2, 1.0, d)) * np.float32(0.10))
        return np.asarray(fan * plane(self.stage.palette.sun) + rings)

    def shaped(self, cut: Cut) -> Array:
        if cut.air:
            return cut.paint
        if cut.cast:
            return outlined(cut.paint, nib(3.0 * self.pixel), _VIOLET)
        return cut.paint if cut.sky else in_light(dabbed(in_levels(cut.paint), max(round(5 * self.pixel) | 1, 3)))

    def marks(self, cut: Cut) -> tuple[Array, ...]:
        if cut.sky or cut.air:
            return ()
        width = 2.2 if cut.cast else 2.0
        lines = contours(
            cut.paint,
            nib(width * self.pixel),
            faint=0.16 if cut.cast else 0.20,
            sure=0.34,
            least=(9 if cut.cast else 7) * self.pixel,
        )
        return (lines * np.float32(0.85 if cut.cast else 0.45),)

    def coloured(self, colour: Array, strip: Strip) -> Array:
        light = luma(colour)
        if self._key > 1:
            lit = 1 - (1 - light) ** np.float32(self._key)
            colour, light = relit(colour, light, lit), lit
        if not strip.cut.sky:
            colour = relit(colour, light, mix(light, stepped(light, 6, 0.30), 0.8))
        else:
            colour = (
                mix(colour, plane(_AZURE), smoothstep(0.08, 0.35, colour[2] - colour[0]) * np.float32(0.30))
                if self._sky and not self.stage.dark
                else colour
            )
        colour = saturated(pushed(colour, 0.35), 1.18)
        colour = contrast(np.clip(colour * np.float32(1.06) + plane(_COOL) * (1 - light), 0, 1), 0.22)
        if strip.marks:
            (lines,) = strip.marks
            colour = mix(colour, colour * np.float32(0.30) + plane(_VIOLET) * np.float32(0.35), lines)
        return colour


class Cartoon(Look):
    """A comic: even black outlines, few flat loud colours, tones that meet in a screen of dots."""

    def __init__(self, stage: Stage, overview: Overview) -> None:
        super().__init__(stage, overview)
        frame = stage.frame
        pitch = np.float32(np.pi * 2 / max(10.5 * self.pixel, 4.0))
        self._screen = np.float32(0.5) + np.float32(0.25) * (
            np.cos((frame.columns + frame.rows) * pitch * np.float32(0.7071))
            + np.cos((frame.columns - frame.rows) * pitch * np.float32(0.7071))
        )

    def shaped(self, cut: Cut) -> Array:
        if cut.air:
            return cut.paint
        if cut.cast:
            return outlined(cut.paint, nib(6.0 * self.pixel), _INK)
        paint = in_light(dabbed(in_levels(cut.paint), max(round((9 if cut.sky else 5) * self.pixel) | 1, 3)))
        return paint if cut.sky else outlined(paint, nib(6.0 * self.pixel), _INK, sturdy=max(round(9 * self.pixel), 3))

    def marks(self, cut: Cut) -> tuple[Array, ...]:
        if cut.sky or cut.air:
            return ()
        lines = contours(
            cut.paint,
            nib((3.0 if cut.cast else 3.6) * self.pixel),
            faint=0.22 if cut.cast else 0.34,
            sure=0.34 if cut.cast else 0.48,
            least=9 * self.pixel,
        )
        return (lines,)

    def coloured(self, colour: Array, strip: Strip) -> Array:
        light = np.clip(luma(colour), 0, 1)
        bright = light ** np.float32(0.85)
        screen = strip.of(self._screen)
        steps = np.float32(5.0 if strip.cut.sky else 4.0)
        at = bright * steps
        floor = np.floor(at)
        # Dots where it is dark, and in the sky; a plain edge between two flat colours where it is light.
        if strip.cut.cast:
            spread = np.zeros_like(bright)
        elif strip.cut.sky:
            spread = np.full_like(bright, 0.6)
        else:
            spread = np.float32(0.06) + np.float32(0.6) * smoothstep(0.55, 0.30, bright)
        dots = np.float32(0.5) + (screen - np.float32(0.5)) * spread
        flat = (floor + smoothstep(-0.10, 0.10, at - floor - dots)) / steps
        colour = relit(colour, light, np.clip(flat * np.float32(0.94) + np.float32(0.05), 0, 1))
        colour = saturated(pushed(np.clip(colour, 0, 1), 0.5), 1.22)
        if strip.marks:
            (lines,) = strip.marks
            lines = lines * (1 - smoothstep(0.62, 0.85, light) * np.float32(not strip.cut.cast))  # small lit windows stay lit
            colour = mix(np.clip(colour, 0, 1), plane(_INK), lines)
        return colour


_AZURE = rgb("#1f7df0")
_COOL = np.array([0.0, 0.004, 0.030], np.float32)
