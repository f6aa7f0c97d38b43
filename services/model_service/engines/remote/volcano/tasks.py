"""One job at Volcano Engine: submitted once, and asked after until it has ended."""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.core.errors import ContentViolation, EngineFailed, StoryreelError, Unavailable
from services.model_service.engine import Job
from services.model_service.engines.remote import refusals
from services.model_service.engines.remote.peer import Session
from services.model_service.engines.remote.polling import until_done
from services.model_service.engines.remote.submissions import Submission
from services.model_service.engines.remote.volcano import api

_UNDER_WAY = frozenset(("in_queue", "processing", "generating"))
_GONE = frozenset(("not_found", "expired"))
_PATIENCE = 3
"""How often in a row a job may be unknown, or broken, before that is believed."""
_WAITING, _MADE = 0.05, 0.85


class Task:
    """A job that `job` waits for. `expected` seconds of work are assumed for its progress, which the API does not tell."""

    def __init__(
        self, name: str, job: Job, *, seconds: float, expected: float, resubmit_unknown: bool, actions: api.Actions = api.ACTIONS
    ) -> None:
        """It is given up after `seconds`; a later attempt finds its id in the notes, and asks on."""
        self._name = name
        self._job = job
        self._seconds = seconds
        self._expected = expected
        self._actions = actions
        self._submission = Submission(job.notes, name, resubmit_unknown=resubmit_unknown)
        self._doubts = 0
        self._begun = 0.0

    async def made(self, session: Session, body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The job's id, and its result's `data`.

        Raises ContentViolation, Unavailable PEER_JOB_FAILED, DeadlineExceeded PEER_TIMEOUT; and what `Submission` and `Session` do.
        """
        found = await self._submission.id(lambda: api.submitted(session, self._name, self._actions.submit, body))
        req_key = str(body["req_key"])

        async def ask() -> Mapping[str, Any] | None:
            return await self._asked(session, req_key, found)

        return found, await until_done(ask, name=self._name, seconds=self._seconds)

    async def video(self, session: Session, found: str, data: Mapping[str, Any], to: Path) -> None:
        """Download its video. Raises as `fetch` does, and EngineFailed PEER_UNEXPECTED where there is none."""
        url = data.get("video_url")
        if not isinstance(url, str) or not url:
            await self.over()
            raise refusals.unexpected(self._name, "data.video_url", data)
        await self.fetch(session, found, url, to)

    async def fetch(self, session: Session, found: str, url: str, to: Path, largest: int | None = None) -> None:
        """Download what it made, which is there for an hour; asked again later, the provider gives a new address.

        Raises Unavailable PEER_JOB_FAILED where the address is good no more, and what `Session.download` does.
        """
        try:
            await session.download(url, to, largest)
        except EngineFailed as error:
            if error.reason not in ("PEER_REFUSED", "PEER_UNAUTHORIZED"):
                raise
            problem = f"what it made cannot be fetched ({error})"
            raise Unavailable("PEER_JOB_FAILED", engine=self._name, id=found, problem=problem) from error

    async def over(self) -> None:
        """Its result is of no use: another attempt may submit a new one."""
        await self._submission.over()

    async def _asked(self, session: Session, req_key: str, found: str) -> Mapping[str, Any] | None:
        try:
            data = await api.result(session, self._name, self._actions.result, req_key, found)
        except api.Broken as error:
            await self._doubt(found, error)
            return None
        except (ContentViolation, EngineFailed) as error:
            if error.reason in ("CONTENT_VIOLATION", "PEER_REFUSED"):
                await self._submission.over()
            raise
        status = data.get("status")
        if status in _GONE:
            await self._doubt(found, f"the provider says {status}")
            return None
        self._doubts = 0
        if status in _UNDER_WAY:
            self._report(str(status))
            return None
        if status == "done":
            return data
        raise refusals.unexpected(self._name, "a known status", data)

    async def _doubt(self, found: str, problem: StoryreelError | str) -> None:
        """The job seems lost. The provider's copies may not agree yet: it is believed once it was said several times in a row."""
        self._doubts += 1
        if self._doubts >= _PATIENCE:
            await self._submission.over()
            raise Unavailable("PEER_JOB_FAILED", engine=self._name, id=found, problem=str(problem))

    def _report(self, status: str) -> None:
        if status != "generating":
            self._job.progress(_WAITING, status)
            return
        self._begun = self._begun or time.monotonic()
        done = 1 - math.exp(-(time.monotonic() - self._begun) / self._expected)
        self._job.progress(_WAITING + (_MADE - _WAITING) * done, status)
