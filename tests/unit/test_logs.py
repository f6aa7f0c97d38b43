"""Log lines: one JSON object an event, alike from structlog and from the standard library's loggers."""

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from services.adapters import logs
logs.configure("gateway", "INFO")
ours, theirs = structlog.get_logger("ours"), logging.getLogger("theirs")
with structlog.contextvars.bound_contextvars(request_id="r1"):
    ours.info("request", path="/雪", odd={1, })
    ours.debug("too quiet")
    theirs.warning("gone: %s", "kafka")
    theirs.debug("too quiet")
try:
    1 / 0
except ZeroDivisionError:
    ours.exception("unexpected")
    theirs.exception("unexpected")
"""


def test_both_kinds_of_loggers_write_the_same_lines() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True, encoding="utf-8").stderr
    request, gone, *unexpected = [json.loads(line) for line in told.splitlines()]
    assert "/雪" in told
    assert request.pop("timestamp").endswith("Z")
    assert request == {
        "service": "gateway",
        "path": "/雪",
        "odd": "{1}",
        "event": "request",
        "request_id": "r1",
        "level": "info",
        "logger": "ours",
    }
    assert gone.pop("timestamp").endswith("Z")
    assert gone == {"service": "gateway", "event": "gone: kafka", "request_id": "r1", "level": "warning", "logger": "theirs"}
    assert [line["logger"] for line in unexpected] == ["ours", "theirs"]
    for line in unexpected:
        assert line["level"] == "error"
        assert "ZeroDivisionError" in line["exception"]
        assert "request_id" not in line
