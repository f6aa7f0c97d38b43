"""A worker whose attempts have nothing to make: what is left of an operation is what the engine of operations costs.

Claim, lease, end, events and announcements are the worker's own; only `Attempt` is another one.
"""

import contextlib

import uvloop

from services.core.model import Film
from services.story_worker import __main__ as worker
from services.story_worker import runner
from services.story_worker.attempt import Attempt


class NothingToMake(Attempt):
    """Returns at once."""

    async def run(self) -> Film | None:
        return None


def main() -> None:
    """One worker, as `python -m services.story_worker` is one."""
    vars(runner)["Attempt"] = NothingToMake  # the one part of the worker that is not measured
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(worker.main())


if __name__ == "__main__":
    main()
