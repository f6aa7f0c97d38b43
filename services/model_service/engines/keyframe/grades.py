"""The styles as data: each one's colours (a function of a field of colour), its lines, its paper, its vignette."""

from collections.abc import Callable, Mapping

import numpy as np

from services.core.vocabulary import Style
from services.model_service.engines.keyframe.canvas import Array, luma, mix, plane, rgb, smoothstep
from services.model_service.engines.keyframe.palette import saturate

Grade = Callable[[Array], Array]


def _curve(colour: Array, strength: float) -> Array:
    """A gentle S: darker shadows, brighter lights."""
    return np.asarray(colour + (colour * colour * (3 - 2 * colour) - colour) * np.float32(strength))


def _movie(colour: Array) -> Array:
    light = luma(colour)
    teal, amber = np.array([-0.035, 0.010, 0.040], np.float32), np.array([0.040, 0.010, -0.035], np.float32)
    return _curve(saturate(colour, 1.06) + mix(teal, amber, light), 0.45)


def _realistic(colour: Array) -> Array:
    return np.float32(0.02) + _curve(saturate(colour, 0.74), 0.30) * np.float32(0.96)


def _anime(colour: Array) -> Array:
    return np.clip(_curve(saturate(colour, 1.38), 0.18) * np.float32(1.07) + plane(np.array([0.0, 0.008, 0.025], np.float32)), 0, 1)


def _cartoon(colour: Array) -> Array:
    steps = np.float32(6)
    light = luma(colour)
    flat = (np.floor(light * steps) + smoothstep(0.35, 0.65, light * steps - np.floor(light * steps))) / steps
    return saturate(colour * (flat / np.maximum(light, 0.02)) ** 0.85, 1.35)


def _watercolor(colour: Array) -> Array:
    return mix(saturate(colour, 0.92), plane(rgb("#fbf6ea")), 0.20) ** np.float32(0.88)


def _ink(colour: Array) -> Array:
    light = luma(np.clip(colour, 0, 1)) ** np.float32(0.72)
    washed = mix(rgb("#1c1d20"), rgb("#f3ecdc"), smoothstep(0.04, 0.86, light))
    redness = np.clip(colour[0] - np.maximum(colour[1], colour[2]) * 1.25, 0, 1)
    return mix(washed, rgb("#b03a2c"), np.clip(redness * 1.5, 0, 0.8) * smoothstep(0.62, 0.48, light))


def _cyberpunk(colour: Array) -> Array:
    light = luma(np.clip(colour, 0, 1))
    low, middle, high = rgb("#0a0626"), rgb("#8a1f9c"), rgb("#5ff4ff")
    neon = np.where(light < 0.45, mix(low, middle, light / 0.45), mix(middle, high, smoothstep(0.45, 0.95, light)))
    return _curve(saturate(mix(colour, neon, 0.58), 1.25), 0.5)


def _pixel(colour: Array) -> Array:
    return saturate(_curve(colour, 0.25), 1.22)


def _storybook(colour: Array) -> Array:
    return mix(saturate(colour, 0.96), plane(rgb("#f5dfb8")), 0.08) * plane(np.array([1.04, 1.0, 0.93], np.float32)) + np.float32(
        0.015
    )


GRADES: Mapping[Style, Grade] = {
    Style.MOVIE: _movie,
    Style.REALISTIC: _realistic,
    Style.ANIME: _anime,
    Style.CARTOON: _cartoon,
    Style.WATERCOLOR: _watercolor,
    Style.INK: _ink,
    Style.CYBERPUNK: _cyberpunk,
    Style.PIXEL: _pixel,
    Style.STORYBOOK: _storybook,
}
VIGNETTES: Mapping[Style, float] = {
    Style.MOVIE: 0.34,
    Style.REALISTIC: 0.24,
    Style.CYBERPUNK: 0.40,
    Style.ANIME: 0.10,
    Style.STORYBOOK: 0.16,
}
LINES: Mapping[Style, tuple[float, float, str]] = {
    # strength, width in 720ths of the unit, ink
    Style.CARTOON: (1.0, 2.2, "#1a1622"),
    Style.ANIME: (0.50, 1.0, "#241a38"),
    Style.STORYBOOK: (0.55, 1.3, "#5a3a26"),
    Style.INK: (0.75, 1.6, "#15161a"),
    Style.WATERCOLOR: (0.36, 1.6, "#3a4658"),
}
PAPER: Mapping[Style, str] = {Style.WATERCOLOR: "#fbf6ea", Style.INK: "#f3ecdc", Style.STORYBOOK: "#f7ead0"}
