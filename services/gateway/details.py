"""What an operation's own row does not say: what it may expect, and how its steps stand."""

from dataclasses import dataclass

from services.core.model import Operation
from services.core.ports import Outlook, OwnerStore
from services.core.steps import StepState, steps

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Details:
    outlook: Outlook
    steps: tuple[StepState, ...]


async def details(store: OwnerStore, operation: Operation) -> Details:
    """Read what belongs to `operation`, which was just read. Raises NotFound when it is gone since."""
    timeline = list(await store.events(operation.user_id, operation.id, limit=_PAGE))
    while timeline and len(timeline) % _PAGE == 0:
        more = await store.events(operation.user_id, operation.id, after=timeline[-1].seq, limit=_PAGE)
        if not more:
            break
        timeline += more
    found = {} if operation.done else await store.outlook(operation.user_id, (operation.id,))
    return Details(found.get(operation.id, Outlook()), steps(operation, timeline))
