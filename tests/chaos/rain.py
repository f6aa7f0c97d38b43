"""Lets a plan rain on a stack."""

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from tests.chaos.faults import Fault, Kind
from tests.chaos.injector import Injected, Injector
from tests.chaos.quiet import answering, busy, taken_up, whole
from tests.chaos.stack import WORKERS, Spec


async def rain(spec: Spec, injector: Injector, faults: Sequence[Fault], *, start: float, quiet: float) -> list[Injected]:
    """The plan, in the order of its faults. What a fault alone has taken longer than planned puts off all that follow.

    `start` is how many seconds the stack may take to be whole, and `quiet` how many the plan leaves behind a fault alone.
    """
    began = time.monotonic()
    injected = []
    for fault in faults:
        await asyncio.sleep(began + fault.at - time.monotonic())
        if not fault.alone:
            injected.append(await injector.inject(fault))
        else:
            calm = time.monotonic()
            await whole(spec, start)
            if fault.kind is Kind.RESTART:
                await _nothing_of_before(spec, 3 * quiet)
            if fault.part in WORKERS:
                with suppress(TimeoutError):
                    await busy(spec, fault.part, 2 * quiet)
            began += time.monotonic() - calm
            injected.append(await injector.inject(fault))
            struck = time.monotonic()
            with suppress(TimeoutError):  # the report says how long it took in the end
                await taken_up(spec, fault.part, injected[-1].began, 6 * quiet)
            began += max(0.0, time.monotonic() - struck - quiet)
        say(f"{time.monotonic() - began:6.1f}  {fault}" + (f" ({injected[-1].note})" if injected[-1].note else ""))
    return injected


@asynccontextmanager
async def crashing(spec: Spec, injector: Injector, *, every: float, seed: int) -> AsyncIterator[list[Injected]]:
    """Kill Postgres about every `every` seconds, whatever the plan does meanwhile, until the block ends; 0 for never.

    What is yielded grows. Each crash is over when Postgres answers again.
    """
    crashes: list[Injected] = []
    if every <= 0:
        yield crashes
        return
    task = asyncio.create_task(_crash(spec, injector, random.Random(seed), every, crashes))
    try:
        yield crashes
        if task.done():
            await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _crash(spec: Spec, injector: Injector, chance: random.Random, every: float, crashes: list[Injected]) -> None:
    began = time.monotonic()
    while True:
        await asyncio.sleep(every * chance.uniform(0.5, 1.5))
        fault = Fault(-1 - len(crashes), Kind.KILL, "postgres", time.monotonic() - began, 0.0)
        crash = await injector.inject(fault)
        crashes.append(crash)
        with suppress(TimeoutError):
            await answering(spec, every)
        crashes[-1] = replace(crash, ended=time.time())
        say(f"        {fault}, every {every:.0f} s" + (f" ({crash.note})" if crash.note else ""))


async def _nothing_of_before(spec: Spec, seconds: float) -> None:
    """Returns when all attempts began in the stack that is whole now: what an earlier fault has done is over."""
    now = time.time()
    with suppress(TimeoutError):  # what waits behind a paused creation has no attempt to lose
        for worker in WORKERS:
            await taken_up(spec, worker, now, seconds)


def say(line: str) -> None:
    """To whoever watches."""
    sys.stderr.write(f"{line}\n")
