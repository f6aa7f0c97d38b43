"""From a story to a film, from nothing: `storyreel film` on a fresh data folder, its seconds and its peak memory.

Memory is sampled over the whole tree of processes twice a second: PSS shares out what processes have in common, RSS counts
it for each of them. The engines are the model service and the encoders that it starts.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import psutil

from bench import report
from tests.e2e.harness import environment

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "zh_snow_mountain.txt"
SAMPLE_SECONDS = 0.5


class Memory(threading.Thread):
    """Samples the memory of a process and everything below it until told to stop. Sizes are in bytes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak: dict[str, int] = {"pss": 0, "rss": 0, "engines_pss": 0, "processes": 0}
        self._root = psutil.Process(pid)
        self._stop_asked = threading.Event()

    def run(self) -> None:
        while not self._stop_asked.wait(SAMPLE_SECONDS):
            self._sample()

    def stop(self) -> None:
        self._stop_asked.set()
        self.join()

    def _sample(self) -> None:
        now = dict.fromkeys(self.peak, 0)
        try:
            tree = [self._root, *self._root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        engines: set[int] = set()
        for process in tree:  # parents come before their children
            try:
                memory = process.memory_full_info()
                if process.ppid() in engines or "services.model_service" in process.cmdline():
                    engines.add(process.pid)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            now["pss"] += memory.pss
            now["rss"] += memory.rss
            now["engines_pss"] += memory.pss if process.pid in engines else 0
            now["processes"] += 1
        self.peak = {name: max(self.peak[name], now[name]) for name in now}


def measure(story: Path, options: list[str], folder: Path) -> dict[str, Any]:
    """Make the film once; what `storyreel film` says of it, and the peak memory."""
    film = folder / "film.mp4"
    command = [sys.executable, "-m", "services.cli.main", "film", str(story), *options]
    command += ["-o", str(film), "-o", "json", "--data", str(folder / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment({})) as making:
        memory = Memory(making.pid)
        memory.start()
        said, _ = making.communicate()
        memory.stop()
    if making.returncode != 0:
        sys.exit(f"storyreel film ended with {making.returncode}")
    told: dict[str, Any] = json.loads(said)
    return {name: told[name] for name in ("duration", "width", "height", "shots", "bytes", "seconds", "stages")} | {
        "peak_memory_bytes": memory.peak
    }


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--story", type=Path, default=SAMPLE)
    parser.add_argument("--shots", type=int, help="Default: as the story asks.")
    parser.add_argument("--style", default="movie")
    parser.add_argument("--aspect", default="16:9")
    parser.add_argument("--draft", action="store_true")
    parser.add_argument("--keep", type=Path, help="Where to leave the film; default: nowhere.")
    chosen = parser.parse_args()
    options = ["--style", chosen.style, "--aspect", chosen.aspect, *(["--draft"] if chosen.draft else [])]
    options += ["--shots", str(chosen.shots)] if chosen.shots else []
    with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as folder:
        made = measure(chosen.story, options, Path(folder))
        if chosen.keep:
            shutil.copy(Path(folder) / "film.mp4", chosen.keep)
    seconds, peak = made["seconds"], made["peak_memory_bytes"]
    rows = [
        ["story to film, from nothing", f"{seconds['total']:.1f} s"],
        ["… of which starting the stack", f"{seconds['start']:.1f} s"],
        ["… of which making", f"{seconds['making']:.1f} s"],
        ["… of which the contact sheet and stopping", f"{seconds['total'] - seconds['start'] - seconds['making']:.1f} s"],
        [
            "film",
            f"{made['duration']:.1f} s, {made['width']}×{made['height']}, {made['shots']} shots, {made['bytes'] / 1e6:.1f} MB",
        ],
        ["peak memory of the whole tree", f"{peak['pss'] / 1e6:.0f} MB PSS, {peak['rss'] / 1e6:.0f} MB RSS"],
        ["… of which the engines", f"{peak['engines_pss'] / 1e6:.0f} MB PSS"],
    ]
    stages = [[stage, f"{spent['wall']:.2f} s", f"{spent['engine']:.2f} s"] for stage, spent in made["stages"].items()]
    report.tell(
        {"benchmark": "film", "machine": report.machine(), **made},
        report.markdown(["what", "measured"], rows),
        report.markdown(["stage", "wall", "sum of its steps"], stages),
    )


if __name__ == "__main__":
    main()
