"""What the model service holds in memory: one process with the embedded engines, asked as the worker asks it.

The first film is made stage by stage, so that what a stage costs can be told; the second one all at once, as the worker does
it. Memory is the PSS of the service and of the encoders that it starts, read every tenth of a second; CPU is theirs too.
"""

import argparse
import asyncio
import hashlib
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from bench import report
from services.adapters.model_client import open_models
from services.adapters.settings import ModelSettings
from services.cli.embedded.stack import free_port
from services.core import pipeline
from services.core.errors import Unavailable
from services.core.ledger import LandShot, LandStoryboard, Plan, Step
from services.core.merging import merged
from services.core.model import Artifact, Key, Language, OperationType, Seeds, Shot
from services.core.ports import Models, Work
from services.core.requests import Service
from tests import builders
from tests.e2e.harness import environment

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
SAMPLE_SECONDS = 0.1
CALLS = 4
"""Calls that a worker has open to each service at once (`worker_steps`)."""
STAGES = (("storyboard",), ("keyframe",), ("speech",), ("clip",), ("card", "segment", "transition", "soundtrack"), ("film",))


@dataclass(slots=True)
class Stage:
    """One stage: bytes held after it and at most while it lasted, and what it took in CPU seconds."""

    name: str
    after: int = 0
    peak: int = 0
    cpu: float = 0.0


class Watch(threading.Thread):
    """Samples the PSS of a process and what it started until told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._root = psutil.Process(pid)
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            now = self.now()  # which takes a while; a stage may begin meanwhile
            self.peak = max(self.peak, now)

    def stop(self) -> None:
        self._over.set()
        self.join()

    def now(self) -> int:
        """Bytes held by the process and its children."""
        return sum(map(_pss, (self._root.pid, *(child.pid for child in self._root.children(recursive=True)))))

    def cpu(self) -> float:
        """CPU seconds of the process, and of its children that have ended."""
        return float(sum(self._root.cpu_times()[:4]))

    def high_water(self) -> int:
        """The most bytes that the process itself ever had resident, as the kernel counts."""
        return _field(Path(f"/proc/{self._root.pid}/status"), "VmHWM:")

    @contextmanager
    def stage(self, name: str, stages: list[Stage]) -> Iterator[None]:
        self.peak, before = 0, self.cpu()
        yield
        after = self.now()
        stages.append(Stage(name, after, max(self.peak, after), round(self.cpu() - before, 2)))


class Film:
    """A story on its way to a film, its rows in memory."""

    def __init__(self, path: Path, style: str, shots: int) -> None:
        text = path.read_text(encoding="utf-8")
        language = Language.ZH if path.name.startswith("zh") else Language.EN
        story = builders.story(content=text, title=path.stem, style=style, language=language, shot_count=shots)
        self._work = Work(builders.operation(story, OperationType.STORY_CREATE), story, ())
        self.made: dict[Key, Artifact] = {}

    async def make(self, models: Models, kinds: Collection[str] | None = None) -> None:
        """Make what the film needs and can be made now; of these `kinds` alone, where they are given."""
        engines = {service: await models.engine(service) for service in Service}
        gates = {service: asyncio.Semaphore(CALLS) for service in Service}
        running: dict[asyncio.Task[Artifact], Step] = {}
        while True:
            plan = pipeline.plan(self._work, engines, self.made)
            if plan.landings:
                self._land(plan)
                continue
            if plan.complete and self._work.operation.type is OperationType.STORY_CREATE:
                self._work = replace(self._work, operation=builders.operation(self._work.story, OperationType.VIDEO_RENDER))
                continue
            known = {step.key for step in running.values()}
            for step in plan.steps:
                if step.key not in known and (kinds is None or step.kind in kinds):
                    running[asyncio.create_task(_made(models, step, gates[step.request.service]))] = step
            if not running:
                return
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                self.made[running.pop(task).key] = task.result()

    def _land(self, plan: Plan) -> None:
        for landing in plan.landings:
            match landing:
                case LandStoryboard(board, seeds):
                    shots = (self._shot(n, draft, seed) for n, (draft, seed) in enumerate(zip(board.shots, seeds, strict=True), 1))
                    self._work = replace(self._work, story=replace(self._work.story, bible=board.bible), shots=tuple(shots))
                case LandShot(change):
                    shots = (merged(shot, change) if shot.id == change.shot_id else shot for shot in self._work.shots)
                    self._work = replace(self._work, shots=tuple(shots))

    def _shot(self, number: int, draft: Any, seed: int) -> Shot:
        fields = {name: getattr(draft, name) for name in draft.__slots__}
        return builders.shot(self._work.story, number, **fields, details=draft.description, seeds=Seeds(seed, seed, seed, seed))

    def seconds(self) -> float:
        """The film's length."""
        return next(float(artifact.meta["seconds"]) for artifact in self.made.values() if artifact.kind == "film")

    def digests(self) -> dict[str, str]:
        """One digest for everything that was made of each kind, to compare between two versions of the engines."""
        parts: dict[str, list[str]] = {}
        for artifact in self.made.values():
            named = [f"{name} {ref.digest}" for name, ref in artifact.parts.items()] or [str(artifact.meta)]
            parts.setdefault(artifact.kind, []).extend(named)
        return {kind: hashlib.sha256("\n".join(sorted(all_)).encode()).hexdigest()[:16] for kind, all_ in parts.items()}


async def _made(models: Models, step: Step, gate: asyncio.Semaphore) -> Artifact:
    async with gate:
        return await models.make(step.request, step.key, on_progress=lambda _progress: None)


async def measure(staged: Film, at_once: Film, folder: Path) -> dict[str, Any]:
    """Load, make the first film by stages, then the second one; what each took."""
    address = f"127.0.0.1:{free_port('127.0.0.1')}"
    settings = {"STORYREEL_MODEL_LISTEN": address, "STORYREEL_MEDIA_URL": f"file://{folder}", "STORYREEL_LOG_LEVEL": "ERROR"}
    stages: list[Stage] = []
    command = (sys.executable, "-m", "services.model_service")
    service = await asyncio.create_subprocess_exec(*command, env=environment(settings))
    watch = Watch(service.pid)
    watch.start()
    try:
        async with open_models(ModelSettings(model_address=address)) as models:
            with watch.stage("load", stages):
                await _loaded(models, service)
            for kinds in STAGES:
                with watch.stage(", ".join(kinds), stages):
                    await staged.make(models, kinds)
            with watch.stage("a second film, all at once", stages):
                await at_once.make(models)
        high = watch.high_water()
    finally:
        watch.stop()
        service.terminate()
        await service.wait()
    return {
        "stages": [{name: getattr(stage, name) for name in Stage.__slots__} for stage in stages],
        "peak_bytes": max(stage.peak for stage in stages),
        "high_water_bytes": high,
        "cpu_seconds": round(sum(stage.cpu for stage in stages), 2),
        "film_seconds": [staged.seconds(), at_once.seconds()],
        "digests": [staged.digests(), at_once.digests()],
    }


async def _loaded(models: Models, service: asyncio.subprocess.Process) -> None:
    """Returns when every engine is."""
    while True:
        if service.returncode is not None:
            sys.exit(f"the model service ended with {service.returncode}")
        try:
            for kind in Service:
                await models.engine(kind)
        except Unavailable:
            await asyncio.sleep(SAMPLE_SECONDS)
        else:
            return


def _pss(pid: int) -> int:
    try:
        return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")
    except OSError:  # it has ended meanwhile
        return 0


def _field(file: Path, name: str) -> int:
    """A size that the kernel tells, in bytes; 0 for what it no longer does."""
    return next((int(line.split()[1]) * 1024 for line in file.read_text().splitlines() if line.startswith(name)), 0)


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--staged", type=Path, default=SAMPLES / "zh_chapter.txt", help="The story of the first film.")
    parser.add_argument("--at-once", type=Path, default=SAMPLES / "en_lighthouse.txt", help="The story of the second film.")
    parser.add_argument("--shots", type=int, default=12)
    chosen = parser.parse_args()
    films = Film(chosen.staged, "movie", chosen.shots), Film(chosen.at_once, "realistic", chosen.shots)
    with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as folder:
        made = asyncio.run(measure(*films, Path(folder)))
    rows = [
        [stage["name"], f"{stage['after'] / 1e6:.0f} MB", f"{stage['peak'] / 1e6:.0f} MB", f"{stage['cpu']:.1f} s"]
        for stage in made["stages"]
    ]
    rows.append(["all", "", f"{made['peak_bytes'] / 1e6:.0f} MB", f"{made['cpu_seconds']:.1f} s"])
    report.tell(
        {"benchmark": "memory", "machine": report.machine(), "shots": chosen.shots, **made},
        report.markdown(["stage", "PSS after it", "PSS at most", "CPU"], rows),
    )


if __name__ == "__main__":
    main()
