"""The golden pictures' requests, and a distance between pictures that is about what an eye would notice."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from services.core.model import Language
from services.core.requests import KeyframeRequest
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.painter import Painter
from tests.fixtures.engine_job import EngineJob

FOLDER = Path(__file__).parent
_TILE = 8


def _request(prompt: str, style: str, *, seed: int, framing: str = "wide", size: tuple[int, int] = (320, 184)) -> KeyframeRequest:
    language = Language.EN if prompt.isascii() else Language.ZH
    return KeyframeRequest(prompt=prompt, style=style, language=language, width=size[0], height=size[1], seed=seed, framing=framing)


GALLERY: Mapping[str, KeyframeRequest] = {
    "movie_village_dusk": _request("girl with red coat walking, village, dusk, tree", "movie", seed=3),
    "movie_sea_dusk": _request("fisherman, boat, sea, dusk", "movie", seed=6, size=(240, 240)),
    "realistic_meadow_day": _request("woman in yellow dress, boy in blue shirt, meadow, day, flower", "realistic", seed=3),
    "anime_city_night": _request("girl with red coat, umbrella, city, street, night, rain", "anime", seed=5, size=(184, 320)),
    "anime_peaks_dawn": _request("two travellers, snow peaks, dawn", "anime", seed=2),
    "cartoon_castle": _request("king, warrior, castle, morning", "cartoon", seed=3, framing="low"),
    "watercolor_forest_fog": _request("knight, horse, forest, fog, morning", "watercolor", seed=1),
    "ink_mountains": _request("白衣剑客站在山顶，清晨，雾", "ink", seed=4, size=(248, 184)),
    "cyberpunk_street": _request("robot, cyberpunk city, street, rain, neon", "cyberpunk", seed=7),
    "pixel_desert": _request("camel, old man, desert, day", "pixel", seed=3),
    "storybook_room": _request("old man, cat, book, room, night", "storybook", seed=4, framing="medium"),
    "storybook_close": _request("girl with red coat, village, snow, day", "storybook", seed=9, framing="close", size=(184, 184)),
}


@dataclass(frozen=True, slots=True)
class Distance:
    """How far apart two pictures are.

    `colour` is the mean CIELAB difference (ΔE*ab of 1976, about 2 is just noticed), `worst` that of the worst spot;
    `form` is 1 - SSIM (Wang et al., 2004), `torn` that of the worst spot. All are 0 for equal pictures.
    """

    colour: float
    worst: float
    form: float
    torn: float

    @property
    def same(self) -> bool:
        """Whether nobody would call it another picture. Rounding on another processor stays far within."""
        return self.colour < 0.9 and self.worst < 6.0 and self.form < 0.05 and self.torn < 0.30


def paint(request: KeyframeRequest, folder: Path) -> Array:
    """The picture as it is kept: half the size asked for, uint8 BGR."""
    painter = Painter()
    painter.load()
    output = painter.run(request, EngineJob(folder))
    pixels = cv2.imdecode(np.fromfile(output.files["image"].path, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return np.asarray(cv2.resize(pixels, (pixels.shape[1] // 2, pixels.shape[0] // 2), interpolation=cv2.INTER_AREA))


def kept(name: str) -> Array | None:
    """The golden picture of that name, None where there is none yet."""
    path = FOLDER / f"{name}.png"
    return cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) if path.exists() else None


def distance(a: Array, b: Array) -> Distance:
    """Between two uint8 BGR pictures of one size."""
    if a.shape != b.shape:
        return Distance(100.0, 100.0, 1.0, 1.0)
    soft_a, soft_b = (cv2.GaussianBlur(picture.astype(np.float32) / 255, (0, 0), 1.0) for picture in (a, b))
    apart = np.linalg.norm(cv2.cvtColor(soft_a, cv2.COLOR_BGR2Lab) - cv2.cvtColor(soft_b, cv2.COLOR_BGR2Lab), axis=2)
    unlike = 1 - _ssim(cv2.cvtColor(soft_a, cv2.COLOR_BGR2GRAY), cv2.cvtColor(soft_b, cv2.COLOR_BGR2GRAY))
    return Distance(float(apart.mean()), _worst(apart), float(unlike.mean()), _worst(unlike))


def _worst(field: Array) -> float:
    """The highest mean of any spot of `_TILE` pixels square."""
    return float(cv2.blur(field.astype(np.float32), (_TILE, _TILE)).max())


def _ssim(a: Array, b: Array) -> Array:
    """The structural similarity of two grey pictures (0 to 1) at every pixel, in windows with a sigma of 1.5 pixels."""

    def mean(field: Array) -> Array:
        return np.asarray(cv2.GaussianBlur(field, (11, 11), 1.5))

    mean_a, mean_b = mean(a), mean(b)
    variance_a, variance_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    covariance = mean(a * b) - mean_a * mean_b
    c1, c2 = np.float32(0.01**2), np.float32(0.03**2)
    similar = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return np.asarray(similar / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)))
