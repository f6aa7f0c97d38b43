"""What the API's description shows of webhooks; a test holds every example to its own schema."""

from collections.abc import Mapping
from typing import Any

_WEBHOOK = "0199d3a4-8f00-7c3a-8d11-6a1f6f2f7a01"
_OPERATION = "0199d3a4-7c11-7d22-8a90-b0b3a96ddca3"
_CREATED = "2026-11-20T12:40:30.761361+00:00"
_ENDED = "2026-11-20T12:40:44.220517+00:00"

CREATE_WEBHOOK: Mapping[str, Any] = {
    "everything": {"url": "https://example.com/hooks"},
    "only how operations end": {
        "url": "https://example.com/hooks",
        "event_types": ["operation.succeeded", "operation.failed", "operation.cancelled"],
        "description": "The billing backend",
    },
}
PATCH_WEBHOOK: Mapping[str, Any] = {"off for a while": {"enabled": False}, "moved": {"url": "https://example.com/v2/hooks"}}

WEBHOOK: Mapping[str, Any] = {
    "id": _WEBHOOK,
    "user_id": "11111111-2222-3333-4444-555555555555",
    "created_at": _CREATED,
    "updated_at": _CREATED,
    "url": "https://example.com/hooks",
    "description": "The billing backend",
    "event_types": ["operation.succeeded", "operation.failed", "operation.cancelled"],
    "enabled": True,
    "gone": False,
    "old_secret_expires_at": None,
}
WITH_SECRET: Mapping[str, Any] = {**WEBHOOK, "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDQ1DsO3Uh4HA="}
WEBHOOK_LIST: Mapping[str, Any] = {"webhooks": [WEBHOOK], "next_page_token": ""}

DELIVERED: Mapping[str, Any] = {
    "id": "0199d3a4-b1f0-7e11-9c4d-2b7a3f0c5d02",
    "webhook_id": _WEBHOOK,
    "created_at": _ENDED,
    "event_id": "evt_0199d3a47c117d228a90b0b3a96ddca3_9",
    "message": {
        "type": "operation.succeeded",
        "timestamp": _ENDED,
        "data": {
            "operation_id": _OPERATION,
            "operation_type": "story_create",
            "story_id": "0199d3a4-7c10-7b1e-9a52-4fbb04b3db6d",
            "shot_id": None,
            "seq": 9,
            "status": "succeeded",
            "attempt": 1,
            "error": None,
        },
    },
    "state": "delivered",
    "attempt": 1,
    "next_attempt_at": None,
    "last_attempt_at": _ENDED,
    "finished_at": _ENDED,
    "status": 204,
    "problem": None,
}
RETRIED: Mapping[str, Any] = {
    **DELIVERED,
    "state": "pending",
    "next_attempt_at": "2026-11-20T12:45:40.120417+00:00",
    "finished_at": None,
    "attempt": 2,
    "status": 500,
    "problem": {"reason": "WEBHOOK_REFUSED", "message": "The webhook answered with status 500; only 2xx counts as received."},
}
DUE: Mapping[str, Any] = {**RETRIED, "next_attempt_at": _ENDED}
TRIAL: Mapping[str, Any] = {
    **DELIVERED,
    "event_id": "evt_0199d3a4c0de7e119c4d2b7a3f0c5d02_test",
    "message": {"type": "webhook.test", "timestamp": _ENDED, "data": {"webhook_id": _WEBHOOK}},
    "state": "pending",
    "attempt": 0,
    "next_attempt_at": _ENDED,
    "last_attempt_at": None,
    "finished_at": None,
    "status": None,
}
DELIVERY_LIST: Mapping[str, Any] = {"deliveries": [RETRIED, DELIVERED], "next_page_token": ""}
