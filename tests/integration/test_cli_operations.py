"""`storyreel operations` where it changes something, against a gateway that knows one story."""

import json
import os
from pathlib import Path

import pytest

from services.cli.errors import Exit
from tests.fixtures.gateway import CREATION, RENDERING, ScriptedGateway
from tests.integration.test_cli_commands import USER, run


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("STORYREEL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("STORYREEL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("STORYREEL_USER_ID", USER)
    monkeypatch.setenv("STORYREEL_LANG", "en")
    monkeypatch.setenv("COLUMNS", "200")


def test_a_filter_is_passed_on(scripted_gateway: ScriptedGateway) -> None:
    ran = run("operations", "list", "--filter", "status = failed AND attempt > 1", "--url", scripted_gateway.url)
    assert ran.code == 0
    assert scripted_gateway.asked[0][1] == "/v1/operations?page_size=20&filter=status+%3D+failed+AND+attempt+%3E+1"


@pytest.mark.parametrize(("verb", "status"), [("pause", "paused"), ("resume", "queued"), ("retry", "queued")])
def test_a_wish_is_passed_on_and_its_effect_told(scripted_gateway: ScriptedGateway, verb: str, status: str) -> None:
    told = run("operations", verb, f"operations/{CREATION}", "--url", scripted_gateway.url)
    assert (told.code, told.err.strip()) == (0, f"{CREATION}: {status}.")
    as_json = run("operations", verb, CREATION, "-o", "json", "--url", scripted_gateway.url)
    assert json.loads(as_json.out)["status"] == status
    assert scripted_gateway.calls() == [f"POST /v1/operations/{CREATION}:{verb}"] * 2
    assert scripted_gateway.asked[0][3]["Idempotency-Key"]


def test_an_ended_one_is_forgotten(scripted_gateway: ScriptedGateway) -> None:
    told = run("operations", "delete", CREATION, "--url", scripted_gateway.url)
    assert (told.code, told.err.strip()) == (0, f"{CREATION} is forgotten; what it made stays.")
    assert scripted_gateway.calls() == [f"DELETE /v1/operations/{CREATION}"]
    as_json = run("operations", "delete", CREATION, "-o", "json", "--url", scripted_gateway.url)
    assert json.loads(as_json.out) == {"id": CREATION, "deleted": True}


def test_a_refused_wish_says_why(scripted_gateway: ScriptedGateway) -> None:
    scripted_gateway.refusal = 409, {"reason": "OPERATION_ENDED", "detail": "It has ended."}
    ran = run("operations", "pause", CREATION, "--url", scripted_gateway.url)
    assert ran.code == Exit.FAILED
    assert "It has ended." in ran.err


def test_a_wait_ends_with_the_operation(scripted_gateway: ScriptedGateway) -> None:
    ran = run("operations", "wait", RENDERING, "--url", scripted_gateway.url)
    assert (ran.code, ran.err.strip()) == (0, f"{RENDERING}: succeeded.")
    method, path, body, _ = scripted_gateway.asked[0]
    assert (method, path, body) == ("POST", f"/v1/operations/{RENDERING}:wait", {"timeout": 50.0})
    scripted_gateway.status[RENDERING] = "failed"
    ran = run("operations", "wait", RENDERING, "--url", scripted_gateway.url)
    assert ran.code == Exit.FAILED
    assert "It broke." in ran.err


def test_a_wait_whose_time_is_over_says_how_far_it_is(scripted_gateway: ScriptedGateway) -> None:
    scripted_gateway.status[RENDERING] = "running"
    ran = run("operations", "wait", RENDERING, "--timeout", "0", "-o", "json", "--url", scripted_gateway.url)
    assert ran.code == Exit.FAILED
    told = json.loads(ran.err)["error"]
    assert (told["reason"], "running, 100%" in told["message"]) == ("NOT_ENDED", True)


def test_a_watch_goes_on_after_an_end_that_was_none(scripted_gateway: ScriptedGateway) -> None:
    scripted_gateway.told = [("started", {}), ("failed", {}), ("queued", {}), ("started", {}), ("succeeded", {})]
    ran = run("operations", "watch", CREATION, "--url", scripted_gateway.url)
    assert (ran.code, [line.split()[1] for line in ran.out.splitlines()[1:]]) == (0, [kind for kind, _ in scripted_gateway.told])
    assert sum(call.endswith("/events") for call in scripted_gateway.calls()) == 1
