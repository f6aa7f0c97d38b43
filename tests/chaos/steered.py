"""What a bulk request was said to have done, against the timelines."""

from collections.abc import Iterator

from services.core.model import OperationId
from tests.chaos.history import History
from tests.invariants import ENDS, LEADS_OUT_OF_AN_END, Snapshot, Violation

_DONE_BY = {"cancel": ENDS | {"cancel_requested"}, "retry": frozenset({LEADS_OUT_OF_AN_END})}


def steered(rows: Snapshot, history: History) -> Iterator[Violation]:
    """By its answer each operation that it meant had ended or been asked to stop, or was wanted again."""
    for each in history.steered:
        for operation in each.operations:
            events = rows.events.get(OperationId(operation))
            if events is None:
                continue
            if not any(event.kind in _DONE_BY[each.verb] and event.at.timestamp() <= each.at for event in events):
                yield Violation("missed_by_a_bulk_request", operation, f":{each.verb} of all was answered")
