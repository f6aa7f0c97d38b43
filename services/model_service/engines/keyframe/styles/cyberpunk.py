"""Cyberpunk: every hour becomes a neon night, edges burn cyan and magenta, wet ground mirrors the lights."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, luma, mix, plane, rgb, smoothstep
from services.model_service.engines.keyframe.noise import clouds
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.styles.look import Cut, Look, Overview, Strip
from services.model_service.engines.keyframe.styles.photographic import vignette
from services.model_service.engines.keyframe.styles.tones import contrast, pushed, relit, saturated

_CYAN = rgb("#1fe9ff")
_MAGENTA = rgb("#ff2bb0")
_INDIGO = rgb("#0b0a2a")
_VIOLET = rgb("#4b1a78")


class Cyberpunk(Look):
    """Dark enough for neon to burn: exposure is brought down to night, then lights, edges and haze take the two colours."""

    def __init__(self, stage: Stage, overview: Overview) -> None:
        super().__init__(stage, overview)
        frame = stage.frame
        self._gain = float(np.clip(0.20 / max(overview.exposure, 0.02), 0.30, 1.25))
        self._field = vignette(frame, 0.40)
        self._outside = not stage.scene.has("room", "space", "underwater")
        split = np.float32(0.5) + (frame.columns - np.float32(stage.sun[0])) / np.float32(frame.width * 0.9) * np.float32(
            stage.side
        )
        smoke = clouds(stage.rng("smog"), frame.width, frame.height, cells=2, octaves=3, stretch=3)
        x, y = stage.sun
        shown = 0.0 if stage.overcast else 1.0
        self._orb = frame.glow(x, y, stage.unit * 0.09, power=0.9, core=stage.unit * 0.03) * np.float32(shown)
        self._side = np.clip(split + (smoke - np.float32(0.5)) * np.float32(0.7), 0, 1)
        near = np.abs(frame.rows - np.float32(stage.horizon)) / np.float32(stage.unit)
        self._smog = np.exp(-((near / np.float32(0.17)) ** 2)) * (np.float32(0.45) + smoke * np.float32(0.55))

    def glow(self) -> Array:
        """Lights flood in the neon colours; what shines above the horizon is mirrored in the wet ground."""
        picture, unit = self.overview.picture, self.stage.unit / 4
        light = luma(picture)
        around = cv2.GaussianBlur(light, (0, 0), unit / 12)
        points = np.clip(light - around * np.float32(1.15) - np.float32(0.10), 0, 1)
        h, w = light.shape
        side = cv2.resize(self._side, (w, h), interpolation=cv2.INTER_AREA)
        neon = mix(_CYAN, _MAGENTA, side)
        flood = cv2.GaussianBlur(points, (0, 0), unit / 26) * np.float32(1.5) + cv2.GaussianBlur(
            points, (0, 0), unit / 80
        ) * np.float32(1.0)
        light = neon * flood
        if self._outside:
            light = light + neon * self._mirrored(points, round(self.stage.horizon / 4))
        return np.asarray(light)

    def _mirrored(self, points: Array, horizon: int) -> Array:
        """Bright points above the horizon as streaks below it, fading towards the viewer."""
        h = points.shape[0]
        wet: Array = np.zeros_like(points)
        depth = min(h - horizon, horizon)
        if depth < 4:
            return wet
        wet[horizon : horizon + depth] = points[horizon - depth : horizon][::-1]
        wet = cv2.GaussianBlur(wet, (0, 0), max(self.stage.unit / 4 / 200, 0.5), sigmaY=self.stage.unit / 4 / 14)
        rows = np.arange(h, dtype=np.float32)[:, None]
        return np.asarray(wet * np.where(rows >= horizon, 1.0, 0.0).astype(np.float32) * np.float32(2.2))

    def marks(self, cut: Cut) -> tuple[Array, ...]:
        """How strongly the left and the right flank of things catch the neon that hangs on either side."""
        if cut.sky or cut.air:
            return ()
        near = cut.cast
        levels = cv2.convertScaleAbs(np.ascontiguousarray(cut.paint), alpha=255.0)
        body = cv2.GaussianBlur(
            cv2.max(cv2.extractChannel(levels, 3), cv2.extractChannel(levels, 1)),
            (0, 0),
            (1.3 if near else 1.6) * self.pixel + 0.2,
        )
        slope = cv2.Sobel(body, cv2.CV_32F, 1, 0, scale=1 / (255 * 1.4), borderType=cv2.BORDER_REPLICATE)
        drop = cv2.Sobel(body, cv2.CV_32F, 0, 1, scale=1 / (255 * 2.6), borderType=cv2.BORDER_REPLICATE)
        strength = np.float32(1.5 if near else 0.9 if cut.depth > 0.5 else 0.7)
        return np.clip(slope + drop, 0, 1) * strength, np.clip(-slope + drop, 0, 1) * strength

    def coloured(self, colour: Array, strip: Strip) -> Array:
        cut = strip.cut
        light = np.clip(luma(colour), 0, 1)
        if cut.sky and self._outside:
            rows = np.arange(strip.rows.start, strip.rows.stop, dtype=np.float32)[:, None]
            t = rows / np.float32(self.stage.horizon)
            dusk = mix(
                mix(_INDIGO, _VIOLET, smoothstep(0.0, 0.75, t)), plane(_MAGENTA), smoothstep(0.60, 1.05, t) * np.float32(0.72)
            )
            relief = np.clip(light / np.float32(max(self.overview.exposure, 0.15)), 0, 1.7)
            colour = dusk * (np.float32(0.5) + np.float32(0.55) * relief) + plane(_VIOLET) * smoothstep(
                0.6, 1.5, relief
            ) * np.float32(0.25)
            colour = colour + plane(_CYAN) * strip.of(self._orb) * (np.float32(0.35) + light * np.float32(0.4))
        else:
            keep = np.float32(0.62 if cut.cast else 1.0)
            gain = np.float32(self._gain) ** keep
            after = light * gain
            lamp = smoothstep(0.72, 0.95, light) if self.stage.dark else np.float32(0.0)
            colour = relit(saturated(colour, 1.25), light, after * (1 - lamp) + light * lamp)
            cold = (1 - np.clip(after * 2, 0, 1)) ** 2
            colour = colour + plane(_INDIGO) * cold * np.float32(0.55)
            if not cut.cast:
                tint = mix(_CYAN, _MAGENTA, strip.of(self._side))
                grey = luma(colour)
                colour = mix(colour, tint * grey * np.float32(1.35), np.float32(0.42))
        if self._outside and cut.depth < 0.8:
            smog = strip.of(self._smog) * np.float32(0.42 if cut.depth > 0.5 else 0.55)
            colour = colour + mix(_CYAN, _MAGENTA, strip.of(self._side)) * smog * np.float32(0.55)
        if strip.marks:
            left, right = strip.marks
            colour = colour + plane(_CYAN) * left + plane(_MAGENTA) * right
        return contrast(np.clip(pushed(colour, 0.25), 0, 1), 0.28) * strip.of(self._field)

    def encoded(self, pixels: Array, cut: Cut) -> Array:
        """Red and blue are imaged at slightly different sizes, which shows towards the picture's edges."""
        frame = self.stage.frame
        cx, cy = frame.width / 2 - cut.columns.start, frame.height / 2 - cut.rows.start
        planes = list(cv2.split(pixels))
        h, w = cut.size
        for channel, scale in ((0, 0.9962), (2, 1.0038)):
            matrix = np.array([[scale, 0, cx * (1 - scale)], [0, scale, cy * (1 - scale)]], np.float32)
            planes[channel] = cv2.warpAffine(
                planes[channel], matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
        return np.asarray(cv2.merge(planes))

    def lens(self) -> Array:
        """Scan lines."""
        frame = self.stage.frame
        pitch = max(round(frame.unit / 240), 2)
        dark = ((np.arange(frame.height) % pitch) < pitch / 2).astype(np.uint8) * 26
        pixels = np.zeros((frame.height, frame.width, 4), np.uint8)
        pixels[..., 3] = dark[:, None]
        return pixels
