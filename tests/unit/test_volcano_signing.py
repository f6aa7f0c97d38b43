"""Volcano Engine's signature, against the documentation's worked example and a second implementation."""

import hashlib
from datetime import UTC, datetime

import httpx2
import pytest

from services.model_service.engines.remote.volcano.signing import Credentials, Scope, Signer, authorization
from tests.fixtures.peer import Asked
from tests.fixtures.volcano_server import Keys, refused

EXAMPLE = Credentials(
    "AKLTYWViMTVmZGYzM2E0NDI5Mzk2MDZjNjFmMjc2MjRjMzg", "WkRZeE1EQmxPVGhsWWpWak5HVmtNbUUxTXpZeU9UVXlOMlE1TmpZeVlqTQ=="
)
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_the_worked_example_of_the_documentation() -> None:
    found = authorization(
        EXAMPLE,
        Scope("cn-beijing", "iam"),
        method="GET",
        path="/",
        query=[("Action", "ListUsers"), ("Version", "2018-01-01"), ("Limit", "10"), ("Offset", "0")],
        headers={"Host": "iam.volcengineapi.com", "X-Date": "20240619T071306Z"},
        payload=hashlib.sha256(b"").hexdigest(),
    )
    assert found == (
        "HMAC-SHA256 Credential=AKLTYWViMTVmZGYzM2E0NDI5Mzk2MDZjNjFmMjc2MjRjMzg/20240619/cn-beijing/iam/request, "
        "SignedHeaders=host;x-date, Signature=e31c4558bcfe08a286001f59cedbf0791ffd0b2362f10e55ee2627467bcdde93"
    )


def signed(url: str, body: bytes, token: str = "") -> httpx2.Request:
    signer = Signer(Credentials("AK", "SK==", token), Scope("cn-north-1", "cv"), now=lambda: AT)
    request = httpx2.Request("POST", url, content=body, headers={"content-type": "application/json"})
    return next(signer.sync_auth_flow(request))


@pytest.mark.parametrize("token", ["", "a temporary one"])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:80/?Version=2022-08-31&Action=CVSync2AsyncSubmitTask", "http://h:8080/a b/ü?x=1%2B1&e=&b=%E5%8D%B3 ~"]
)
def test_a_second_implementation_agrees(url: str, token: str) -> None:
    request = signed(url, '{"prompt": "千军万马"}'.encode(), token)
    target = request.url.raw_path.decode()
    headers = {name.lower(): value for name, value in request.headers.items()}
    keys = Keys("AK", "SK==", "cn-north-1", "cv")
    assert refused(keys, Asked("POST", target, headers, request.content), AT) is None
    assert ("x-security-token" in headers["authorization"]) is bool(token)


@pytest.mark.parametrize("broken", ["body", "query", "date", "secret", "region", "old"])
def test_it_covers_everything(broken: str) -> None:
    request = signed("http://h/?Action=A&Version=V", b"{}")
    headers = {name.lower(): value for name, value in request.headers.items()}
    target, body, now = request.url.raw_path.decode(), b"{}", AT
    keys = Keys("AK", "SK==", "cn-north-1", "cv")
    match broken:
        case "body":
            body = b"{ }"
        case "query":
            target += "1"
        case "date":
            headers["x-date"] = "20261122T120001Z"
        case "secret":
            keys = Keys("AK", "other", "cn-north-1", "cv")
        case "region":
            keys = Keys("AK", "SK==", "cn-beijing", "cv")
        case "old":
            now = datetime(2026, 11, 22, 12, 16, tzinfo=UTC)
    assert refused(keys, Asked("POST", target, headers, body), now) is not None


def test_a_repeated_request_is_signed_anew() -> None:
    times = iter([AT, datetime(2026, 11, 22, 12, 30, tzinfo=UTC)])
    signer = Signer(Credentials("AK", "SK"), Scope("cn-north-1", "cv"), now=lambda: next(times))
    request = httpx2.Request("POST", "http://h/", content=b"{}")
    first = dict(next(signer.sync_auth_flow(request)).headers)
    again = dict(next(signer.sync_auth_flow(request)).headers)
    assert (first["x-date"], again["x-date"]) == ("20261122T120000Z", "20261122T123000Z")
    assert first["authorization"] != again["authorization"]


def test_a_secret_is_not_shown() -> None:
    assert "SK==" not in repr(Credentials("AK", "SK==", "token"))
