"""Everything that can happen has a way to be shown: each state, each error, each kind of file."""

import pytest

from services.core.errors import BY_KIND
from services.core.lifecycle import TERMINAL
from services.core.model import AssetType, Failure, Language, OperationStatus, OperationType, ShotStatus, StoryStatus
from services.core.steps import StepStatus
from services.gateway import codes
from services.gateway.codes import STATUS_BY_KIND, STATUS_BY_REASON
from services.gateway.dialects.stories import names, render
from services.gateway.problems import CHINESE_TITLES
from services.gateway.rpc import render as rpc
from tests import builders
from tests.builders import NOW


@pytest.mark.parametrize("status", OperationStatus)
@pytest.mark.parametrize("kind", OperationType)
def test_every_operation_can_be_shown(kind: OperationType, status: OperationStatus) -> None:
    failure = Failure("engine_failed", "ENGINE_FAILED", "broken") if status is OperationStatus.FAILED else None
    row = builders.operation(builders.story(), kind, status=status, failure=failure)
    shown = render.operation(row).model_dump(exclude_unset=True)
    assert (shown["status"], shown["metadata"]["status"]) == (status, status)
    assert ("response" in shown) == (status is OperationStatus.SUCCEEDED)
    assert ("error" in shown) == (status in {OperationStatus.FAILED, OperationStatus.CANCELLED})


@pytest.mark.parametrize("status", OperationStatus)
@pytest.mark.parametrize("kind", OperationType)
def test_every_operation_can_be_sent_as_a_message(kind: OperationType, status: OperationStatus) -> None:
    failure = Failure("engine_failed", "ENGINE_FAILED", "broken") if status is OperationStatus.FAILED else None
    row = builders.operation(
        builders.story(), kind, status=status, failure=failure, finished_at=NOW if status in TERMINAL else None
    )
    shown = rpc.operation(row)
    result = {OperationStatus.SUCCEEDED: "response", OperationStatus.FAILED: "error", OperationStatus.CANCELLED: "error"}
    assert (shown.done, shown.WhichOneof("result")) == (status in result, result.get(status))


def test_every_state_has_a_number_of_its_own() -> None:
    for numbers, states in (
        (rpc.TYPES, OperationType),
        (rpc.STATES, OperationStatus),
        (rpc.STEP_STATES, StepStatus),
        (rpc.STORY_STATES, StoryStatus),
        (rpc.SHOT_STATES, ShotStatus),
    ):
        assert set(numbers) == set(states)
        assert len(set(numbers.values()) - {0}) == len(states)


def test_an_operation_that_its_deadline_stopped_says_so() -> None:
    changes = {"status": OperationStatus.CANCELLED, "deadline_at": NOW, "cancel_requested_at": NOW, "finished_at": NOW}
    row = builders.operation(builders.story(), OperationType.STORY_CREATE, **changes)
    error = render.operation(row, Language.ZH).error
    assert error is not None
    assert (error.code, error.details[0].reason, "Cancel-After" in error.message) == (4, "DEADLINE_EXCEEDED", True)
    assert rpc.operation(row).error.code == 4


@pytest.mark.parametrize("status", StoryStatus)
def test_every_story_can_be_shown(status: StoryStatus) -> None:
    assert render.story(builders.story(status=status)).status == status


@pytest.mark.parametrize("status", ShotStatus)
def test_every_shot_can_be_shown(status: ShotStatus) -> None:
    assert render.shot(builders.shot(builders.story(), status=status)).status == status


@pytest.mark.parametrize("kind", BY_KIND)
def test_every_error_has_a_status_and_a_code(kind: str) -> None:
    assert STATUS_BY_KIND[kind] in CHINESE_TITLES
    assert 1 <= codes.RPC_CODES[kind] <= 16


def test_every_status_has_a_chinese_title() -> None:
    assert set(STATUS_BY_REASON.values()) <= set(CHINESE_TITLES)


@pytest.mark.parametrize("asset_type", [asset_type for asset_type in AssetType if asset_type is not AssetType.TEXT])
@pytest.mark.parametrize("number", [None, 7])
def test_every_file_is_found_under_its_own_name(asset_type: AssetType, number: int | None) -> None:
    shot = builders.shot(builders.story())
    url = names.shot_url(shot.story_id, shot.id, asset_type, number)
    assert names.parse(url.removeprefix(names.PREFIX)) == names.ShotFile(shot.story_id, shot.id, asset_type, number)


def test_a_failure_of_an_older_release_is_shown_as_it_was_worded() -> None:
    for reason in ("RETIRED_REASON", "MODEL_UNAVAILABLE"):
        failure = Failure("unavailable", reason, "as it was", params={})
        row = builders.operation(builders.story(), OperationType.STORY_CREATE, status=OperationStatus.FAILED, failure=failure)
        assert render.operation(row, Language.EN).error_msg == "as it was"
