"""One attempt at one operation: plan, make what is missing, land what is made, until the plan is complete."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from services.core import pipeline
from services.core.announcer import Announcer
from services.core.commands import ShotChange
from services.core.errors import FailedPrecondition, StoryreelError, Unavailable
from services.core.ledger import LandShot, LandStoryboard, Plan, Step
from services.core.merging import merged
from services.core.model import Artifact, Engine, Film, Key, OperationEvent, OperationType, Shot, Storyboard
from services.core.ports import Claim, Models, Progress, Work, WorkerStore
from services.core.remarks import Remarks
from services.core.requests import Service
from services.story_worker import metrics
from services.story_worker.growth import Growth
from services.story_worker.progress import Meter

_log = structlog.get_logger(__name__)

_MOST_CHANGES = 5
"""Engines that change more often during one attempt are two releases behind one address: wait for the roll-out."""

Gates = Mapping[Service, asyncio.Semaphore]
"""Bounds the calls that this worker has open to each service, over all its operations."""


class Attempt:
    """Does the work of a claimed operation. Heartbeats, retries and endings are the runner's."""

    def __init__(
        self,
        claim: Claim,
        work: Work,
        *,
        store: WorkerStore,
        models: Models,
        announcer: Announcer,
        gates: Gates,
        reload: Callable[[], Awaitable[tuple[Shot, ...]]],
        progress_seconds: float,
    ) -> None:
        self._claim = claim
        self._work = work
        self._store = store
        self._models = models
        self._announcer = announcer
        self._gates = gates
        self._reload = reload
        self._progress_seconds = progress_seconds
        self._began = time.monotonic()
        self._shown = 0.0
        self._made: dict[Key, Artifact] = {}
        self._looked_up: set[Key] = set()
        self.meter = Meter()

    @property
    def age(self) -> float:
        """Seconds since the operation first started: by the database's clock up to this claim, by ours since."""
        operation = self._work.operation
        before = operation.updated_at - (operation.started_at or operation.updated_at)
        return before.total_seconds() + time.monotonic() - self._began

    async def run(self) -> Film | None:
        """Make everything that the operation wants; the film, if it is one that makes a film.

        Raises the first step's error after the other running steps have ended: what they made is kept, and a later
        attempt finds it.
        """
        engines = await self._engines()
        changes = 0
        running: dict[asyncio.Task[Artifact], Step] = {}
        try:
            while True:
                plan = await self._settled_plan(engines)
                self._start(plan, running)
                if not running:
                    return plan.film
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                if changed := await self._collect(done, running):
                    changes += 1
                    if changes > _MOST_CHANGES:
                        raise Unavailable(changed.reason, **changed.params)
                    engines = await self._engines()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _engines(self) -> dict[Service, Engine]:
        needed = pipeline.services(self._work.operation)
        found = await asyncio.gather(*(self._models.engine(service) for service in needed))
        return dict(zip(needed, found, strict=True))

    # -- planning ----------------------------------------------------------------------------------------------------------

    async def _settled_plan(self, engines: Mapping[Service, Engine]) -> Plan:
        """The plan once everything that is there has been found and landed."""
        while True:
            plan = pipeline.plan(self._work, engines, self._made)
            self.meter.planned(plan)
            if plan.landings:
                await self._land(plan)
                continue
            unknown = [step.key for step in plan.steps if step.key not in self._looked_up]
            if not unknown:
                return plan
            self._looked_up.update(unknown)
            self._made.update(await self._store.artifacts(unknown))

    async def _land(self, plan: Plan) -> None:
        for landing in plan.landings:
            match landing:
                case LandStoryboard(board, seeds):
                    shots, event = await self._store.land_storyboard(self._claim, board, seeds)
                    story = replace(self._work.story, bible=board.bible, storyboard_unfinished=False)
                    self._work = replace(self._work, shots=shots, story=story)
                    self._announcer.tell(events=[event])
                case LandShot(change):
                    await self._land_shot(change)

    async def _land_shot(self, change: ShotChange) -> None:
        landed = await self._store.land_shot(self._claim, change)
        if landed is not None:
            shot, event = landed
            self._announcer.tell(events=[event])
            self._replace(shot)
        elif self._work.operation.type is OperationType.STORY_CREATE:
            # The shot was edited while its first picture was made: that picture is obsolete, plan on what it says now.
            self._work = replace(self._work, shots=await self._reload())
        else:
            # A film shows the shots as they were when it started; the edit makes it stale, not different.
            before = next(shot for shot in self._work.shots if shot.id == change.shot_id)
            self._replace(merged(before, change))

    def _replace(self, shot: Shot) -> None:
        shots = tuple(shot if other.id == shot.id else other for other in self._work.shots)
        self._work = replace(self._work, shots=shots)

    # -- making ------------------------------------------------------------------------------------------------------------

    def _start(self, plan: Plan, running: dict[asyncio.Task[Artifact], Step]) -> None:
        under_way = {step.key for step in running.values()}
        for step in plan.steps:
            if step.key not in under_way:
                running[asyncio.create_task(self._make(step))] = step

    async def _collect(
        self, done: set[asyncio.Task[Artifact]], running: dict[asyncio.Task[Artifact], Step]
    ) -> FailedPrecondition | None:
        """Take in ended steps; the error by which one says that its engine has changed, and the plan must be made anew."""
        changed = None
        for task in done:
            step = running.pop(task)
            try:
                self._made[step.key] = task.result()
            except FailedPrecondition as error:
                if error.reason != "ENGINE_CHANGED":
                    raise
                changed = error
            except StoryreelError as error:
                if error.retryable and running:
                    # A retry will come: let the others finish, so that it need not make them again.
                    await asyncio.wait(running)
                raise
        return changed

    async def _make(self, step: Step) -> Artifact:
        async with self._gates[step.request.service]:
            self.meter.started(step)
            await self._tell("step_started", step)
            try:
                with metrics.STEP_SECONDS.labels(step.kind).time():
                    async with Growth(self._grow) as growth:
                        artifact = await self._models.make(
                            step.request,
                            step.key,
                            on_progress=lambda progress: self._on_progress(step, progress, growth),
                            tenant=str(self._claim.user_id),
                        )
                    artifact = await self._store.save_artifact(self._claim, artifact)
                remarks = Remarks.of(artifact.meta).to_json()
                await self._tell("step_finished", step, seconds=artifact.seconds, engine=artifact.engine.name, **remarks)
            except StoryreelError as error:
                if error.kind != "lease_lost":
                    await self._tell("step_failed", step, reason=error.reason, retryable=error.retryable)
                raise
            finally:
                self.meter.ended(step)
            return artifact

    async def _tell(self, kind: str, step: Step, **facts: object) -> None:
        shot_id = str(step.shot_id) if step.shot_id else None
        data = {"step": step.kind, "shot_id": shot_id, "key": step.key, **facts}
        self._announcer.tell(events=[await self._store.append_event(self._claim, kind, data)])

    async def _grow(self, part: Storyboard) -> None:
        event = await self._store.grow_storyboard(self._claim, part, pipeline.seeds(self._work.story, part))
        if event is not None:
            self._announcer.tell(events=[event])

    def _on_progress(self, step: Step, progress: Progress, growth: Growth) -> None:
        if progress.board is not None:
            growth.offer(progress.board)
        self.meter.advanced(step, progress)
        now = time.monotonic()
        if now - self._shown < self._progress_seconds:
            return
        self._shown = now
        operation = self._work.operation
        data = {"progress": round(self.meter.fraction, 4), "stage": self.meter.stage, "steps": self.meter.steps()}
        event = OperationEvent(operation.id, operation.user_id, operation.story_id, 0, datetime.now(UTC), "progress", data)
        self._announcer.tell(events=[event])
