"""What tests of the film engine share: a job at a desk full of files, and clips made by ffmpeg's own sources."""

import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from services.core.errors import Cancelled
from services.core.model import Digest
from services.model_service.engine import MadeFile
from services.model_service.engines.film.loudness import Sound
from tests.fixtures.engine_job import OnItsOwnLoop

WIDTH, HEIGHT, FPS = 320, 180, 24
FFMPEG = Path(imageio_ffmpeg.get_ffmpeg_exe())
Picture = NDArray[np.float64]


@dataclass
class Desk(OnItsOwnLoop):
    """A job at a desk full of files: media are found by name."""

    folder: Path
    media_folder: Path
    cancelled: threading.Event = field(default_factory=threading.Event)
    fractions: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def progress(self, fraction: float, stage: str = "") -> None:
        self.fractions.append(fraction)
        self.check()

    def check(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled("CANCELLED")

    def media(self, digest: Digest) -> Path:
        return self.media_folder / digest

    def shelve(self, made: MadeFile, name: str) -> Digest:
        """Put what was made onto the shelf, where jobs find it by `name`."""
        made.path.rename(self.media_folder / name)
        return Digest(name)


def ffmpeg(*arguments: str) -> str:
    command = [str(FFMPEG), "-hide_banner", "-nostdin", "-y", *arguments]
    told: str = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return told


def lavfi(target: Path, graph: str) -> None:
    ffmpeg("-f", "lavfi", "-i", graph, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-f", "mp4", str(target))


def heard(path: Path) -> Sound:
    """All samples of the sound, 2 × count."""
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1).astype(np.float32)


def pictures(path: Path) -> list[Picture]:
    """Every frame in grey, from 0 to 255."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").astype(np.float64) for frame in container.decode(video=0)]
