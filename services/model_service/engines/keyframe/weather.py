"""What hangs or falls in the air: rain, snow, fog, fireflies, shafts of light.

Rain, snow and blown leaves lie on the layer `air`, which repeats at its edges, so that a camera can let it drift.
"""

import cv2
import numpy as np

from services.model_service.engines.keyframe.brush import blades, dabs, lay, tinted
from services.model_service.engines.keyframe.canvas import Array, Layer, Sheet, mix, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.woods import paint_fireflies


def paint_haze(stage: Stage) -> None:
    """Banks of mist where the depths meet: thin in clear air, in fog thick, one before the other."""
    foggy = "fog" in stage.scene.weather
    rng, frame = stage.rng("haze"), stage.frame
    field = clouds(rng, max(frame.width // 2, 8), max(frame.height // 2, 8), cells=2.4, octaves=4, stretch=4)
    field = np.asarray(cv2.resize(field, (frame.width, frame.height), interpolation=cv2.INTER_LINEAR))
    banks = [("far", 0.05, 0.06, 0.45)]
    if foggy:
        banks = [("far", -0.02, 0.20, 0.90), ("mid", 0.08, 0.15, 0.80), ("ground", 0.28, 0.10, 0.55)]
    colour = mix(stage.palette.haze, stage.palette.sun, 0.14)
    for name, share, depth, strength in banks:
        middle, reach = stage.y(share), stage.unit * depth
        rows = slice(int(np.clip(middle - 2.4 * reach, 0, frame.height)), int(np.clip(middle + 2.4 * reach, 0, frame.height)))
        if rows.stop - rows.start < 2:
            continue
        band = np.exp(-(((frame.rows[rows] - np.float32(middle)) / np.float32(reach)) ** 2)) - np.float32(0.0032)
        stage.layers[name].fill(np.maximum(band, 0) * (0.35 + 0.65 * field[rows]) * np.float32(strength), colour, rows)


def paint_weather(stage: Stage) -> None:
    """Rain, snow, leaves and dust before everything, on the layer `air`; splashes on the ground; fireflies in front."""
    weather = stage.scene.weather
    if stage.scene.has("room", "space", "underwater"):
        return
    if weather & {"rain", "storm"}:
        _rain(stage, heavy="storm" in weather)
        _splashes(stage)
    if "snow" in weather:
        _snow(stage, driven=bool(weather & {"wind", "storm"}))
    if "fireflies" in stage.scene.props:
        paint_fireflies(stage)
    if "sandstorm" in weather:
        _dust(stage)
    elif "wind" in weather and not weather & {"rain", "snow", "storm"}:
        _leaves(stage)


def drift_of(stage: Stage) -> tuple[float, float]:
    """How far the air layer goes in a second, in pixels right and down."""
    weather, unit = stage.scene.weather, stage.unit
    if weather & {"rain", "storm"}:
        speed = 1.9 if "storm" in weather else 1.5
        return -stage.side * _slant(stage) * speed * unit, speed * unit
    if "snow" in weather:
        driven = bool(weather & {"wind", "storm"})
        return -stage.side * unit * (0.45 if driven else 0.02), unit * (0.18 if driven else 0.085)
    if "sandstorm" in weather:
        return -stage.side * unit * 0.9, unit * 0.03
    if "wind" in weather:
        return -stage.side * unit * 0.26, unit * 0.05
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


def _splashes(stage: Stage) -> None:
    """Where drops burst on the ground: short bright crowns and rings."""
    frame, rng, unit = stage.frame, stage.rng("splashes"), stage.unit
    sheet = Sheet(frame.width, frame.height)
    n = int(170 * stage.span)
    t = np.sort(rng.random(n).astype(np.float32))
    x, y = rng.random(n) * frame.width, stage.y(0.14) + (frame.height - stage.y(0.14)) * t
    size = unit * (0.0016 + 0.0065 * t) * rng.uniform(0.6, 1.3, n)
    light = np.clip(mix(stage.palette.haze, rgb("#e8f2fa"), 0.5 if not stage.dark else 0.22), 0, 1)
    dabs(sheet, x, y, size * 1.8, size * 0.34, tinted(light, rng.uniform(0.72, 0.92, n)), corners=10)
    for lean in (-0.9, 0.0, 0.9):
        blades(sheet, x, y, size * 0.18, size * rng.uniform(1.2, 2.2, n), size * lean, tinted(light, rng.uniform(0.85, 1.05, n)))
    keep = Layer(frame, 0.0)
    lay(keep, sheet)
    ground = stage.layers["ground"]
    ground.blend(keep.rgba * (np.float32(0.5) * ground.rgba[..., 3:]))


def _leaves(stage: Stage) -> None:
    """Leaves or petals in the wind, each its own colour, and faint streaks of the gust."""
    layer, frame, rng = stage.layers["air"], stage.frame, stage.rng("leaves")
    scene = stage.scene
    petals = scene.props & {"flower", "tree"} or scene.has("cherry grove", "garden")
    codes = (
        ("#ffffff", "#e8f0fa")
        if stage.snowy
        else ("#f8c0d0", "#f4a4bc", "#ffe4ec")
        if petals
        else ("#d8a04a", "#a8b04a", "#c87a34", "#8a9a3c")
    )
    for k, code in enumerate(codes):
        veil = _Veil(stage)
        for _ in range(int(26 * stage.span) + 4):
            near = float(rng.random()) ** 3
            x, y = float(rng.random()) * frame.width, float(rng.random()) * frame.height * 0.86
            r, turn = stage.unit * (0.004 + 0.012 * near), float(rng.random()) * 180
            axes = (round(r * 16), round(r * float(rng.uniform(0.25, 0.6)) * 16))
            cv2.ellipse(veil.mask, veil.at(x, y), axes, turn, 0, 360, int(255 - 90 * near), -1, cv2.LINE_AA, 4)
        layer.fill(veil.folded() * np.float32(0.92), stage.lit(rgb(code)))
        if k == 0:
            _gusts(stage, rng, 0.10, mix(stage.palette.haze, rgb("#ffffff"), 0.5 if not stage.dark else 0.1))


def _gusts(stage: Stage, rng: np.random.Generator, strength: float, colour: Array) -> None:
    """Long thin streaks along the wind."""
    veil, frame = _Veil(stage), stage.frame
    for _ in range(int(26 * stage.span) + 4):
        x, y, long = (
            float(rng.random()) * frame.width,
            float(rng.random()) * frame.height,
            stage.unit * float(rng.uniform(0.05, 0.13)),
        )
        bow = stage.unit * float(rng.normal(0, 0.006))
        points = [veil.at(x - stage.side * long * t, y + bow * np.sin(t * 3.1)) for t in np.linspace(0, 1, 7).tolist()]
        cv2.polylines(veil.mask, [np.array(points, np.int32)], False, 200, max(1, round(stage.unit / 420)), cv2.LINE_AA, 4)
    stage.layers["air"].fill(veil.folded() * np.float32(strength * 2), colour)


def _dust(stage: Stage) -> None:
    """A wall of sand: the view drowns in it with distance, clouds of it roll by before the viewer."""
    frame, rng = stage.frame, stage.rng("dust")
    sand = mix(stage.palette.haze, stage.lit(rgb("#d8a05a")), 0.5)
    swirl = clouds(rng, max(frame.width // 4, 8), max(frame.height // 4, 8), cells=3, octaves=5, stretch=2.6)
    rolled = np.asarray(cv2.resize(swirl, (frame.width, frame.height), interpolation=cv2.INTER_LINEAR))
    for name, low, strength in (("far", 0.0, 0.78), ("mid", 0.15, 0.55), ("ground", 0.30, 0.38)):
        stage.layers[name].fill(smoothstep(low, 0.9, rolled) * np.float32(strength) + np.float32(0.14), sand)
    _gusts(stage, rng, 0.22, np.clip(sand * np.float32(1.15), 0, 1))
    grit = _Veil(stage)
    for _ in range(int(340 * stage.span)):
        x, y = float(rng.random()) * frame.width, float(rng.random()) * frame.height
        long = stage.unit * float(rng.uniform(0.004, 0.018))
        cv2.line(grit.mask, grit.at(x, y), grit.at(x - stage.side * long, y + long * 0.12), 210, 1, cv2.LINE_AA, 4)
    stage.layers["air"].fill(grit.folded() * np.float32(0.55), np.clip(sand * np.float32(1.2), 0, 1))


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
    stage.layers["ground"].shine(
        frame.refined(
            smoothstep(0.42, 0.85, shaft) * np.maximum(fade - np.float32(1 / 128), 0) * np.float32(0.16 if stage.dark else 0.26)
        ),
        stage.palette.sun,
    )
