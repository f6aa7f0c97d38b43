"""One generation a key, however many wait for it.

A generation belongs to nobody: callers attach to it and leave it. While one is attached it goes on; when the last has left
it lingers, so that a caller with a broken connection finds it again, and then it is stopped. All of it lives on one event
loop, and nothing here awaits between looking and acting, so that two callers of one key can never start two.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from services.adapters.wire.updates import Result, Update
from services.core.errors import Cancelled
from services.core.model import Key, Storyboard
from services.core.ports import Progress

_ABANDON_PATIENCE = 0.5
"""Seconds that an abandon waits for calls that are just being cancelled to leave."""


class Generation:
    """Something being made under `key`.

    The work may be interrupted until it says `engine_begins`; from then on a stop is the engine's to notice, through
    `stop_engine`, and what the engine has finished is recorded whoever is left to wait for it.
    """

    def __init__(self, key: Key) -> None:
        self.key = key
        self.deserted = asyncio.Event()
        self.subscriptions: set[Subscription] = set()
        self.latest: Progress | None = None
        self._task: asyncio.Task[Result] | None = None
        self._stop_engine: Callable[[], None] | None = None

    @property
    def task(self) -> asyncio.Task[Result]:
        if self._task is None:
            raise RuntimeError("the generation has not begun")
        return self._task

    def begin(self, work: Coroutine[Any, Any, Result]) -> None:
        self._task = asyncio.get_running_loop().create_task(work, name=f"generation {self.key[:12]}")
        self._task.add_done_callback(self._ended)

    def engine_begins(self, stop_engine: Callable[[], None]) -> None:
        self._stop_engine = stop_engine

    def report(self, progress: Progress) -> None:
        """Show progress to all who are attached. What is written of a storyboard stays in it until more of it is."""
        if progress.board is None and self.latest is not None:
            progress = replace(progress, board=self.latest.board)
        self.latest = progress
        for subscription in self.subscriptions:
            subscription.changed.set()

    def stop(self) -> None:
        if self._stop_engine is None:
            self.task.cancel()
        else:
            self._stop_engine()

    def _ended(self, task: asyncio.Task[Result]) -> None:
        if not task.cancelled():
            task.exception()  # seen, even when everybody has left
        for subscription in self.subscriptions:
            subscription.changed.set()


class Subscription:
    """One caller's hold on a generation: `with` it, and read its updates."""

    def __init__(self, flights: "Flights", generation: Generation, *, attached: bool) -> None:
        self.attached = attached
        self.changed = asyncio.Event()
        self._flights = flights
        self._generation = generation

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._flights.leave(self._generation, self)

    async def updates(self) -> AsyncIterator[Update]:
        """The newest progress whenever there is a newer one, then the result. Raises what the generation raised.

        A storyboard's part is told once, with the first progress since it was written.
        """
        seen: Progress | None = None
        board: Storyboard | None = None
        while True:
            self.changed.clear()
            done = self._generation.task.done()
            newest = self._generation.latest
            if newest is not None and newest is not seen:
                fresh = newest.board is not board
                seen, board = newest, newest.board
                yield newest if fresh else replace(newest, board=None)
            if done:
                break
            await self.changed.wait()
        if self._generation.task.cancelled():
            raise Cancelled("CANCELLED")
        yield self._generation.task.result()


class Flights:
    """The generations under way, by key."""

    def __init__(self, linger: float) -> None:
        self._linger = linger
        self._flights: dict[Key, Generation] = {}
        self._all: set[asyncio.Task[Result]] = set()
        self._timers: dict[Key, asyncio.TimerHandle] = {}

    def join(self, key: Key, work: Callable[[Generation], Coroutine[Any, Any, Result]]) -> Subscription:
        """Attach to the generation under `key`, or start one with `work`."""
        generation = self._flights.get(key)
        attached = generation is not None
        if generation is None:
            generation = Generation(key)
            generation.begin(work(generation))
            self._flights[key] = generation
            self._all.add(generation.task)
            generation.task.add_done_callback(lambda task: self._forget(generation, task))
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        subscription = Subscription(self, generation, attached=attached)
        generation.subscriptions.add(subscription)
        generation.deserted.clear()
        return subscription

    def leave(self, generation: Generation, subscription: Subscription) -> None:
        generation.subscriptions.discard(subscription)
        if generation.subscriptions:
            return
        generation.deserted.set()
        if self._flights.get(generation.key) is generation:
            loop = asyncio.get_running_loop()
            self._timers[generation.key] = loop.call_later(self._linger, self._stop, generation)

    async def abandon(self, key: Key) -> bool:
        """Stop the generation under `key` unless somebody is, and stays, attached. Whether one was stopped."""
        generation = self._flights.get(key)
        if generation is None:
            return False
        try:
            # A caller that cancels its call and abandons at once may be heard in either order.
            await asyncio.wait_for(generation.deserted.wait(), _ABANDON_PATIENCE)
        except TimeoutError:
            return False
        if generation.subscriptions or self._flights.get(key) is not generation:
            return False
        self._stop(generation)
        return True

    async def close(self) -> None:
        """Stop everything, and return when it has ended."""
        for generation in list(self._flights.values()):
            self._stop(generation)
        if self._all:
            await asyncio.wait(self._all)

    def _stop(self, generation: Generation) -> None:
        # A caller that comes now must not attach to what is ending: the key is free at once.
        self._release(generation)
        generation.stop()

    def _forget(self, generation: Generation, task: asyncio.Task[Result]) -> None:
        self._all.discard(task)
        self._release(generation)

    def _release(self, generation: Generation) -> None:
        if self._flights.get(generation.key) is generation:
            del self._flights[generation.key]
            timer = self._timers.pop(generation.key, None)
            if timer is not None:
                timer.cancel()
