"""How far a film is, stage by stage, read off its operations' events; shown as bars on a terminal, as lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from services.cli.client import Event
from services.cli.output import Output

STAGES = ("storyboard", "keyframe", "speech", "clip", "soundtrack", "film")
_STAGE_OF = {"rewrite": "storyboard", "card": "film", "segment": "film", "transition": "film"}
_PORTRAITS = "keyframe None"
_LINE_SECONDS = 2.0
"""Plain lines come no faster than this, unless a stage is done."""


class Stages:
    """Counts each stage's steps. `done` and `total` are steps, a running one counting as its fraction.

    A storyboard is one step, or as many as it has shots where it is told as it grows.
    """

    def __init__(self) -> None:
        self._finished: dict[str, set[str]] = {stage: set() for stage in STAGES}
        self._running: dict[str, dict[str, float]] = {stage: {} for stage in STAGES}
        self._total = {"storyboard": 1, "soundtrack": 1, "film": 1}
        self._written = 0
        self._engine_seconds: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self._first: dict[str, datetime] = {}
        self._last: dict[str, datetime] = {}

    def grow(self, shots: int) -> None:
        """So many shots of the storyboard are written; how many there will be is not known yet."""
        self._written = shots
        self._total.pop("storyboard", None)

    def expect(self, shots: int, *, spoken: int) -> None:
        """The storyboard is there: so many shots, so many of them with a narration."""
        self._written = shots if self._written else 0
        self._total |= {"storyboard": self._written or 1, "keyframe": shots, "speech": spoken, "clip": shots, "film": shots + 1}

    def take(self, event: Event) -> None:
        """Note what an event says."""
        data = event.data.get("data", {})
        match event.kind:
            case "step_started":
                self._running[_stage(data)].setdefault(_name(data), 0.0)
                self._first.setdefault(_stage(data), _at(event))
            case "step_finished":
                stage = _stage(data)
                self._running[stage].pop(_name(data), None)
                self._finished[stage].add(_name(data))
                self._engine_seconds[stage] += float(data.get("seconds", 0.0))
                self._last[stage] = _at(event)
            case "step_failed":
                self._running[_stage(data)].pop(_name(data), None)
            case "progress":
                for step in data.get("steps", []):
                    running = self._running[_stage(step | {"step": step["kind"]})]
                    running[_name(step | {"step": step["kind"]})] = float(step["fraction"])
            case _:
                pass  # the operation's own states

    def finish(self, *stages: str) -> None:
        """These stages are complete, even where nothing had to be made."""
        for stage in stages:
            self._running[stage].clear()
            self._total[stage] = max(len(self._finished[stage]), self._total.get(stage, 1))
            self._finished[stage] = {str(number) for number in range(self._total[stage])}

    def done(self, stage: str) -> float:
        if stage == "storyboard" and self._written:
            return self._written
        running = sum(fraction for name, fraction in self._running[stage].items() if name not in self._finished[stage])
        return len(self._finished[stage]) + running

    def total(self, stage: str) -> int | None:
        """Steps of the stage; None while that is not known."""
        known = self._total.get(stage)
        if known is None:
            return None
        # The characters' portraits, which are for no one shot, count as one step together.
        more = any(_PORTRAITS in steps for steps in (self._running[stage], self._finished[stage]))
        return max(known + more, len(self._finished[stage]))

    def spent(self) -> dict[str, dict[str, float]]:
        """By stage: `engine` is the sum of its steps' seconds, `wall` the seconds from its first start to its last end."""
        return {
            stage: {
                "engine": round(self._engine_seconds[stage], 3),
                "wall": round((self._last[stage] - self._first[stage]).total_seconds(), 3),
            }
            for stage in STAGES
            if stage in self._first and stage in self._last
        }


@contextmanager
def shown(stages: Stages, out: Output) -> Iterator[Any]:
    """Show the stages while the block runs; it gets a function to call after each change."""
    if out.json or not out.console.is_terminal:
        lines = _Lines(stages, out)
        yield lines.update
        lines.update(last=True)
        return
    bars = Progress(
        TextColumn("{task.description}", justify="right"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=out.console,
    )
    tasks: dict[str, TaskID] = {}
    with bars:

        def update() -> None:
            for stage in STAGES:
                done, total = stages.done(stage), stages.total(stage)
                if stage not in tasks:
                    tasks[stage] = bars.add_task(out.words(f"stage_{stage}"), total=None, start=False)
                if done > 0 and not bars.tasks[tasks[stage]].started:
                    bars.start_task(tasks[stage])
                bars.update(tasks[stage], completed=round(done, 1), total=total)

        update()
        yield update


class _Lines:
    """The same for a log file or a pipe: a line a stage, when it has moved."""

    def __init__(self, stages: Stages, out: Output) -> None:
        self._stages = stages
        self._out = out
        self._said: dict[str, str] = {}
        self._last = 0.0

    def update(self, *, last: bool = False) -> None:
        now = time.monotonic()
        for stage in STAGES:
            total = self._stages.total(stage)
            done = int(self._stages.done(stage))
            complete = total is not None and done >= total
            line = f"{self._out.words(f'stage_{stage}')}: {done}/{total if total is not None else '?'}"
            due = complete or last or now - self._last >= _LINE_SECONDS
            if done and due and self._said.get(stage) != line:
                self._said[stage] = line
                self._last = now
                self._out.note(line)


def _stage(data: dict[str, Any]) -> str:
    kind = str(data["step"])
    return _STAGE_OF.get(kind, kind)


def _at(event: Event) -> datetime:
    return datetime.fromisoformat(event.data["at"])


def _name(data: dict[str, Any]) -> str:
    """What tells one step from another within its stage."""
    return f"{data['step']} {data.get('shot_id')}"
