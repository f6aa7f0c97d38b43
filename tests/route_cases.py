"""Every route that the gateway answers, and how a user asks it for something: whoever adds a route adds its case here.

Tests put one user's ids into the cases and ask as another, over the twins and over a whole stack.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import httpx2

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/docs"),
    ("GET", "/docs/oauth2-redirect"),
    ("GET", "/openapi.json"),
    ("GET", "/docs-assets"),
}


@dataclass(frozen=True)
class Case:
    """How to ask one route for something that is somebody's: `{story}`, `{shot}`, `{operation}` and so on stand for ids.

    `{cover}` stands for `cover.jpg` or `cover.png`, as the engine makes it. `status` is what the owner is answered.
    """

    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200

    def of(self, **things: object) -> str:
        """The path with these in it."""
        return self.path.format(**things)


_STATIC = "/static/{name}"
_OPERATION = "/v1/operations/{operation_id}"
_NAMED = "/v1/operations/operations/{operation_id}"
_SHOT = "/v1/stories/{story_id}/shots/{shot_id}"
_WEBHOOK = "/v1/webhooks/{webhook_id}"
_JSON = {"Accept": "application/json"}
_VERBS = {"wait": 200, "cancel": 200, "pause": 409, "resume": 409, "retry": 409}
"""What is asked of one operation, and what the owner of one that has succeeded is answered."""
CASES: dict[tuple[str, str], list[Case]] = {
    ("GET", "/v1/stories/{story_id}"): [Case("/v1/stories/{story}")],
    ("DELETE", "/v1/stories/{story_id}"): [Case("/v1/stories/{story}", status=204)],
    ("POST", "/v1/stories/{story_id}/compile"): [Case("/v1/stories/{story}/compile", {}, status=202)],
    ("GET", "/v1/stories/{story_id}/shots"): [Case("/v1/stories/{story}/shots")],
    ("GET", _SHOT): [Case("/v1/stories/{story}/shots/{shot}")],
    ("PATCH", _SHOT): [Case("/v1/stories/{story}/shots/{shot}", {"shot": {"narration": "mine"}})],
    ("POST", f"{_SHOT}/regenerate"): [Case("/v1/stories/{story}/shots/{shot}/regenerate", {}, status=202)],
    ("GET", f"{_SHOT}/versions"): [Case("/v1/stories/{story}/shots/{shot}/versions")],
    ("POST", f"{_SHOT}/versions/{{asset_type}}/{{number}}:restore"): [
        Case("/v1/stories/{story}/shots/{shot}/versions/ASSET_IMAGE/1:restore")
    ],
    ("GET", _OPERATION): [Case("/v1/operations/{operation}")],
    ("GET", _NAMED): [Case("/v1/operations/operations/{operation}")],
    ("GET", f"{_OPERATION}/events"): [
        Case("/v1/operations/{operation}/events"),
        Case("/v1/operations/{operation}/events", headers=_JSON),
    ],
    ("GET", f"{_NAMED}/events"): [Case("/v1/operations/operations/{operation}/events")],
    **{
        ("POST", f"{prefix}{separator}{verb}"): [Case(path + separator + verb, status=status)]
        for prefix, path in ((_OPERATION, "/v1/operations/{operation}"), (_NAMED, "/v1/operations/operations/{operation}"))
        for verb, status in _VERBS.items()
        for separator in ":/"
    },
    ("DELETE", _OPERATION): [Case("/v1/operations/{operation}", status=204)],
    ("DELETE", _NAMED): [Case("/v1/operations/operations/{operation}", status=204)],
    ("GET", _WEBHOOK): [Case("/v1/webhooks/{webhook}")],
    ("PATCH", _WEBHOOK): [Case("/v1/webhooks/{webhook}", {"enabled": False})],
    ("DELETE", _WEBHOOK): [Case("/v1/webhooks/{webhook}", status=204)],
    ("POST", f"{_WEBHOOK}:rotate-secret"): [Case("/v1/webhooks/{webhook}:rotate-secret")],
    ("POST", f"{_WEBHOOK}:test"): [Case("/v1/webhooks/{webhook}:test", status=202)],
    ("GET", f"{_WEBHOOK}/deliveries"): [Case("/v1/webhooks/{webhook}/deliveries")],
    ("GET", f"{_WEBHOOK}/deliveries/{{delivery_id}}"): [Case("/v1/webhooks/{webhook}/deliveries/{delivery}")],
    ("POST", f"{_WEBHOOK}/deliveries/{{delivery_id}}:redeliver"): [
        Case("/v1/webhooks/{webhook}/deliveries/{delivery}:redeliver", status=202)
    ],
    ("HEAD", _STATIC): [Case("/static/{story}_FINAL_MOVIE.mp4")],
    ("GET", _STATIC): [
        Case(f"/static/{name}")
        for name in (
            "{story}_FINAL_MOVIE.mp4",
            "{story}_{cover}",
            "{story}_subtitles.srt",
            "{story}_captions.vtt",
            "{story}_{shot}_keyframe.png",
            "{story}_{shot}_keyframe_v1.png",
            "{story}_{shot}_clip.mp4",
            "{story}_{shot}_narration.wav",
        )
    ],
}
MATRIX = [(method, case) for (method, _), cases in CASES.items() for case in cases]
NAMES = [f"{method} {case.path}" for method, case in MATRIX]
LISTS = {("GET", "/v1/stories"): "items", ("GET", "/v1/operations"): "operations", ("GET", "/v1/webhooks"): "webhooks"}
CREATES = {("POST", "/v1/stories"), ("POST", "/v1/webhooks")}
BULKS = {("POST", "/v1/operations:cancel"), ("POST", "/v1/operations:retry")}
"""What changes many of the asking user's own operations, by a filter."""
ROUTES = PUBLIC | set(CASES) | set(LISTS) | CREATES | BULKS


def absent(path: str) -> str:
    """The same path with ids that are nobody's."""
    return re.sub(r"[0-9a-f]{8}(?=-[0-9a-f]{4}-7)", "00000000", path)


def anonymous(answer: httpx2.Response) -> tuple[int, str, dict[str, str]]:
    """An answer without what differs from request to request."""
    uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}")
    headers = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "date"}}
    return answer.status_code, uuid.sub("#", answer.text), headers
