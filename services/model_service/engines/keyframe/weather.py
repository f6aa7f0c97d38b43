"""What hangs or falls in the air: rain, snow, fog, fireflies, shafts of light.

Rain, snow and blown leaves lie on the layer `air`, which repeats at its edges, so that a camera can let it drift.
"""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, mix, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.stage import Stage


def paint_haze(stage: Stage) -> None:
    """A bank of mist where the far layer meets the ground; thick in fog, thin elsewhere."""
    frame, rng = stage.frame, stage.rng("haze")
    foggy = "fog" in stage.scene.weather
    depth = stage.unit * (0.17 if foggy else 0.07)
    field = clouds(rng, frame.width, frame.height, cells=2.4, octaves=4, stretch=4)
    band = np.exp(-(((frame.rows - np.float32(stage.y(0.06))) / np.float32(depth)) ** 2))
    colour = mix(stage.palette.haze, stage.palette.sun, 0.14)
    stage.layers["far"].fill(band * (0.35 + 0.65 * field) * np.float32(0.95 if foggy else 0.5), colour)
    if foggy:
        low = np.exp(-(((frame.rows - np.float32(stage.y(0.30))) / np.float32(depth * 0.9)) ** 2))
        stage.layers["ground"].fill(low * field * np.float32(0.7), colour)


def paint_weather(stage: Stage) -> None:
    """Rain, snow and fireflies before everything, on the front layer."""
    weather = stage.scene.weather
    if stage.scene.has("room", "space", "underwater"):
        return
    if weather & {"rain", "storm"}:
        _rain(stage, heavy="storm" in weather)
    if "snow" in weather:
        _snow(stage, driven=bool(weather & {"wind", "storm"}))
    if "fireflies" in stage.scene.props:
        _fireflies(stage)
    if "wind" in weather and not weather & {"rain", "snow", "storm"}:
        _leaves(stage)


def drift_of(stage: Stage, layer: str = "air") -> tuple[float, float]:
    """How far a drifting layer goes in a second, in pixels right and down: the air with its rain or snow, the clouds."""
    weather, unit = stage.scene.weather, stage.unit
    if layer == "clouds":
        return -stage.side * unit * (0.020 if weather & {"storm", "wind", "sandstorm"} else 0.006), 0.0
    if layer != "air":
        return 0.0, 0.0
    if weather & {"rain", "storm"}:
        speed = 1.9 if "storm" in weather else 1.5
        return -stage.side * _slant(stage) * speed * unit, speed * unit
    if "snow" in weather:
        driven = bool(weather & {"wind", "storm"})
        return -stage.side * unit * (0.45 if driven else 0.02), unit * (0.18 if driven else 0.085)
    if "wind" in weather:
        return -stage.side * unit * 0.22, unit * 0.05
    return 0.0, 0.0


def _slant(stage: Stage) -> float:
    return 0.34 if "storm" in stage.scene.weather else 0.16


class _Veil:
    """A mask that repeats at its edges: what is drawn over one edge comes in at the other."""

    def __init__(self, stage: Stage) -> None:
        self._frame = stage.frame
        self.pad = int(stage.unit * 0.14)
        self.mask: Array = np.zeros((stage.frame.height + 2 * self.pad, stage.frame.width + 2 * self.pad), np.uint8)

    def at(self, x: float, y: float) -> tuple[int, int]:
        return round((x + self.pad) * 16), round((y + self.pad) * 16)

    def folded(self) -> Array:
        """H × W from 0 to 1."""
        p, m = self.pad, self.mask
        body = m[p:-p, :].copy()
        np.maximum(body[:p], m[-p:, :], out=body[:p])
        np.maximum(body[-p:], m[:p, :], out=body[-p:])
        core = body[:, p:-p].copy()
        np.maximum(core[:, :p], body[:, -p:], out=core[:, :p])
        np.maximum(core[:, -p:], body[:, :p], out=core[:, -p:])
        return core.astype(np.float32) / 255


def _rain(stage: Stage, *, heavy: bool) -> None:
    layer, frame, rng = stage.layers["air"], stage.frame, stage.rng("rain")
    slant = -stage.side * _slant(stage)
    for count, length, strength, thick in ((520, 0.045, 0.20, 1.0), (220, 0.085, 0.30, 1.6)):
        veil = _Veil(stage)
        n = int(count * frame.width * frame.height / stage.unit**2 / 1.78 * (1.5 if heavy else 1.0))
        for x, y, k in zip(rng.random(n), rng.random(n), rng.uniform(0.6, 1.3, n), strict=True):
            ax, ay, drop = float(x) * frame.width, float(y) * frame.height, stage.unit * length * float(k)
            cv2.line(
                veil.mask,
                veil.at(ax, ay),
                veil.at(ax + slant * drop, ay + drop),
                int(255 * float(rng.uniform(0.4, 1.0))),
                max(1, round(thick * stage.unit / 720)),
                cv2.LINE_AA,
                4,
            )
        layer.fill(
            veil.folded() * np.float32(strength),
            np.clip(mix(stage.palette.haze, rgb("#dfe9f5"), 0.45 if not stage.dark else 0.2), 0, 1),
        )


def _snow(stage: Stage, *, driven: bool) -> None:
    layer, frame, rng = stage.layers["air"], stage.frame, stage.rng("snow")
    for count, size, blur in ((420, 0.0016, 0.0), (150, 0.0034, 0.6), (26, 0.0095, 3.2)):
        veil = _Veil(stage)
        n = int(count * frame.width * frame.height / stage.unit**2 / 1.78)
        for x, y, k in zip(rng.random(n), rng.random(n), rng.uniform(0.6, 1.5, n), strict=True):
            cx, cy, r = float(x) * frame.width, float(y) * frame.height, max(stage.unit * size * float(k), 0.6)
            if driven:
                cv2.line(
                    veil.mask, veil.at(cx, cy), veil.at(cx - stage.side * r * 5, cy + r * 2), 220, max(1, round(r)), cv2.LINE_AA, 4
                )
            else:
                cv2.circle(veil.mask, veil.at(cx, cy), round(r * 16), 230, -1, cv2.LINE_AA, 4)
        if blur:
            veil.mask = np.asarray(cv2.GaussianBlur(veil.mask, (0, 0), max(blur * stage.unit / 720, 0.3)))
        layer.fill(
            veil.folded() * np.float32(0.9 if blur < 1 else 0.55),
            np.clip(mix(rgb("#ffffff"), stage.palette.haze, 0.25 if stage.dark else 0.05), 0, 1),
        )


def _fireflies(stage: Stage) -> None:
    layer, frame, rng = stage.layers["front"], stage.frame, stage.rng("fireflies")
    glow = np.zeros((frame.height, frame.width), np.uint8)
    for _ in range(46):
        x, y = float(rng.random()) * frame.width, stage.horizon + stage.unit * float(rng.normal(0.06, 0.13))
        cv2.circle(
            glow,
            (round(x * 16), round(y * 16)),
            round(stage.unit * float(rng.uniform(0.0022, 0.005)) * 16),
            255,
            -1,
            cv2.LINE_AA,
            4,
        )
    light = glow.astype(np.float32) / 255
    halo = cv2.GaussianBlur(light, (0, 0), stage.unit / 60) * np.float32(6.0)
    layer.shine(np.clip(halo, 0, 0.8) + light, rgb("#f4ff8a"))


def _leaves(stage: Stage) -> None:
    layer, frame, rng = stage.layers["air"], stage.frame, stage.rng("leaves")
    veil = _Veil(stage)
    for _ in range(40):
        x, y, r = (
            float(rng.random()) * frame.width,
            float(rng.random()) * frame.height * 0.85,
            stage.unit * float(rng.uniform(0.003, 0.008)),
        )
        cv2.ellipse(
            veil.mask, veil.at(x, y), (round(r * 16), round(r * 6)), float(rng.random()) * 180, 0, 360, 255, -1, cv2.LINE_AA, 4
        )
    warm = (
        rgb("#ffffff")
        if stage.scene.has("snow peaks")
        else rgb("#f3a7bb")
        if stage.scene.props & {"flower", "tree"}
        else rgb("#d8a04a")
    )
    layer.fill(veil.folded() * np.float32(0.9), stage.lit(warm))


def paint_valley_mist(stage: Stage) -> None:
    """Mist that fills a deep valley below the far ranges."""
    frame, rng = stage.frame, stage.rng("valley")
    field = clouds(rng, frame.width, frame.height, cells=3, octaves=5, stretch=3.5)
    cover = smoothstep(stage.horizon - stage.unit * 0.08, stage.y(0.35), frame.rows) * (0.55 + 0.45 * field)
    tone = mix(stage.palette.haze, stage.palette.sun, 0.2)
    stage.layers["mid"].fill(np.clip(cover * np.float32(1.1), 0, 1), tone)


def paint_shafts(stage: Stage) -> None:
    """Shafts of low light between the trees, as light in the air before the far layer."""
    frame, rng = stage.frame, stage.rng("shafts")
    x, y = stage.sun[0] + stage.side * stage.unit * 0.15, -stage.unit * 0.35
    dx, dy = frame.coarse_columns - np.float32(x), frame.coarse_rows - np.float32(y)
    bins = rng.random(160).astype(np.float32)
    bins = np.convolve(np.concatenate([bins[-2:], bins, bins[:2]]), np.array([0.25, 0.5, 0.25], np.float32), "same")[2:-2].astype(
        np.float32
    )
    at = (np.arctan2(dx, dy) + np.float32(np.pi)) / np.float32(2 * np.pi) * 159
    low = np.floor(at).astype(np.int32)
    shaft = bins[low] * (1 - (at - low)) + bins[np.minimum(low + 1, 159)] * (at - low)
    fade = np.exp(-(((np.sqrt(dx**2 + dy**2) - np.float32(stage.unit * 0.55)) / np.float32(stage.unit * 0.55)) ** 2))
    stage.layers["ground"].shine(frame.refined(smoothstep(0.42, 0.85, shaft) * fade * np.float32(0.26)), stage.palette.sun)
