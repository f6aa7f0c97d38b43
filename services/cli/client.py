"""The REST API as the commands use it: calls, a followed operation, a downloaded file."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import httpx2

from services.cli.errors import CommandError, Exit
from services.cli.texts import Words

Json = dict[str, Any]
ENDED = frozenset({"succeeded", "failed", "cancelled"})
"""An operation in one of these states changes no more."""

_PATIENCE = 60.0
"""Seconds for which a gateway that was there may be away: it, or the database behind it, may be starting again."""
_PAUSE = 0.3


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event of an operation. `id` is empty for those shown live only."""

    id: str
    kind: str
    data: Json


class _Away(CommandError):
    """Nobody answers, or only that it cannot answer now: worth asking again."""


class Gateway:
    """One gateway, on behalf of one user. Errors come as CommandError, worded for the user."""

    def __init__(self, url: str, user: UUID, words: Words, *, transport: httpx2.BaseTransport | None = None) -> None:
        self._url = url.rstrip("/")
        self._words = words
        self._met = False
        self._client = httpx2.Client(
            base_url=self._url,
            headers={"X-User-ID": str(user), "Accept-Language": words.language},
            timeout=httpx2.Timeout(30.0, connect=5.0),
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def create_story(self, body: Mapping[str, Any]) -> str:
        """Begin a story; the operation's id."""
        return _operation_id(self._call("POST", "/v1/stories", json=body))

    def compile(self, story: str, options: Mapping[str, Any] | None = None) -> str:
        """Begin a story's film; the operation's id."""
        return _operation_id(self._call("POST", f"/v1/stories/{story}/compile", json=options or {}))

    def story(self, story: str) -> Json:
        return self._call("GET", f"/v1/stories/{story}")

    def shots(self, story: str) -> list[Json]:
        shots: list[Json] = self._call("GET", f"/v1/stories/{story}/shots")["shots"]
        return shots

    def operation(self, operation: str) -> Json:
        return self._call("GET", f"/v1/operations/{operation}")

    def operations(self, limit: int, status: str = "", where: str = "") -> list[Json]:
        """The newest operations, at most `limit`; `where` is a filter of the API's language."""
        query: dict[str, str | int] = {"page_size": limit}
        query |= ({"status": status} if status else {}) | ({"filter": where} if where else {})
        items: list[Json] = self._call("GET", "/v1/operations", params=query)["operations"]
        return items

    def cancel(self, operation: str) -> Json:
        return self._call("POST", f"/v1/operations/{operation}/cancel")

    def pause(self, operation: str) -> Json:
        return self._call("POST", f"/v1/operations/{operation}:pause")

    def resume(self, operation: str) -> Json:
        return self._call("POST", f"/v1/operations/{operation}:resume")

    def retry(self, operation: str) -> Json:
        return self._call("POST", f"/v1/operations/{operation}:retry")

    def wait(self, operation: str, seconds: float) -> Json:
        """The operation once it has ended, or as it is after `seconds`; the gateway waits no longer than a minute."""
        timeout = httpx2.Timeout(seconds + 30.0, connect=5.0)
        return self._call("POST", f"/v1/operations/{operation}:wait", json={"timeout": seconds}, timeout=timeout)

    def forget(self, operation: str) -> None:
        self._call("DELETE", f"/v1/operations/{operation}")

    def follow(self, operation: str) -> Iterator[Event]:
        """An operation's events from its beginning, over lost connections, until it has ended."""
        last = ""
        ended = False
        while True:
            kind = ""
            with contextlib.suppress(httpx2.TransportError, _Away):
                for event in self._events(operation, last):
                    last, kind = event.id or last, event.kind
                    yield event
                if kind in ENDED:
                    return  # the gateway ends a stream with the last end: one that was tried again has earlier ones
            if ended:
                return
            # Look once more for events after the end is known: the connection may have been lost just before them.
            ended = self.operation(operation)["status"] in ENDED
            time.sleep(0 if ended else _PAUSE)

    def download(self, url: str, to: Path) -> None:
        """Write a file whole or not at all."""
        to.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{to.name}.", dir=to.parent)
        aside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file, self._client.stream("GET", url) as answer:
                self._check(answer)
                for piece in answer.iter_bytes():
                    file.write(piece)
            aside.chmod(0o644)
            aside.replace(to)
        except httpx2.TransportError as error:
            raise self._unreachable(error) from error
        finally:
            aside.unlink(missing_ok=True)

    def _events(self, operation: str, last: str) -> Iterator[Event]:
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
        timeout = httpx2.Timeout(60.0, connect=5.0)  # the gateway comments on a silent stream every 15 s
        path = f"/v1/operations/{operation}/events"
        with self._client.stream("GET", path, headers=headers, timeout=timeout) as answer:
            self._check(answer)
            yield from parse_events(answer.iter_lines())

    def _call(self, method: str, path: str, **options: Any) -> Json:
        """One request's answer. A gateway that has answered before, and is away now, is asked again for a while.

        A POST carries an Idempotency-Key, so that asking again does nothing twice.
        """
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return self._once(method, path, headers=headers, **options)
            except _Away:
                if not self._met or time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)

    def _once(self, method: str, path: str, **options: Any) -> Json:
        try:
            answer = self._client.request(method, path, **options)
        except httpx2.TransportError as error:
            raise self._unreachable(error) from error
        self._check(answer)
        body: Json = answer.json() if answer.content else {}
        return body

    def _check(self, answer: httpx2.Response) -> None:
        self._met = True
        if answer.is_success:
            return
        answer.read()
        problem: Json = {}
        with contextlib.suppress(ValueError):
            told = answer.json()
            problem = told if isinstance(told, dict) else {}
        detail = str(problem.get("detail") or answer.text[:300] or answer.reason_phrase)
        code = Exit.USAGE if answer.status_code in {400, 404, 413, 422} else Exit.FAILED
        text = self._words("bad_answer", url=self._url, status=answer.status_code, detail=detail)
        reason = str(problem.get("reason") or f"HTTP_{answer.status_code}")
        raise (_Away if answer.status_code == 503 else CommandError)(code, text, reason=reason)

    def _unreachable(self, error: Exception) -> _Away:
        text = self._words("unreachable", url=self._url, problem=error)
        return _Away(Exit.UNREACHABLE, text, reason="UNREACHABLE")


def parse_events(lines: Iterator[str]) -> Iterator[Event]:
    """Server-sent events as the WHATWG's HTML standard, section 9.2.6, reads them, with JSON data; others are left out."""
    identifier, kind = "", ""
    data: list[str] = []
    for line in lines:
        if not line:
            if data:
                with contextlib.suppress(ValueError):
                    content = json.loads("\n".join(data))
                    if isinstance(content, dict):
                        yield Event(identifier, kind or "message", content)
            identifier, kind, data = "", "", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "id":
                identifier = value
            case "event":
                kind = value
            case "data":
                data.append(value)
            case _:
                pass  # a comment, or a field that we do not use


def _operation_id(accepted: Json) -> str:
    return str(accepted["operation_name"]).removeprefix("operations/")
