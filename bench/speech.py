"""What the narrator costs: CPU and wall seconds a second of speech, for one line at a time and for two at once, and its memory.

The lines are a story's; each is spoken once before the clock starts, because the first run of every length sets its memory up.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench import report
from services.core.model import Language
from services.core.requests import SpeechRequest
from services.model_service.engines.speech.kokoro import Kokoro
from tests.fixtures.engine_job import EngineJob

LINES: Sequence[tuple[Language, str]] = (
    (Language.ZH, "他踏入荒城，霓虹被尘土掩埋。风从断墙之间穿过，带着铁锈与雨水的味道。"),
    (Language.ZH, "远处传来钟声，他停下脚步，抬头望向灰色的天空。"),
    (Language.EN, "The old lighthouse keeper counted the ships as they came home through the fog."),
    (Language.EN, "Nobody spoke. The rain had stopped an hour before, and the street was full of mirrors."),
)


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(engine: Kokoro, folder: Path, at_once: int, *, draft: bool = False) -> dict[str, float]:
    """Speak every line, `at_once` of them at a time."""

    def speak(number: int) -> float:
        language, text = LINES[number % len(LINES)]
        request = SpeechRequest(text=text, language=language, draft=draft)
        seconds: float = engine.run(request, EngineJob(folder / str(number))).meta["seconds"]
        return seconds

    with ThreadPoolExecutor(at_once) as threads:
        count = len(LINES) * at_once
        list(threads.map(speak, range(count)))
        wall, cpu = time.perf_counter(), time.process_time()
        spoken = sum(threads.map(speak, range(count)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "spoken": round(spoken, 2),
        "cpu": round(cpu / spoken, 4),
        "wall": round(wall / spoken, 4),
        "line": round(cpu / count, 4),
    }


def main() -> None:
    """Measure and tell."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    engine = Kokoro()
    cpu = time.process_time()
    engine.load()
    load = round(time.process_time() - cpu, 2)
    loaded = peak_bytes()
    with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as folder:
        runs = {
            "one line at a time": measure(engine, Path(folder), 1),
            "two lines at once": measure(engine, Path(folder), 2),
            "drafts": measure(engine, Path(folder), 1, draft=True),
        }
    result: dict[str, Any] = {"benchmark": "speech", "machine": report.machine(), "load_cpu_seconds": load}
    result |= {"loaded_bytes": loaded, "peak_bytes": peak_bytes(), "runs": runs}
    rows = [[name, f"{run['cpu']:.2f} s", f"{run['wall']:.2f} s", f"{run['line']:.2f} s"] for name, run in runs.items()]
    report.tell(
        result,
        report.markdown(["speaking", "CPU a second of speech", "wall a second of speech", "CPU a line"], rows),
        report.markdown(
            ["what", "measured"],
            [
                ["loading", f"{load:.1f} CPU-s, {loaded / 1e6:.0f} MB"],
                ["peak memory of the process", f"{peak_bytes() / 1e6:.0f} MB"],
            ],
        ),
    )


if __name__ == "__main__":
    main()
