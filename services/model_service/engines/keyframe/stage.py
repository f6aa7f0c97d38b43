"""The stage of one picture: its measures, its light, and a stream of chance for every part of it."""

import zlib
from dataclasses import dataclass, field

import numpy as np

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe import palette as palettes
from services.model_service.engines.keyframe.canvas import Array, Frame, Layer
from services.model_service.engines.keyframe.palette import Palette
from services.model_service.engines.keyframe.scene import Scene

_HORIZONS = {
    Framing.ESTABLISHING: (0.50, 0.58, 0.66),
    Framing.WIDE: (0.54, 0.59, 0.64),
    Framing.MEDIUM: (0.50, 0.56, 0.60),
    Framing.CLOSE: (0.50, 0.54, 0.60),
    Framing.DETAIL: (0.40, 0.46),
    Framing.LOW: (0.74, 0.77),
}
_INDOOR_HORIZON = {Framing.LOW: 0.66, Framing.DETAIL: 0.40}
DEPTHS = {
    "sky": 0.0,
    "clouds": 0.06,
    "far": 0.3,
    "mid": 0.5,
    "ground": 0.72,
    "cast": 0.82,
    "front": 1.2,
    "air": 1.0,
}
"""The layers from back to front. The cast stands nearly as deep as its ground, so that feet do not slide when the camera moves.

`mid` holds what stands between the far view and the ground: water, the first rows of trees, houses across the way.
"""


@dataclass(slots=True)
class Stage:
    """What every part of the painter works on. Pixels throughout; `side` is -1 or 1, where the light stands."""

    frame: Frame
    scene: Scene
    seed: int
    palette: Palette
    horizon: float
    sun: tuple[float, float]
    side: int
    layers: dict[str, Layer] = field(default_factory=dict)

    @classmethod
    def build(cls, scene: Scene, frame: Frame, seed: int) -> "Stage":
        rng = _stream(seed, "stage")
        palette = palettes.choose(scene, rng)
        share = float(rng.choice(_HORIZONS[scene.framing])) + 0.04 * (float(rng.random()) - 0.5)
        if scene.has("room"):
            share = _INDOOR_HORIZON.get(scene.framing, 0.50)
        horizon = frame.height * share
        side = -1 if rng.random() < 0.5 else 1
        height = {"morning": 0.52, "golden hour": 0.66}.get(scene.time, 0.82) if palette.low_sun else 0.0
        if palette.dark:
            height = 0.30
        sun = (
            frame.width * (0.5 + side * (0.16 + 0.20 * float(rng.random()))),
            horizon * (height + 0.10 * (float(rng.random()) - 0.5)),
        )
        layers = {name: Layer(frame, depth) for name, depth in DEPTHS.items()}
        return cls(frame, scene, seed, palette, horizon, sun, side, layers)

    def rng(self, part: str) -> np.random.Generator:
        """The part's own stream: changing one part of a scene leaves the chance of the others alone."""
        return _stream(self.seed, part)

    @property
    def unit(self) -> float:
        return self.frame.unit

    @property
    def rise(self) -> float:
        """What heights of the far view are measured by: the sky's own height, so that tall pictures and low angles are filled."""
        return self.horizon / 0.6

    @property
    def span(self) -> float:
        """The picture's width in widths of a 16:9 one of the same unit: how much there is room for side by side."""
        return self.frame.width / (self.unit * 1.78)

    def y(self, share: float) -> float:
        """A row of the ground: 0 is the horizon, 1 the bottom edge."""
        return self.horizon + share * (self.frame.height - self.horizon)

    def x(self, share: float) -> float:
        """A column: 0 is the left edge, 1 the right one."""
        return self.frame.width * share

    def lit(self, albedo: Array, distance: float = 0.0) -> Array:
        return self.palette.lit(albedo, distance)

    @property
    def overcast(self) -> bool:
        return bool(self.scene.weather & {"rain", "storm", "fog", "snow", "cloudy", "sandstorm"})

    @property
    def wet(self) -> bool:
        return bool(self.scene.weather & {"rain", "storm", "rainbow"})

    @property
    def snowy(self) -> bool:
        """Whether snow lies on everything."""
        return "snow" in self.scene.weather or self.scene.has("snow peaks")

    @property
    def lamps(self) -> bool:
        """Whether windows and lamps are lit at this hour."""
        return self.dark or self.scene.time == "dusk" or self.scene.weather >= {"rain"} or "storm" in self.scene.weather

    @property
    def dark(self) -> bool:
        return self.palette.dark


def _stream(seed: int, part: str) -> np.random.Generator:
    return np.random.default_rng([seed & 0xFFFFFFFF, zlib.crc32(part.encode())])
