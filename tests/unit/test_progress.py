"""The meter that a running operation's progress is read from."""

from typing import get_args

from services.core import pipeline
from services.core.ledger import Plan
from services.core.model import OperationType
from services.core.ports import Progress, Work
from services.core.requests import Request
from services.core.vocabulary import Style
from services.story_worker.progress import STAGES, Meter
from tests import builders


def first_plan() -> Plan:
    story = builders.story(style=Style.MOVIE.value)
    work = Work(builders.operation(story, OperationType.VIDEO_RENDER), story, tuple(builders.shot(story, n) for n in (1, 2)))
    return pipeline.plan(work, builders.ENGINES, {})


def test_progress_grows_with_each_step_and_never_goes_back() -> None:
    plan = first_plan()
    meter = Meter()
    meter.planned(plan)
    seen = [meter.fraction]
    for step in plan.steps:
        meter.started(step)
        meter.advanced(step, Progress(0.5))
        seen.append(meter.fraction)
    assert seen == sorted(set(seen))
    reached = meter.fraction
    meter.planned(Plan(steps=plan.steps, waiting=40))
    assert meter.fraction == reached
    assert meter.fraction < 1


def test_the_stage_is_the_earliest_that_runs() -> None:
    plan = first_plan()
    meter = Meter()
    meter.planned(plan)
    for step in reversed(plan.steps):
        meter.started(step)
    assert meter.stage == "pictures"
    assert {fact["kind"] for fact in meter.steps()} == {"keyframe", "speech"}
    for step in plan.steps:
        if step.kind == "keyframe":
            meter.ended(step)
    meter.advanced(plan.steps[-1], Progress(1.0))
    assert meter.stage == "voices"


def test_a_late_report_of_an_ended_step_changes_nothing() -> None:
    plan = first_plan()
    meter = Meter()
    meter.planned(plan)
    before = meter.fraction
    meter.advanced(plan.steps[0], Progress(1.0))
    assert meter.fraction == before


def test_every_kind_of_step_has_a_stage() -> None:
    assert set(STAGES) == {request.kind for request in get_args(Request)}
