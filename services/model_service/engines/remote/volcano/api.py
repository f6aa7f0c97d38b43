"""Volcano Engine's visual API: a job is submitted, asked after, and its errors are told apart by their codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.core.errors import ContentViolation, EngineFailed, ResourceExhausted, StoryreelError, Unavailable
from services.model_service.engines.remote import refusals
from services.model_service.engines.remote.job_ids import job_id
from services.model_service.engines.remote.peer import Peer, Session
from services.model_service.engines.remote.volcano.settings import VolcanoSettings
from services.model_service.engines.remote.volcano.signing import Signer

VERSION = "2022-08-31"
SUCCESS = 10000

_VIOLATIONS = frozenset((50411, 50412, 50413, 50511, 50512, 50513, 50514, 50516, 50517, 50518, 50519))
"""Pictures, words or sound, asked for or made, that a review has not let pass."""
_BUSY = frozenset((50429, 50430))
_BROKEN = frozenset((50500, 50501, 50520, 50521, 50522))
_DENIED = 50400
_UNAUTHORIZED = frozenset(
    (
        "AccessDenied",
        "InvalidAccessKey",
        "InvalidAuthorization",
        "InvalidCredential",
        "InvalidSecretToken",
        "InvalidTimestamp",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
    )
)
"""Codes of the gateway before the API, which checks signatures."""


class Broken(Unavailable):
    """The API says, with a code of its own, that it or the job has failed inside."""


@dataclass(frozen=True, slots=True)
class Actions:
    """The names of the two calls that a kind of job has."""

    submit: str = "CVSync2AsyncSubmitTask"
    result: str = "CVSync2AsyncGetResult"


ACTIONS = Actions()


def peer(name: str, settings: VolcanoSettings) -> Peer:
    """Volcano Engine, as the engine `name` sees it."""

    def judge(status: int, body: bytes) -> StoryreelError | None:
        try:
            return judged(name, status, refusals.parsed(body))
        except ValueError:
            return None

    return Peer(name, settings.base_url, auth=Signer(settings.credentials, settings.scope), limits=settings.limits, judge=judge)


async def submitted(session: Session, name: str, action: str, body: Mapping[str, Any]) -> str:
    """Submit a job; its id. A paid call."""
    data = await _called(session, name, action, body, paid=True)
    return job_id(name, data, "task_id")


async def result(session: Session, name: str, action: str, req_key: str, found: str) -> Mapping[str, Any]:
    """What is known of a job: `status`, and what it made."""
    return await _called(session, name, action, {"req_key": req_key, "task_id": found}, paid=False)


async def _called(session: Session, name: str, action: str, body: Mapping[str, Any], *, paid: bool) -> Mapping[str, Any]:
    params = {"Action": action, "Version": VERSION}
    answer = await session.json("POST", "/", body, params=params, paid=paid)
    if (error := judged(name, 200, answer)) is not None:
        raise error
    data = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(data, Mapping) or answer.get("code") != SUCCESS:
        raise refusals.unexpected(name, "code 10000 and data", answer)
    return data


def judged(name: str, status: int, answer: Any) -> StoryreelError | None:
    """The error that an answer's codes stand for; None when it has none."""
    if not isinstance(answer, Mapping):
        return None
    metadata = answer.get("ResponseMetadata")
    if isinstance(metadata, Mapping) and isinstance(metadata.get("Error"), Mapping):
        return _of_gateway(name, status, metadata["Error"])
    code = answer.get("code")
    if not isinstance(code, int) or code == SUCCESS:
        return None
    problem = f"{code} {str(answer.get('message') or '')[:300]}".strip()
    if code in _VIOLATIONS:
        return ContentViolation("CONTENT_VIOLATION", problem=problem)
    if code in _BUSY:
        return ResourceExhausted("PEER_BUSY", engine=name, problem=problem)
    if code in _BROKEN:
        return Broken("PEER_ERROR", engine=name, status=status, problem=problem)
    if code == _DENIED or status in (401, 403):
        return EngineFailed("PEER_UNAUTHORIZED", engine=name, status=status, problem=problem)
    if status == 429 or status >= 500:
        return None
    return EngineFailed("PEER_REFUSED", engine=name, status=status, problem=problem)


def _of_gateway(name: str, status: int, error: Mapping[str, Any]) -> StoryreelError | None:
    code = str(error.get("Code") or "")
    problem = f"{code} {str(error.get('Message') or '')[:300]}".strip()
    if code in _UNAUTHORIZED or status in (401, 403):
        return EngineFailed("PEER_UNAUTHORIZED", engine=name, status=status, problem=problem)
    if status == 429 or code == "FlowLimitExceeded":
        return ResourceExhausted("PEER_BUSY", engine=name, problem=problem)
    if status >= 500 or code in ("InternalError", "ServiceUnavailableTemp"):
        return Unavailable("PEER_ERROR", engine=name, status=status, problem=problem)
    return EngineFailed("PEER_REFUSED", engine=name, status=status, problem=problem)
