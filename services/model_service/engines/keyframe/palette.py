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
    colourfulness: float = 1.0
    hue: Array | None = None
    pull: float = 0.0

    def lit(self, albedo: Array, distance: float = 0.0) -> Array:
        """A material's colour under this light, `distance` (0 to 1) deep in the haze."""
        return mix(self.toned(albedo * self.light), self.haze, distance)

    def toned(self, colour: Array) -> Array:
        """A lit colour as the mood shows it: more or less colourful, and drawn towards the mood's hue at its own brightness."""
        toned = saturate(colour, self.colourfulness) if self.colourfulness != 1.0 else colour
        if self.hue is None:
            return np.asarray(toned)
        return mix(toned, self.hue * luma(colour), self.pull)

    @property
    def haze(self) -> Array:
        return mix(self.horizon, self.middle, 0.35)

    @property
    def rim(self) -> Array:
        """The colour of lit edges."""
        return np.clip(self.sun * np.float32(0.9 if self.dark else 1.0), 0, 1)

    @property
    def shade(self) -> Array:
        """What shadows are filled with: the sky's own light, as a factor on a lit colour."""
        sky = mix(self.zenith, self.middle, 0.5)
        return np.asarray(mix(np.ones(3, np.float32), sky / max(float(sky.max()), 0.05), 0.55) * np.float32(0.62))


def _palette(
    zenith: str, middle: str, horizon: str, sun: str, light: tuple[float, float, float], *, dark: bool = False, low: bool = False
) -> Palette:
    return Palette(rgb(zenith), rgb(middle), rgb(horizon), rgb(sun), np.array(light, np.float32), dark, low)


def _hours() -> Mapping[str, tuple[Palette, ...]]:
    """Two or three takes of every hour, for the seed to choose from."""
    return {
        "day": (
            _palette("#1f6fcf", "#66b4f0", "#d9effb", "#fff6d8", (1.0, 0.99, 0.95)),
            _palette("#2f7fc4", "#84c4e6", "#eef1dc", "#fff2c8", (1.02, 0.98, 0.90)),
            _palette("#1a62b8", "#5aa6e4", "#cfe8f6", "#fffbe8", (0.98, 1.0, 0.98)),
        ),
        "morning": (
            _palette("#4f9bd8", "#a4d6ea", "#fdeec0", "#ffefb0", (1.02, 0.95, 0.80), low=True),
            _palette("#6ea6cc", "#c4dcd8", "#ffe4b8", "#ffe8b0", (1.0, 0.92, 0.80), low=True),
        ),
        "dawn": (
            _palette("#3d4f93", "#d68fae", "#ffd2a6", "#ffe2b4", (0.80, 0.66, 0.70), low=True),
            _palette("#3f6fa6", "#e4a6a6", "#ffe7b4", "#fff0c4", (0.86, 0.72, 0.68), low=True),
            _palette("#55509a", "#c493c4", "#ffc8b0", "#ffe0c8", (0.80, 0.68, 0.76), low=True),
        ),
        "golden hour": (
            _palette("#3f86b4", "#e9c48a", "#ffdd94", "#fff2b4", (1.06, 0.84, 0.56), low=True),
            _palette("#5a8aa8", "#f0b878", "#ffcf7a", "#ffeaa0", (1.08, 0.80, 0.50), low=True),
        ),
        "dusk": (
            _palette("#2a1f57", "#b2476c", "#ff9b56", "#ffc985", (0.66, 0.43, 0.45), low=True),
            _palette("#23305f", "#a55a7c", "#ffb06a", "#ffdb9a", (0.62, 0.46, 0.48), low=True),
            _palette("#3b1d4a", "#cf4f4f", "#ffb84f", "#ffe08a", (0.70, 0.44, 0.38), low=True),
        ),
        "blue hour": (
            _palette("#0f1d52", "#2f5596", "#c99aa0", "#ffd0b0", (0.34, 0.42, 0.64), dark=True),
            _palette("#122a55", "#3a6fa0", "#e6b088", "#ffdcb4", (0.36, 0.45, 0.60), dark=True),
        ),
        "night": (
            _palette("#070b20", "#12294f", "#3a5c8c", "#dbe7ff", (0.24, 0.33, 0.52), dark=True),
            _palette("#080a24", "#1d2355", "#4b5590", "#e4e2ff", (0.26, 0.30, 0.54), dark=True),
            _palette("#04121f", "#0d3347", "#2f6c7e", "#d8f4f4", (0.20, 0.35, 0.48), dark=True),
        ),
    }


_NEON = ("#0d0a24", "#35186a", "#b03a94", "#ff8ae6", (0.46, 0.36, 0.64))
_GREY = {"cloudy": 0.58, "rain": 0.60, "storm": 0.80, "fog": 0.45, "snow": 0.60}
_DIM = {"cloudy": 0.90, "rain": 0.82, "storm": 0.56, "fog": 0.95, "snow": 0.97}


@dataclass(frozen=True, slots=True)
class Temper:
    """What a mood does to the light: the hues that the sky's top and foot go towards and how far, then colour and exposure.

    `contrast` darkens the top of the sky and the land, and keeps the foot bright. `cover` adds clouds (0 to 1).
    """

    top: str = "#808080"
    foot: str = "#808080"
    pull: float = 0.0
    colourfulness: float = 1.0
    exposure: float = 1.0
    contrast: float = 0.0
    cover: float = 0.0


TEMPERS: Mapping[Mood, Temper] = {
    Mood.CALM: Temper(),
    Mood.TENSE: Temper("#2f5450", "#a4b080", 0.65, 0.66, 0.74, 0.6, 0.45),
    Mood.LONELY: Temper("#466a9c", "#9ab4d0", 0.80, 0.52, 0.84, 0.0, 0.25),
    Mood.DESPAIR: Temper("#3c2f36", "#8f5a50", 0.85, 0.28, 0.58, 0.4, 0.6),
    Mood.HOPE: Temper("#5f9ad8", "#ffe3a0", 0.45, 1.06, 1.08, 0.0, 0.1),
    Mood.WARM: Temper("#c87a52", "#ffba60", 0.66, 1.06, 1.04),
    Mood.JOY: Temper("#1f90f0", "#ffeeb0", 0.42, 1.28, 1.08),
    Mood.WONDER: Temper("#5a3fc8", "#86e0e8", 0.64, 1.2, 1.0, 0.15, 0.1),
    Mood.EPIC: Temper("#2a3a80", "#ffa840", 0.55, 1.16, 0.96, 0.75, 0.3),
}


def choose(scene: Scene, rng: np.random.Generator) -> Palette:
    """The scene's light: the hour's palette, then weather, then mood, then a little of the seed."""
    takes = _hours()[scene.time]
    palette = takes[int(rng.integers(len(takes)))]
    if "neon" in scene.props and scene.time in {"night", "dusk", "blue hour"}:
        palette = _palette(*_NEON, dark=True)
    if scene.has("desert") and not palette.dark:
        palette = _dusty(palette, "#ffdf9e", 0.45)
    if "sandstorm" in scene.weather:
        palette = _dusty(palette, "#c98a4a", 0.75)
    for weather in ("cloudy", "rain", "storm", "fog", "snow"):
        if weather in scene.weather and not (weather == "fog" and "neon" in scene.props):
            dim = _DIM[weather] if not palette.dark else (1 + _DIM[weather]) / 2 + 0.12
            palette = _under(palette, _GREY[weather], dim, pale=weather in {"fog", "snow"})
    shift = 1 + (rng.random(3).astype(np.float32) - 0.5) * np.float32(0.05)
    return _tempered(palette, TEMPERS[scene.mood], shift)


def _tempered(palette: Palette, temper: Temper, shift: Array) -> Palette:
    top, foot = rgb(temper.top), rgb(temper.foot)
    middle = mix(top, foot, 0.5)

    def turned(colour: Array, hue: Array, exposure: float) -> Array:
        own = hue * np.float32(float(luma(colour)) / max(float(luma(hue)), 0.05))
        toned = saturate(mix(colour, own, temper.pull), temper.colourfulness)
        return np.clip(toned * shift * np.float32(exposure), 0, 1.1)

    light = temper.exposure * (1 - 0.22 * temper.contrast)
    hue = middle / np.float32(max(float(luma(middle)), 0.05))
    return replace(
        palette,
        zenith=turned(palette.zenith, top, temper.exposure * (1 - 0.38 * temper.contrast)),
        middle=turned(palette.middle, middle, temper.exposure * (1 - 0.15 * temper.contrast)),
        horizon=turned(palette.horizon, foot, temper.exposure * (1 + 0.06 * temper.contrast)),
        light=np.clip(mix(palette.light, turned(palette.light, middle, 1.0), 0.6) * np.float32(light), 0, 1.12),
        sun=np.clip(mix(palette.sun, foot, 0.35 * temper.pull), 0, 1),
        colourfulness=temper.colourfulness,
        hue=hue if temper.pull else None,
        pull=0.36 * temper.pull,
    )


def saturate(colour: Array, amount: float) -> Array:
    """Move a colour or a field away from (above 1) or towards (below 1) the grey of the same luminance."""
    grey = luma(colour)
    return np.asarray(grey + (colour - grey) * np.float32(amount))


def _dusty(palette: Palette, dust: str, share: float) -> Palette:
    """Sand in the air: it lies thickest at the horizon and warms the light."""
    tone = rgb(dust) * np.float32(0.35 if palette.dark else 1.0)
    return replace(
        palette,
        zenith=mix(palette.zenith, tone, max(share - 0.45, 0.0) * 1.6),
        middle=mix(palette.middle, tone, max(share - 0.3, 0.0) * 1.5),
        horizon=mix(palette.horizon, tone, share),
        light=palette.light * np.array([1.05, 0.97, 0.86], np.float32),
    )


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
