"""Why an operation failed or was cancelled, worded for whoever asks."""

from services.core import texts
from services.core.model import Failure, Language, Operation, OperationStatus

_CANCELLED = Failure("cancelled", "CANCELLED", texts.render("CANCELLED", Language.EN, {}))
_TOO_LATE = Failure("deadline_exceeded", "DEADLINE_EXCEEDED", texts.render("DEADLINE_EXCEEDED", Language.EN, {}))


def failure_of(row: Operation) -> Failure | None:
    """Why it failed, was cancelled (on request, or by its deadline) or, before its end, why the attempt before failed."""
    if row.status is not OperationStatus.CANCELLED:
        return row.failure
    return _TOO_LATE if row.stop_reason == _TOO_LATE.reason else _CANCELLED


def ended_badly(row: Operation) -> bool:
    return row.status in (OperationStatus.FAILED, OperationStatus.CANCELLED)


def message_of(failure: Failure, language: Language | None) -> str:
    """The failure in the reader's language; as it was worded when an older release knew a reason that this one does not."""
    if language is None or failure.reason not in texts.TEXTS:
        return failure.message
    try:
        return texts.render(failure.reason, language, failure.params)
    except KeyError:  # stored by a release whose text had other parameters
        return failure.message
