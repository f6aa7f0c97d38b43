"""The two styles of a lens: `movie`, graded like film, and `realistic`, as a camera on the spot would have it."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Frame, luma, rgb
from services.model_service.engines.keyframe.noise import clouds, grain
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.styles.look import Cut, Look, Overview, Strip
from services.model_service.engines.keyframe.styles.tones import contrast, pushed, saturated, toned


def vignette(frame: Frame, strength: float) -> Array:
    """A factor that falls off towards the corners, H × W."""
    dx = (frame.columns - np.float32(frame.width / 2)) / np.float32(frame.width * 0.62)
    dy = (frame.rows - np.float32(frame.height / 2)) / np.float32(frame.height * 0.68)
    return np.asarray(np.clip(1 - np.float32(strength) * (dx**2 + dy**2) ** 1.3, 0.25, 1))


class Movie(Look):
    """Film: an S with a soft shoulder, teal shadows and orange lights, anamorphic streaks, fine grain, a slight vignette."""

    def __init__(self, stage: Stage, overview: Overview) -> None:
        super().__init__(stage, overview)
        frame = stage.frame
        soft = cv2.GaussianBlur(grain(stage.rng("grain"), frame.width, frame.height), (0, 0), max(frame.unit / 900, 0.5))
        self._field = (1 + soft * np.float32(0.075)) * vignette(frame, 0.34)

    def glow(self) -> Array:
        """A round bloom around bright places, and streaks to the left and right of bright points."""
        unit = self.stage.unit / 4
        bright = np.clip(self.overview.picture - np.float32(0.80), 0, 1.2).transpose(1, 2, 0)
        bloom = cv2.GaussianBlur(bright, (0, 0), unit / 17) * np.float32(0.45)
        points = np.clip(luma(self.overview.picture) - np.float32(0.72), 0, 1)
        points = np.clip(points - cv2.GaussianBlur(points, (0, 0), unit / 14) * np.float32(1.5), 0, 1)
        streak = cv2.GaussianBlur(points, (0, 0), unit / 5, sigmaY=max(unit / 260, 0.4)) * np.float32(2.6)
        return np.asarray(bloom.transpose(2, 0, 1) + streak * rgb("#8fd0ff")[:, None, None])

    def coloured(self, colour: Array, strip: Strip) -> Array:
        light = luma(colour)
        colour = toned(pushed(colour, 0.16), light, _TEAL, _AMBER)
        return contrast(np.clip(colour, 0, 1), 0.52) * strip.of(self._field)


class Realistic(Look):
    """A photograph: sober colours, surfaces with a grain of their own, near and far out of focus, no lines."""

    def __init__(self, stage: Stage, overview: Overview) -> None:
        super().__init__(stage, overview)
        frame = stage.frame
        rng = stage.rng("surfaces")
        self._rough = _roughness(rng, frame)
        self._soil = _soil(rng, stage)
        soft = cv2.GaussianBlur(grain(rng, frame.width, frame.height), (0, 0), max(frame.unit / 1000, 0.45))
        self._field = (1 + soft * np.float32(0.07)) * vignette(frame, 0.24)

    def glow(self) -> Array:
        bright = np.clip(self.overview.picture - np.float32(0.86), 0, 1).transpose(1, 2, 0)
        return np.asarray(cv2.GaussianBlur(bright, (0, 0), self.stage.unit / 90).transpose(2, 0, 1) * np.float32(0.35))

    def shaped(self, cut: Cut) -> Array:
        """Out of focus away from the figures' plane; even there a lens is softer than a drawing."""
        pixel = self.stage.unit / 720
        away = 1.5 if cut.depth < 0.5 else 3.6 if cut.depth > 1.05 else 0.62
        return np.asarray(cv2.GaussianBlur(cut.paint, (0, 0), max(away * pixel, 0.3), borderType=cv2.BORDER_REPLICATE))

    def marks(self, cut: Cut) -> tuple[Array, ...]:
        """The surface's own light and dark, and the local contrast that a drawing lacks."""
        if cut.sky or cut.air:
            return ()
        amount = {"ground": 1.0, "cast": 0.40}.get(cut.name, 0.55)
        half = cv2.resize(cut.paint, (max(cut.size[1] // 2, 1), max(cut.size[0] // 2, 1)), interpolation=cv2.INTER_AREA)
        light = luma(half.transpose(2, 0, 1))
        wide = cv2.GaussianBlur(light, (0, 0), self.stage.unit / 60, borderType=cv2.BORDER_REPLICATE)
        local = cv2.resize(light - wide, (cut.size[1], cut.size[0]))
        surface = cut.of(self._soil if cut.name == "ground" else self._rough)
        return (surface * np.float32(amount), local * np.float32(0.55))

    def coloured(self, colour: Array, strip: Strip) -> Array:
        colour = saturated(colour, 0.78)
        if strip.marks:
            surface, local = strip.marks
            light = luma(colour)
            colour = colour * (1 + surface * (np.float32(0.16) + light * (1 - light) * 3)) + local * light * (
                1 - light
            ) * np.float32(2)
        return np.asarray((np.float32(0.015) + contrast(np.clip(colour, 0, 1), 0.42) * np.float32(0.97)) * strip.of(self._field))


_TEAL = np.array([-0.062, 0.014, 0.058], np.float32)
_AMBER = np.array([0.056, 0.012, -0.044], np.float32)


def _roughness(rng: np.random.Generator, frame: Frame) -> Array:
    """Plaster, bark, rock: noise of many sizes, about -0.3 to 0.3, H × W."""
    wide = clouds(rng, frame.width, frame.height, cells=9, octaves=6, gain=0.72)
    wide -= np.float32(wide.mean())
    fine = cv2.GaussianBlur(grain(rng, frame.width, frame.height), (0, 0), max(frame.unit / 800, 0.5))
    return np.asarray(wide * np.float32(0.62) + fine * np.float32(0.34))


def _soil(rng: np.random.Generator, stage: Stage) -> Array:
    """The ground's own noise in perspective: coarse at the camera's feet, fine towards the horizon; H × W."""
    frame = stage.frame
    side = 512
    tile = clouds(rng, side, side, cells=20, octaves=5, gain=0.8)
    tile -= np.float32(tile.mean())
    tile += cv2.GaussianBlur(grain(rng, side, side), (0, 0), 0.7) * np.float32(0.4)
    below = np.maximum(frame.rows - np.float32(stage.horizon), np.float32(frame.unit * 0.02))
    near = below / np.float32(frame.height - stage.horizon)
    # A level plane under a camera at eye height: what is twice as far below the horizon is twice as near.
    across = (frame.columns - np.float32(frame.width / 2)) * np.float32(150) / below
    along = np.broadcast_to(np.float32(frame.unit * 190) / below, across.shape)
    return np.asarray(
        cv2.remap(
            tile, across.astype(np.float32) % side, along.astype(np.float32) % side, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
        )
        * np.float32(0.9)
        * np.clip(near * 2.2, 0.08, 1)
    )
