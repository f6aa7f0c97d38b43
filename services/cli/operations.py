"""`storyreel operations`: what is queued, what runs, how far it is, why it failed; stopping it, and trying it again."""

from __future__ import annotations

import json
import time
from datetime import datetime

from services.cli.client import ENDED, Event, Gateway, Json
from services.cli.errors import CommandError, Exit
from services.cli.output import Output

COLUMNS = ("ID", "TYPE", "STATUS", "PROGRESS", "CREATED", "SECONDS", "RETRIES", "ERROR")

_UNTOLD = frozenset({"steps", "key"})
"""Facts of an event that are for programs."""
_LONGEST_WAIT = 50.0
"""Seconds of one request; the gateway and proxies allow a minute."""


def list_operations(gateway: Gateway, out: Output, *, limit: int, status: str, where: str) -> None:
    """The newest operations as a table."""
    found = gateway.operations(limit, status, where)
    if out.json:
        out.result({"operations": found})
    elif found:
        out.table(COLUMNS, [row(operation) for operation in found])
    else:
        out.note(out.words("no_operations"))


def show(gateway: Gateway, out: Output, operation: str) -> None:
    """One operation, every field."""
    found = gateway.operation(operation)
    if out.json:
        out.result(found)
    else:
        out.facts({name: _plain(value) for name, value in found.items()})


def watch(gateway: Gateway, out: Output, operation: str) -> None:
    """Its events as they come, a line each; raises CommandError when it ends otherwise than well."""
    for event in gateway.follow(operation):
        if out.json:
            out.line({"id": event.id, "event": event.kind, **event.data})
        else:
            out.row(line(event))
    _check_end(gateway.operation(operation), out)


def wait(gateway: Gateway, out: Output, operation: str, *, seconds: float) -> None:
    """Until it has ended, for `seconds` at most; raises CommandError when it has not, or has ended otherwise than well."""
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        found = gateway.wait(operation, min(max(left, 0.0), _LONGEST_WAIT))
        if found["status"] in ENDED:
            break
        if time.monotonic() >= deadline:
            text = out.words("still_waiting", id=operation, seconds=seconds, status=found["status"], progress=found["progress"])
            raise CommandError(Exit.FAILED, text, reason="NOT_ENDED")
    _told(out, found, "now")
    _check_end(found, out)


def pause(gateway: Gateway, out: Output, operation: str) -> None:
    """Put it aside; a running one stops shortly."""
    found = gateway.pause(operation)
    _told(out, found, "pause_asked" if found["status"] == "running" else "now")


def resume(gateway: Gateway, out: Output, operation: str) -> None:
    """Queue it again, or take back the wish to pause it."""
    _told(out, gateway.resume(operation), "now")


def retry(gateway: Gateway, out: Output, operation: str) -> None:
    """Queue a failed or cancelled one again."""
    _told(out, gateway.retry(operation), "now")


def forget(gateway: Gateway, out: Output, operation: str) -> None:
    """Delete the record of an ended one."""
    gateway.forget(operation)
    if out.json:
        out.result({"id": operation, "deleted": True})
    else:
        out.note(out.words("forgotten", id=operation))


def cancel(gateway: Gateway, out: Output, operation: str) -> None:
    """Ask it to stop; one that has ended stays as it is."""
    found = gateway.cancel(operation)
    if out.json:
        out.result(found)
    elif found["status"] in ENDED:
        out.note(out.words("already_ended", id=operation, status=found["status"]))
    else:
        out.note(out.words("cancel_asked", id=operation, status=found["status"]))


def row(operation: Json) -> tuple[str, ...]:
    """An operation's line in the table; seconds are from its start to its end."""
    return (
        str(operation["id"]),
        str(operation["type"]),
        str(operation["status"]),
        f"{float(operation.get('progress') or 0):.0%}",
        str(operation["created_at"])[:19].replace("T", " "),
        _seconds(operation),
        str(operation["retries"]),
        str(operation["error_msg"]),
    )


def line(event: Event) -> str:
    """An event's line: the time of day, what happened, and the facts of it. A snapshot of the operation is told in short."""
    if event.kind == "operation":
        at, facts = event.data["updated_at"], {name: event.data[name] for name in ("type", "status", "progress")}
    else:
        at, facts = event.data["at"], event.data["data"]
    told = " ".join(f"{name}={_plain(value)}" for name, value in facts.items() if name not in _UNTOLD)
    return f"{str(at)[11:23]}  {event.kind:18} {told}".rstrip()


def _told(out: Output, operation: Json, text: str) -> None:
    if out.json:
        out.result(operation)
    else:
        out.note(out.words(text, id=operation["id"], status=operation["status"]))


def _check_end(operation: Json, out: Output) -> None:
    if operation["status"] != "succeeded":
        text = out.words("operation_failed", type=operation["type"], message=operation["error_msg"] or operation["status"])
        raise CommandError(Exit.FAILED, text, reason=str(operation["status"]).upper())


def _seconds(operation: Json) -> str:
    started, finished = operation.get("started_at"), operation.get("finished_at")
    if not started or not finished:
        return ""
    return f"{(datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds():.2f}"


def _plain(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)
