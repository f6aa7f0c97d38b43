"""Whether the gateway's parts can be used: all asked at once, none waited for longer than the time-out."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from services.core.errors import StoryreelError, Unavailable
from services.core.model import Language

Check = Callable[[], Awaitable[None]]
"""Returns when the part can be used, and raises a StoryreelError otherwise."""


@dataclass(frozen=True, slots=True)
class PartState:
    """`problem` is empty for a part that works. `required` parts decide whether the gateway is ready."""

    name: str
    required: bool
    problem: StoryreelError | None

    def message(self, language: Language) -> str:
        return self.problem.message(language) if self.problem else ""


class Readiness:
    def __init__(self, checks: Mapping[str, Check], required: Collection[str], *, timeout: float = 1.0) -> None:
        unchecked = sorted(set(required) - set(checks))
        if unchecked:
            raise ValueError(f"no check for the required parts {', '.join(unchecked)}")
        self._checks = dict(checks)
        self._required = frozenset(required)
        self._timeout = timeout

    async def parts(self) -> tuple[PartState, ...]:
        """The state of every part, in the order of the checks."""
        problems = await asyncio.gather(*(self._problem(check) for check in self._checks.values()))
        return tuple(PartState(name, name in self._required, problem) for name, problem in zip(self._checks, problems, strict=True))

    async def _problem(self, check: Check) -> StoryreelError | None:
        try:
            async with asyncio.timeout(self._timeout):
                await check()
        except StoryreelError as error:
            return error
        except TimeoutError:
            return Unavailable("PART_SILENT", seconds=self._timeout)
        return None


def enough_workers(live_workers: Callable[[float], Awaitable[int]], *, within: float) -> Check:
    """A check that at least one worker has beaten within the last `within` seconds."""

    async def check() -> None:
        if await live_workers(within) < 1:
            raise Unavailable("NO_WORKERS", seconds=within)

    return check
