"""What a clip costs: CPU milliseconds a frame, from the keyframe's files to the finished video, on one core.

Each picture is painted once for each size and filmed with each move. Reading and cutting the layers is shared out over the clip's
frames; the encoder's thread is counted. The least of several rounds is told, since other work on the machine only adds.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import report
from services.core.model import Digest, Language
from services.core.requests import ClipRequest, KeyframeRequest
from services.model_service.engines.clip.camera import Camera
from services.model_service.engines.keyframe.painter import Painter
from tests.fixtures.engine_job import EngineJob

PICTURES = {
    "snow": ("snow peaks, day, snow, traveller", "movie"),
    "neon": ("rainy city street at night, neon signs, a robot", "movie"),
    "ink": ("a swordsman in a misty bamboo forest", "ink"),
    "fire": ("a campfire and a tent in the mountains at night", "anime"),
    "sea": ("a boat on the sea at dusk, lighthouse", "movie"),
}
MOVES = ("push", "pan", "handheld", "static")
SIZES = ((1280, 720), (640, 360))
FPS = 24


def painted(name: str, size: tuple[int, int], folder: Path) -> dict[str, Path]:
    """The picture's files by their digests."""
    prompt, style = PICTURES[name]
    request = KeyframeRequest(prompt=prompt, style=style, language=Language.EN, width=size[0], height=size[1], seed=5)
    painter = Painter()
    painter.load()
    return {part: made.path for part, made in painter.run(request, EngineJob(folder)).files.items()}


def filmed(media: dict[str, Path], size: tuple[int, int], move: str, frames: int, folder: Path) -> tuple[float, int]:
    """CPU milliseconds a frame, and the video's bytes."""
    keyframe = {part: Digest(part) for part in media}
    request = ClipRequest(
        keyframe=keyframe, camera=move, frames=frames, fps=FPS, width=size[0], height=size[1], seed=3, motion_strength=0.5
    )
    camera = Camera()
    camera.load()
    began = time.process_time()
    video = camera.run(request, EngineJob(folder, media)).files["video"].path
    return (time.process_time() - began) * 1000 / frames, video.stat().st_size


def measure(size: tuple[int, int], moves: Sequence[str], frames: int, rounds: int, folder: Path) -> dict[str, dict[str, Any]]:
    """By picture, then by move."""
    measured: dict[str, dict[str, Any]] = {}
    for name in PICTURES:
        media = painted(name, size, folder / f"{name}-{size[0]}")
        measured[name] = {}
        for move in moves:
            takes = [filmed(media, size, move, frames, folder / "clip") for _ in range(rounds)]
            measured[name][move] = {"cpu_ms": round(min(cost for cost, _ in takes), 2), "bytes": takes[0][1]}
    return measured


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--moves", nargs="+", default=list(MOVES))
    chosen = parser.parse_args()
    results: dict[str, Any] = {}
    tables = []
    with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as folder:
        for size in SIZES:
            title = f"{size[0]}×{size[1]}"
            made = results[title] = measure(size, chosen.moves, chosen.frames, chosen.rounds, Path(folder))
            rows = [[name, *(f"{moves[move]['cpu_ms']:.1f} ms" for move in chosen.moves)] for name, moves in made.items()]
            tables.append(report.markdown([f"CPU a frame, {title}", *chosen.moves], rows))
    told = {"benchmark": "clip", "machine": report.machine(), "frames": chosen.frames, "results": results}
    report.tell(told, *tables)


if __name__ == "__main__":
    main()
