"""Errors as google.rpc.Status (https://google.aip.dev/193): a code, a text, and details for machines."""

from collections.abc import Sequence

from google.protobuf import duration_pb2
from google.rpc import error_details_pb2, status_pb2

from services.core.errors import InvalidArgument, StoryreelError
from services.core.model import Failure, Language
from services.gateway.codes import DOMAIN, RPC_CODES

_LONGEST = 400
"""Trailing metadata is limited to 8 KiB by default, and a text is in it more than once."""


def status(errors: Sequence[StoryreelError], language: Language | None) -> status_pb2.Status:
    """The status of a call that failed: the first error gives the code, BadRequest names every field that is wrong.

    The message is English; a LocalizedMessage has it in the caller's language, where that is another.
    """
    first = errors[0]
    message = str(first)[:_LONGEST]
    found = status_pb2.Status(code=RPC_CODES[first.kind], message=message)
    metadata = {name: str(value)[:_LONGEST] for name, value in first.params.items()}
    found.details.add().Pack(error_details_pb2.ErrorInfo(reason=first.reason, domain=DOMAIN, metadata=metadata))
    if language not in {None, Language.EN}:
        text = first.message(language)[:_LONGEST]
        found.details.add().Pack(error_details_pb2.LocalizedMessage(locale=language, message=text))
    violations = [
        error_details_pb2.BadRequest.FieldViolation(
            field=str(error.params["field"]), description=str(error)[:_LONGEST], reason=error.reason
        )
        for error in errors
        if isinstance(error, InvalidArgument) and "field" in error.params
    ]
    if violations:
        found.details.add().Pack(error_details_pb2.BadRequest(field_violations=violations[:5]))
    if first.retryable:
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(round(max(first.retry_after or 0.0, 1.0) * 1e9))
        found.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return found


def of_failure(failure: Failure, message: str) -> status_pb2.Status:
    """The `error` of an operation that failed or was cancelled."""
    found = status_pb2.Status(code=RPC_CODES[failure.kind], message=message)
    metadata = {name: str(value) for name, value in failure.params.items()}
    found.details.add().Pack(error_details_pb2.ErrorInfo(reason=failure.reason, domain=DOMAIN, metadata=metadata))
    return found
