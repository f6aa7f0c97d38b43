"""Serves calls that come at once by one statement or transaction: a commit for several costs what one costs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from services.core.errors import Unavailable

A = TypeVar("A")
B = TypeVar("B")

_MOST = 64


class Together(Generic[A, B]):
    """While one batch is under way, the calls that come gather for the next; a lone call is served at once.

    `serve` answers for each member, in order: its result, or the error that it alone is to see. Where it raises instead, each
    member is served alone, so that a poisoned one fails alone; but not where the database is away, which all of them hear of.
    """

    def __init__(self, serve: Callable[[Sequence[A]], Awaitable[Sequence[B | Exception]]]) -> None:
        self._serve = serve
        self._waiting: list[tuple[A, asyncio.Future[B]]] = []
        self._serving: asyncio.Task[None] | None = None

    async def __call__(self, member: A) -> B:
        answer: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        self._waiting.append((member, answer))
        if self._serving is None:
            self._serving = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._answer([(member, answer) for member, answer in batch if not answer.done()])
        finally:
            self._serving = None

    async def _answer(self, batch: Sequence[tuple[A, asyncio.Future[B]]]) -> None:
        try:
            results = await self._serve([member for member, _ in batch]) if batch else []
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is raised by the call of each whom it concerns
            if len(batch) > 1 and not isinstance(error, Unavailable):
                for each in batch:
                    await self._answer([each])
                return
            results = [error] * len(batch)
        for (_, answer), result in zip(batch, results, strict=True):
            if answer.done():
                continue  # its caller was cancelled meanwhile
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)
