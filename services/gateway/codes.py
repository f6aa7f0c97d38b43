"""What an error is called where users meet it: an HTTP status, and a google.rpc.Code. Nothing else decides these."""

from collections.abc import Mapping

DOMAIN = "storyreel.dev"
"""Whose reasons these are: google.rpc.ErrorInfo's domain."""

STATUS_BY_KIND: Mapping[str, int] = {
    "internal": 500,
    "invalid_argument": 400,
    "too_large": 413,
    "unauthenticated": 401,
    "not_found": 404,
    "failed_precondition": 409,
    "conflict": 409,
    "content_violation": 422,
    "cancelled": 409,
    "lease_lost": 500,
    "transient": 503,
    "unavailable": 503,
    "resource_exhausted": 429,
    "deadline_exceeded": 504,
    "engine_failed": 502,
}
STATUS_BY_REASON: Mapping[str, int] = {
    "BAD_RANGE": 416,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "METHOD_NOT_ALLOWED": 405,
    "STORAGE_FULL": 507,
    "UNSUPPORTED_ENCODING": 415,
    "UNSUPPORTED_MEDIA_TYPE": 415,
}
"""Where HTTP has a more telling status than the error's kind."""

RPC_CODES: Mapping[str, int] = {
    "internal": 13,
    "invalid_argument": 3,
    "too_large": 3,
    "unauthenticated": 16,
    "not_found": 5,
    "failed_precondition": 9,
    "conflict": 10,
    "content_violation": 3,
    "cancelled": 1,
    "lease_lost": 10,
    "transient": 14,
    "unavailable": 14,
    "resource_exhausted": 8,
    "deadline_exceeded": 4,
    "engine_failed": 13,
}
"""google.rpc.Code by the kind of a failure."""
