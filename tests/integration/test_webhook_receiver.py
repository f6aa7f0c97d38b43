"""The receiver of `docs/webhooks.md` as it is printed there, told by a worker."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.core import webhooks
from services.core.webhooks import SCHEDULE, DeliveryState, EventType
from services.story_worker.settings import WorkerSettings
from tests.builders import ALICE
from tests.contract.store_steps import ready_story
from tests.webhook_steps import SECRET, Watched, delivering, endpoint

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, Any]]]:
    """Its URL, and what its program defines."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    defined: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(program, "docs/webhooks.md", "exec"), defined)  # noqa: S102 -- the page's own program is what is tested
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    server = HTTPServer(("127.0.0.1", 0), defined["Receiver"])
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}/", defined
    server.shutdown()
    serving.join()
    server.server_close()


async def test_it_hears_everything_once(receiver: tuple[str, dict[str, Any]], capfd: pytest.CaptureFixture[str]) -> None:
    url, defined = receiver
    store = Watched()
    async with delivering(store):
        hook = await endpoint(store, url)
        await ready_story(store, ALICE)
        ended = [await store.next_settled() for _ in range(3)]
        await store.redeliver(ALICE, hook.id, ended[0].id)
        ended.append(await store.next_settled())
        await store.rotate_webhook_secret(ALICE, hook.id, webhooks.new_secret(), keep=60.0)
        await store.try_webhook(ALICE, hook.id)
        ended.append(await store.next_settled())
    assert {delivery.state for delivery in ended} == {DeliveryState.DELIVERED}
    assert defined["Receiver"].handled == {delivery.event.id for delivery in ended}
    said = [line.split(" ")[0] for line in capfd.readouterr().out.splitlines()]
    assert sorted(said) == [EventType.OPERATION_SUCCEEDED, EventType.SHOT_LANDED, EventType.SHOT_LANDED, EventType.TEST]


async def test_it_believes_nobody_else(receiver: tuple[str, dict[str, Any]]) -> None:
    url, defined = receiver
    store = Watched()
    hook = await endpoint(store, url)
    event = (await store.try_webhook(ALICE, hook.id)).event
    content = webhooks.body(event)
    good = webhooks.headers(event, store.clock(), content, [SECRET])
    forgeries = [
        (content + b" ", good),
        (content, good | {"webhook-id": "evt_other"}),
        (content, webhooks.headers(event, store.clock(), content, [webhooks.new_secret()])),
        (content, {name: value for name, value in good.items() if name != "webhook-signature"}),
        (content, {name: value for name, value in good.items() if name != "webhook-timestamp"}),
    ]
    store.clock.move(-301)
    forgeries.append((content, webhooks.headers(event, store.clock(), content, [SECRET])))
    async with httpx2.AsyncClient() as client:
        for body, headers in forgeries:
            assert (await client.post(url, content=body, headers=headers)).status_code == 400
        assert (await client.post(url, content=content, headers=good)).status_code == 204
    assert defined["Receiver"].handled == {event.id}


def test_the_page_says_what_holds() -> None:
    words = {5.0: "5 seconds", 300.0: "5 minutes", 1800.0: "30 minutes", 7200.0: "2", 18_000.0: "5", 28_800.0: "8"}
    plan = [words[wait] for wait in SCHEDULE]
    assert f"after {', '.join(plan[:-1])} and {plan[-1]} hours" in " ".join(PAGE.split())
    assert f"within {WorkerSettings.model_fields['webhook_timeout_seconds'].default:.0f} seconds" in PAGE
    assert webhooks.KEPT_SECONDS == 30 * 86_400
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)
    assert set(json.loads(shown)) == {"type", "timestamp", "data"}
    for kind in EventType:
        assert f"`{kind.value}`" in PAGE
