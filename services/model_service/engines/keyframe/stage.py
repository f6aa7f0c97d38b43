"""The stage of one picture: its measures, its light, and a stream of chance for every part of it."""

import zlib
from dataclasses import dataclass, field

import numpy as np

from services.core.vocabulary import Framing
from services.model_service.engines.keyframe import palette as palettes
from services.model_service.engines.keyframe.canvas import Array, Frame, Layer
from services.model_service.engines.keyframe.palette import Palette
from services.model_service.engines.keyframe.scene import Scene

_HORIZON = {
    Framing.ESTABLISHING: 0.60,
    Framing.WIDE: 0.60,
    Framing.MEDIUM: 0.56,
    Framing.CLOSE: 0.54,
    Framing.DETAIL: 0.50,
    Framing.LOW: 0.76,
}
DEPTHS = {"sky": 0.0, "far": 0.3, "ground": 0.72, "cast": 0.82, "front": 1.2, "air": 1.0}
"""The layers from back to front. The cast stands nearly as deep as its ground, so that feet do not slide when the camera moves."""


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
        horizon = frame.height * (_HORIZON[scene.framing] + 0.05 * (float(rng.random()) - 0.5))
        side = -1 if rng.random() < 0.5 else 1
        height = 0.80 if palette.low_sun else 0.34
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

    def y(self, share: float) -> float:
        """A row of the ground: 0 is the horizon, 1 the bottom edge."""
        return self.horizon + share * (self.frame.height - self.horizon)

    def lit(self, albedo: Array, distance: float = 0.0) -> Array:
        return self.palette.lit(albedo, distance)

    @property
    def overcast(self) -> bool:
        return bool(self.scene.weather & {"rain", "storm", "fog", "snow"})

    @property
    def dark(self) -> bool:
        return self.palette.dark


def _stream(seed: int, part: str) -> np.random.Generator:
    return np.random.default_rng([seed & 0xFFFFFFFF, zlib.crc32(part.encode())])
