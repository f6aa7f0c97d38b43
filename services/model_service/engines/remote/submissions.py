"""Paid jobs at a provider: each is noted before it is sent, and its provider's id right after.

After a crash, a note with an id is polled, and an answer that was noted is used. One that says neither means that nobody knows
whether the provider works on it and charges for it: it is not sent again unless the settings say so. Notes are forgotten once
what was made is stored.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import structlog

from services.core.errors import EngineFailed, StoryreelError
from services.model_service.engine import Notes
from services.model_service.engines.remote.peer import Unanswered

_log = structlog.get_logger(__name__)

A = TypeVar("A")
T = TypeVar("T")

_NOT_TAKEN = frozenset(
    ("PEER_REFUSED", "PEER_UNAUTHORIZED", "PEER_REDIRECTED", "PEER_BUSY", "PEER_ERROR", "PEER_UNREACHABLE", "CONTENT_VIOLATION")
)
"""Why a provider has not taken a job. After any other reason (an answer without an id, say) nobody knows."""

Submit = Callable[[], Awaitable[str]]


class Submission:
    """One generation's paid job at one provider."""

    def __init__(self, notes: Notes, provider: str, *, resubmit_unknown: bool = False) -> None:
        self._notes = notes
        self._provider = provider
        self._resubmit_unknown = resubmit_unknown

    async def id(self, submit: Submit) -> str:
        """The provider's id of the job: the noted one, or that of a job which `submit` sends now.

        Cancelled while it is being sent, it still waits for the answer, so that nothing is left in doubt. Raises EngineFailed
        SUBMISSION_UNKNOWN when one was sent and its answer never came; and what `submit` raises.
        """
        noted = await self._noted()
        if noted.get("state") == "submitted":
            return str(noted["id"])
        self._refuse_what_is_in_doubt(noted)
        return await _even_if_cancelled(self._submitted(submit))

    async def answer(self, call: Callable[[], Awaitable[A]], use: Callable[[A], T]) -> T:
        """What `use` takes from the answer of a paid call that answers at once, without a job that could be polled.

        It is bytes or JSON, and noted itself: a later attempt is given it until it is `over`. What `use` refuses, in a thread, is
        over at once. Raises as `id` does, and what `use` raises.
        """
        noted = await self._noted()
        if noted.get("state") == "answered":
            return cast("T", base64.b64decode(noted["bytes"]) if "bytes" in noted else noted["answer"])
        self._refuse_what_is_in_doubt(noted)
        return await _even_if_cancelled(self._answered(call, use))

    async def over(self) -> None:
        """Forget it: the provider has ended it without a result, and another attempt may send a new one."""
        await self._note("over")

    def _refuse_what_is_in_doubt(self, noted: Mapping[str, Any]) -> None:
        if noted.get("state") == "sending" and not self._resubmit_unknown:
            raise EngineFailed("SUBMISSION_UNKNOWN", engine=self._provider, at=noted.get("at", ""))

    async def _submitted(self, submit: Submit) -> str:
        found = await self._sent(submit)
        await self._note("submitted", id=found)
        _log.info("a job is submitted", provider=self._provider, id=found)
        return found

    async def _answered(self, call: Callable[[], Awaitable[A]], use: Callable[[A], T]) -> T:
        answer = await self._sent(call)
        try:
            found = await asyncio.to_thread(use, answer)
        except StoryreelError:
            await self.over()
            raise
        kept = {"bytes": base64.b64encode(found).decode("ascii")} if isinstance(found, bytes) else {"answer": found}
        await self._note("answered", **kept)
        return found

    async def _sent(self, call: Callable[[], Awaitable[T]]) -> T:
        await self._note("sending")
        try:
            return await call()
        except Unanswered as error:
            _log.warning("nobody knows whether a paid request was taken", provider=self._provider, problem=str(error))
            raise EngineFailed("SUBMISSION_UNKNOWN", engine=self._provider, at=_now()) from error
        except StoryreelError as error:
            if error.reason in _NOT_TAKEN:
                await self._note("over")
            raise

    async def _noted(self) -> Mapping[str, Any]:
        notes = await self._notes.read() or {}
        noted: Mapping[str, Any] = notes.get(self._provider) or {}
        return noted

    async def _note(self, state: str, **facts: Any) -> None:
        notes = dict(await self._notes.read() or {})
        notes[self._provider] = {"state": state, "at": _now(), **facts}
        await self._notes.write(notes)


async def _even_if_cancelled(work: Coroutine[Any, Any, T]) -> T:
    sending = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(sending)
    except asyncio.CancelledError:
        await asyncio.wait([sending])
        raise


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
