"""The tree of `core.errors` to and from `google.rpc.Status` (https://google.aip.dev/193).

Every error of ours carries an ErrorInfo with its reason, the domain `storyreel.dev` and its parameters as strings, with the
error's kind among them under the key `kind`; a transient one that knows when to come back a RetryInfo; a wrong request a
BadRequest that names the field. What comes without an ErrorInfo was not said by the service but by the wire.
"""

from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2, status_pb2

from services.core import errors, texts
from services.core.requests import Service

DOMAIN = "storyreel.dev"

# Trailing metadata is limited to 8 KiB by default, and Chinese text is percent-encoded in one of the two copies.
_LONGEST_MESSAGE = 400
_LONGEST_PARAMETER = 400

_CODES: Mapping[str, grpc.StatusCode] = {
    "internal": grpc.StatusCode.INTERNAL,
    "invalid_argument": grpc.StatusCode.INVALID_ARGUMENT,
    "too_large": grpc.StatusCode.INVALID_ARGUMENT,
    "unauthenticated": grpc.StatusCode.UNAUTHENTICATED,
    "not_found": grpc.StatusCode.NOT_FOUND,
    "failed_precondition": grpc.StatusCode.FAILED_PRECONDITION,
    "conflict": grpc.StatusCode.ALREADY_EXISTS,
    "content_violation": grpc.StatusCode.PERMISSION_DENIED,
    "cancelled": grpc.StatusCode.CANCELLED,
    "lease_lost": grpc.StatusCode.ABORTED,
    "transient": grpc.StatusCode.UNAVAILABLE,
    "unavailable": grpc.StatusCode.UNAVAILABLE,
    "resource_exhausted": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "deadline_exceeded": grpc.StatusCode.DEADLINE_EXCEEDED,
    "engine_failed": grpc.StatusCode.INTERNAL,
}


def code(error: errors.StoryreelError) -> grpc.StatusCode:
    return _CODES[error.kind]


def encode(error: errors.StoryreelError) -> status_pb2.Status:
    """The status that says `error` on the wire, in English; its reason and parameters let the reader word it anew."""
    metadata = {name: str(value)[:_LONGEST_PARAMETER] for name, value in error.params.items()}
    message = str(error)[:_LONGEST_MESSAGE]
    status = status_pb2.Status(code=code(error).value[0], message=message)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata | {"kind": error.kind})
    status.details.add().Pack(info)
    if error.retryable and error.retry_after is not None:
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(round(error.retry_after * 1e9))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    if isinstance(error, errors.InvalidArgument):
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=metadata.get("field", ""), description=message, reason=error.reason
        )
        status.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    return status


def decode(status: status_pb2.Status, service: Service) -> errors.StoryreelError | None:
    """The error that `encode` wrote; None when the status carries no ErrorInfo of ours."""
    info: error_details_pb2.ErrorInfo | None = None
    retry_after: float | None = None
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            found = error_details_pb2.ErrorInfo()
            detail.Unpack(found)
            info = found if found.domain == DOMAIN else info
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
            retry_after = retry.retry_delay.ToNanoseconds() / 1e9
    if info is None:
        return None
    params: dict[str, Any] = dict(info.metadata)
    kind = errors.BY_KIND.get(params.pop("kind", ""), errors.EngineFailed)
    if not _can_word(info.reason, params):
        # A newer service's reason: keep what kind of error it is, and its words.
        params = {"engine": service.value, "problem": status.message}
        return kind("ENGINE_UPSTREAM" if kind.retryable else "ENGINE_FAILED", retry_after=retry_after, **params)
    return kind(info.reason, retry_after=retry_after, **params)


def _can_word(reason: str, params: Mapping[str, Any]) -> bool:
    try:
        for text in texts.TEXTS[reason]:
            text.format(**params)
    except (KeyError, ValueError):
        return False
    return True
