"""Volcano Engine's signature of a request: AWS Signature Version 4 with a key, a scope and header names of its own.

Source: Volcano Engine, 签名方法 (docs/6369/67269); its worked example (docs/6369/67270) is a test.
"""

import hashlib
import hmac
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

import httpx2

_ALGORITHM = "HMAC-SHA256"
_SIGNED = ("content-type", "host", "x-content-sha256", "x-date", "x-security-token")


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key. `token` goes with temporary ones."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a signature is for."""

    region: str
    service: str

    def on(self, day: str) -> str:
        """The credential's scope on a day such as `20240619`."""
        return f"{day}/{self.region}/{self.service}/request"


class Signer(httpx2.Auth):
    """Signs each request anew when it is sent, also a repeated one: a signature is good for a quarter of an hour."""

    requires_request_body = True

    def __init__(self, credentials: Credentials, scope: Scope, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._credentials = credentials
        self._scope = scope
        self._now = now

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["X-Date"] = self._now().strftime("%Y%m%dT%H%M%SZ")
        request.headers["X-Content-Sha256"] = hashlib.sha256(request.content).hexdigest()
        if self._credentials.token:
            request.headers["X-Security-Token"] = self._credentials.token
        request.headers["Authorization"] = authorization(
            self._credentials,
            self._scope,
            method=request.method,
            path=request.url.path,
            query=parse_qsl(request.url.query.decode("ascii"), keep_blank_values=True),
            headers={name: request.headers[name] for name in _SIGNED if name in request.headers},
            payload=request.headers["X-Content-Sha256"],
        )
        yield request


def authorization(
    credentials: Credentials,
    scope: Scope,
    *,
    method: str,
    path: str,
    query: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    payload: str,
) -> str:
    """The header `Authorization`. All of `headers` are signed, `x-date` among them; `payload` is the body's SHA-256 in hex."""
    lines = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed = ";".join(sorted(lines))
    canonical = "\n".join(
        (
            method,
            quote(path or "/", safe="/-_.~"),
            "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(query, key=lambda pair: pair[0])),
            "".join(f"{name}:{lines[name]}\n" for name in sorted(lines)),
            signed,
            payload,
        )
    )
    at = lines["x-date"]
    scoped = scope.on(at[:8])
    text = "\n".join((_ALGORITHM, at, scoped, hashlib.sha256(canonical.encode()).hexdigest()))
    key = credentials.secret_key.encode()
    for part in scoped.split("/"):
        key = _mac(key, part)
    return f"{_ALGORITHM} Credential={credentials.access_key}/{scoped}, SignedHeaders={signed}, Signature={_mac(key, text).hex()}"


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
