"""Errors as RFC 9457 problem details: the only place of the gateway that turns an error's kind into an HTTP status."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.requests import Request

from services.core.errors import StoryreelError
from services.core.model import Language
from services.gateway import languages
from services.gateway.codes import STATUS_BY_KIND, STATUS_BY_REASON

CHINESE_TITLES: Mapping[int, str] = {
    400: "请求有误",
    401: "未表明身份",
    404: "不存在",
    405: "方法不支持",
    409: "与当前状态冲突",
    413: "内容过大",
    415: "类型不支持",
    416: "范围无法满足",
    422: "无法处理",
    429: "请求过多",
    500: "服务内部错误",
    502: "上游出错",
    503: "暂时不可用",
    504: "超时",
    507: "存储空间不足",
}
RETRY_AFTER_SECONDS = 1


class ProblemField(BaseModel):
    """One thing that is wrong, and where."""

    field: Annotated[str, Field(description="The offending field as the client spelled it; empty when it is none.")]
    reason: str
    detail: str


class Problem(BaseModel):
    """What went wrong (RFC 9457), in the language of Accept-Language: English unless Chinese is preferred."""

    type: Annotated[str, Field(description="Names the kind of problem: urn:storyreel:problem: and the reason.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="What happened, where, and how to mend it.")]
    instance: Annotated[str, Field(description="The path that was asked for.")]
    reason: Annotated[str, Field(description="For machines: UPPER_SNAKE_CASE, and never reworded.")]
    request_id: Annotated[str, Field(description="Finds the request in the logs.")]
    errors: list[ProblemField]


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def status_of(error: StoryreelError) -> int:
    return STATUS_BY_REASON.get(error.reason) or STATUS_BY_KIND[error.kind]


def request_id(request: Request) -> str:
    """The request's id, as the outermost middleware set it."""
    return str(request.scope.get("storyreel.request_id", ""))


def render(request: Request, errors: Sequence[StoryreelError]) -> ProblemResponse:
    """The answer to a request that failed. The first error gives status, reason and headers."""
    first = errors[0]
    status = status_of(first)
    language = languages.preferred(request.headers.get("accept-language")) or Language.EN
    problem = Problem(
        type=f"urn:storyreel:problem:{first.reason.lower().replace('_', '-')}",
        title=CHINESE_TITLES[status] if language is Language.ZH else HTTPStatus(status).phrase,
        status=status,
        detail=first.message(language),
        instance=request.url.path,
        reason=first.reason,
        request_id=request_id(request),
        errors=[
            ProblemField(field=str(error.params.get("field", "")), reason=error.reason, detail=error.message(language))
            for error in errors
        ],
    )
    return ProblemResponse(problem.model_dump(), status_code=status, headers=_headers(first, status, language))


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems, beside 401 and 503."""
    content = {ProblemResponse.media_type: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in sorted({401, 503, *statuses})}


def _headers(error: StoryreelError, status: int, language: Language) -> dict[str, str]:
    headers = {"Content-Language": language.value, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    if error.retryable:
        headers["Retry-After"] = str(max(RETRY_AFTER_SECONDS, round(error.retry_after or 0)))
    match status:
        case 401:
            headers["WWW-Authenticate"] = "X-User-ID"
        case 405:
            headers["Allow"] = str(error.params["allowed"])
        case 413:
            headers["Connection"] = "close"  # the rest of the body is not read
        case 416:
            headers["Content-Range"] = f"bytes */{error.params['size']}"
    return headers
