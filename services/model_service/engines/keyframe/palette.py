"""Light: the colours of the sky and how the hour, the weather and the mood tint everything under it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from services.core.vocabulary import Mood
from services.model_service.engines.keyframe.canvas import Array, luma, mix, rgb
from services.model_service.engines.keyframe.scene import Scene


@dataclass(frozen=True, slots=True)
class Palette:
    """Sky from `zenith` over `middle` to `horizon`; `sun` is the light's own colour, `light` what it does to white paper."""

    zenith: Array
    middle: Array
    horizon: Array
    sun: Array
    light: Array
    dark: bool = False
    low_sun: bool = False

    def lit(self, albedo: Array, distance: float = 0.0) -> Array:
        """A material's colour under this light, `distance` (0 to 1) deep in the haze."""
        return mix(albedo * self.light, self.haze, distance)

    @property
    def haze(self) -> Array:
        return mix(self.horizon, self.middle, 0.35)

    @property
    def rim(self) -> Array:
        """The colour of lit edges."""
        return np.clip(self.sun * np.float32(0.9 if self.dark else 1.0), 0, 1)


def _palette(
    zenith: str, middle: str, horizon: str, sun: str, light: tuple[float, float, float], *, dark: bool = False, low: bool = False
) -> Palette:
    return Palette(rgb(zenith), rgb(middle), rgb(horizon), rgb(sun), np.array(light, np.float32), dark, low)


def _hours() -> Mapping[str, tuple[Palette, ...]]:
    """Two or three takes of every hour, for the seed to choose from."""
    return {
        "day": (
            _palette("#2c7bd2", "#78bdf0", "#e4f4fd", "#fff6d8", (1.0, 0.99, 0.95)),
            _palette("#3a86c8", "#92cbe8", "#f4f1dc", "#fff2c8", (1.02, 0.98, 0.90)),
        ),
        "morning": (
            _palette("#5a9fd8", "#a9d6ee", "#fdeac6", "#ffeeb8", (1.0, 0.93, 0.82), low=True),
            _palette("#6c9ccb", "#bcd3e0", "#fbdcc0", "#ffe3b0", (0.98, 0.90, 0.82), low=True),
        ),
        "dawn": (
            _palette("#41508f", "#d98fa4", "#ffd7a2", "#ffe2b4", (0.80, 0.66, 0.68), low=True),
            _palette("#3f6a9c", "#e7a990", "#ffe3ae", "#fff0c4", (0.86, 0.72, 0.66), low=True),
        ),
        "dusk": (
            _palette("#2a1f57", "#b2476c", "#ff9b56", "#ffc985", (0.66, 0.43, 0.45), low=True),
            _palette("#23305f", "#a55a7c", "#ffb06a", "#ffdb9a", (0.62, 0.46, 0.48), low=True),
            _palette("#3b1d4a", "#cf4f4f", "#ffb84f", "#ffe08a", (0.70, 0.44, 0.38), low=True),
        ),
        "night": (
            _palette("#070b20", "#12294f", "#3a5c8c", "#dbe7ff", (0.24, 0.33, 0.52), dark=True),
            _palette("#080a24", "#1d2355", "#4b5590", "#e4e2ff", (0.26, 0.30, 0.54), dark=True),
            _palette("#04121f", "#0d3347", "#2f6c7e", "#d8f4f4", (0.20, 0.35, 0.48), dark=True),
        ),
    }


_NEON = ("#0d0a24", "#35186a", "#b03a94", "#ff8ae6", (0.46, 0.36, 0.64))
_GREY = {"rain": 0.55, "storm": 0.78, "fog": 0.45, "snow": 0.42}
_DIM = {"rain": 0.82, "storm": 0.58, "fog": 0.95, "snow": 0.97}
_MOOD_TINT: Mapping[Mood, tuple[float, float, float]] = {
    Mood.CALM: (1.0, 1.0, 1.0),
    Mood.TENSE: (0.86, 0.93, 0.90),
    Mood.LONELY: (0.86, 0.92, 1.02),
    Mood.DESPAIR: (0.84, 0.74, 0.76),
    Mood.HOPE: (1.06, 1.02, 0.95),
    Mood.WARM: (1.09, 1.01, 0.88),
    Mood.JOY: (1.06, 1.03, 0.95),
    Mood.WONDER: (0.96, 0.98, 1.08),
    Mood.EPIC: (1.03, 0.96, 0.92),
}
_MOOD_COLOURFULNESS: Mapping[Mood, float] = {
    Mood.LONELY: 0.78,
    Mood.DESPAIR: 0.70,
    Mood.TENSE: 0.82,
    Mood.JOY: 1.18,
    Mood.WARM: 1.08,
    Mood.EPIC: 1.1,
    Mood.WONDER: 1.12,
}


def choose(scene: Scene, rng: np.random.Generator) -> Palette:
    """The scene's light: the hour's palette, then weather, then mood, then a little of the seed."""
    takes = _hours()[scene.time]
    palette = takes[int(rng.integers(len(takes)))]
    if "neon" in scene.props and scene.time in {"night", "dusk"}:
        palette = _palette(*_NEON, dark=True)
    if scene.has("desert") and not palette.dark:
        palette = replace(
            palette,
            horizon=mix(palette.horizon, rgb("#ffdf9e"), 0.45),
            light=palette.light * np.array([1.05, 0.97, 0.86], np.float32),
        )
    for weather in ("rain", "storm", "fog", "snow"):
        if weather in scene.weather and not (weather == "fog" and "neon" in scene.props):
            dim = _DIM[weather] if not palette.dark else (1 + _DIM[weather]) / 2 + 0.12
            palette = _under(palette, _GREY[weather], dim, pale=weather in {"fog", "snow"})
    tint = np.array(_MOOD_TINT[scene.mood], np.float32) * (1 + (rng.random(3).astype(np.float32) - 0.5) * 0.05)
    colourfulness = _MOOD_COLOURFULNESS.get(scene.mood, 1.0)
    zenith, middle, horizon, light = (
        np.clip(saturate(colour, colourfulness) * tint, 0, 1.05)
        for colour in (palette.zenith, palette.middle, palette.horizon, palette.light)
    )
    return replace(palette, zenith=zenith, middle=middle, horizon=horizon, light=light)


def saturate(colour: Array, amount: float) -> Array:
    """Move a colour or a field away from (above 1) or towards (below 1) the grey of the same luminance."""
    grey = luma(colour)
    return np.asarray(grey + (colour - grey) * np.float32(amount))


def _under(palette: Palette, grey: float, dim: float, *, pale: bool) -> Palette:
    """The same hour under an overcast sky."""
    cover = rgb("#c3ccd6") if pale else rgb("#77828f")
    if palette.dark:
        cover = cover * np.array([0.34, 0.41, 0.54], np.float32)
    elif palette.low_sun:
        cover = mix(cover, palette.middle, 0.4)

    def veiled(colour: Array, share: float) -> Array:
        return mix(saturate(colour, 1 - grey * 0.6), cover, grey * share) * np.float32(dim)

    return replace(
        palette,
        zenith=veiled(palette.zenith, 0.75),
        middle=veiled(palette.middle, 0.85),
        horizon=veiled(palette.horizon, 0.6),
        light=saturate(palette.light, 1 - grey * 0.5) * np.float32((1 + dim) / 2),
    )
