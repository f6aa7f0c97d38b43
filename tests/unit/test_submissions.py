"""A paid job: noted before it is sent, its id right after, and never sent twice."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.core.errors import EngineFailed, ResourceExhausted, StoryreelError, Unavailable
from services.model_service.engines.remote.peer import Unanswered
from services.model_service.engines.remote.submissions import Submission
from tests.fixtures.engine_job import KeptNotes


def states(notes: KeptNotes) -> list[str]:
    return [written["jimeng"]["state"] for written in notes.written]


def sends(result: str | Exception) -> tuple[list[int], Callable[[], Awaitable[str]]]:
    sent: list[int] = []

    async def submit() -> str:
        sent.append(1)
        if isinstance(result, Exception):
            raise result
        return result

    return sent, submit


async def test_it_is_noted_before_it_is_sent_and_its_id_right_after() -> None:
    notes = KeptNotes()
    before: list[list[str]] = []

    async def submit() -> str:
        before.append(states(notes))
        return "task-1"

    assert await Submission(notes, "jimeng").id(submit) == "task-1"
    assert before == [["sending"]]
    assert notes.written[-1]["jimeng"]["id"] == "task-1"


async def test_a_known_job_is_not_sent_again() -> None:
    notes = KeptNotes()
    await Submission(notes, "jimeng").id(sends("task-1")[1])
    sent, submit = sends("task-2")
    assert await Submission(notes, "jimeng").id(submit) == "task-1"
    assert not sent


async def test_a_lost_answer_is_in_doubt_for_good() -> None:
    notes = KeptNotes()
    lost = Unanswered("gone")
    for result in (lost, "task-2"):
        sent, submit = sends(result)
        with pytest.raises(EngineFailed) as caught:
            await Submission(notes, "jimeng").id(submit)
        assert caught.value.reason == "SUBMISSION_UNKNOWN"
        assert not caught.value.retryable
        assert len(sent) == (1 if result is lost else 0)


async def test_the_settings_may_say_to_send_again() -> None:
    notes = KeptNotes({"jimeng": {"state": "sending", "at": "2026-01-01T00:00:00+00:00"}})
    assert await Submission(notes, "jimeng", resubmit_unknown=True).id(sends("task-2")[1]) == "task-2"


@pytest.mark.parametrize(
    "refusal",
    [
        ResourceExhausted("PEER_BUSY", engine="jimeng", problem="quota"),
        Unavailable("PEER_UNREACHABLE", engine="jimeng", host="h", problem="p"),
        EngineFailed("PEER_REFUSED", engine="jimeng", status=400, problem="no"),
    ],
)
async def test_what_was_not_taken_may_be_sent_again(refusal: StoryreelError) -> None:
    notes = KeptNotes()
    with pytest.raises(type(refusal)):
        await Submission(notes, "jimeng").id(sends(refusal)[1])
    assert await Submission(notes, "jimeng").id(sends("task-2")[1]) == "task-2"


async def test_an_answer_without_an_id_is_in_doubt() -> None:
    notes = KeptNotes()
    with pytest.raises(EngineFailed, match="without id"):
        await Submission(notes, "jimeng").id(sends(EngineFailed("PEER_UNEXPECTED", engine="jimeng", wanted="id", excerpt="{}"))[1])
    with pytest.raises(EngineFailed) as caught:
        await Submission(notes, "jimeng").id(sends("task-2")[1])
    assert caught.value.reason == "SUBMISSION_UNKNOWN"


async def test_a_cancel_while_it_is_sent_does_not_lose_the_id() -> None:
    notes, taken, released = KeptNotes(), asyncio.Event(), asyncio.Event()

    async def submit() -> str:
        taken.set()
        await released.wait()
        return "task-1"

    asking = asyncio.create_task(Submission(notes, "jimeng").id(submit))
    await taken.wait()
    asking.cancel()
    released.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert notes.written[-1]["jimeng"] | {"at": ""} == {"state": "submitted", "id": "task-1", "at": ""}


@pytest.mark.parametrize("answer", [b"\x00sound", {"data": [{"url": "/made.png"}]}])
async def test_an_answer_is_noted_and_given_again(answer: Any) -> None:
    notes = KeptNotes()
    calls: list[list[str]] = []

    async def call() -> Any:
        calls.append(states(notes))
        return answer

    assert await Submission(notes, "jimeng").answer(call, lambda found: found) == answer
    stored = KeptNotes(json.loads(json.dumps(notes.written[-1])))
    assert await Submission(stored, "jimeng").answer(call, lambda found: found) == answer
    assert calls == [["sending"]]


async def test_an_answer_of_no_use_is_over_and_may_be_asked_for_again() -> None:
    notes = KeptNotes()

    def refuse(_: str) -> str:
        raise Unavailable("PEER_UNREADABLE", engine="jimeng", content_type="t", excerpt="e")

    with pytest.raises(Unavailable):
        await Submission(notes, "jimeng").answer(sends("page")[1], refuse)
    assert states(notes) == ["sending", "over"]
    assert await Submission(notes, "jimeng").answer(sends("picture")[1], str.upper) == "PICTURE"


async def test_an_answer_that_was_lost_is_in_doubt_as_a_job_is() -> None:
    notes = KeptNotes({"jimeng": {"state": "sending", "at": "2026-01-01T00:00:00+00:00"}})
    sent, call = sends("picture")
    with pytest.raises(EngineFailed) as caught:
        await Submission(notes, "jimeng").answer(call, str.upper)
    assert caught.value.reason == "SUBMISSION_UNKNOWN"
    assert not sent
    assert await Submission(notes, "jimeng", resubmit_unknown=True).answer(call, str.upper) == "PICTURE"


async def test_a_job_that_is_over_may_be_sent_again_and_providers_do_not_mix() -> None:
    notes = KeptNotes()
    first, other = Submission(notes, "jimeng"), Submission(notes, "sora")
    assert (await first.id(sends("a")[1]), await other.id(sends("b")[1])) == ("a", "b")
    await first.over()
    assert (await first.id(sends("c")[1]), await other.id(sends("d")[1])) == ("c", "b")
