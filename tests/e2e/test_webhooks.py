"""Webhooks of a whole stack: told, signed, and told again when the worker that told was killed before it could note it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import standardwebhooks

from tests.e2e.conftest import StartStack
from tests.e2e.harness import BLANK, Json, RunningStack

TEXT = "A lantern burns on the quay. A boat comes home through the fog."
ALLOWED = {
    "STORYREEL_WEBHOOK_ALLOW_HTTP": "true",
    "STORYREEL_WEBHOOK_ALLOW_PRIVATE": "true",
    "STORYREEL_WEBHOOK_TIMEOUT_SECONDS": "5",
}


class Listener(ThreadingHTTPServer):
    """Keeps what it is told. Whoever tells it of an operation's end for the first time is killed before it is answered."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stack: RunningStack | None = None
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.heard = threading.Condition()

    @property
    def ids(self) -> set[str]:
        return {headers["webhook-id"] for headers, _ in self.told}

    @property
    def ends(self) -> list[tuple[dict[str, str], bytes]]:
        return [message for message in self.told if json.loads(message[1])["type"] == "operation.succeeded"]


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.heard:
            self.server.told.append((dict(self.headers.items()), body))
            if len(self.server.ends) == 1 and self.server.ends[0][1] == body and self.server.stack:
                self.server.stack.signal("worker")
            self.server.heard.notify_all()
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
        """Nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield server
        server.shutdown()
        serving.join()


@pytest.mark.slow
def test_a_worker_killed_while_it_tells_loses_nothing(start_stack: StartStack, listener: Listener) -> None:
    listener.stack = stack = start_stack(BLANK | ALLOWED)
    with stack.client() as client:
        hook: Json = client.http.post("/v1/webhooks", json={"url": f"http://127.0.0.1:{listener.server_port}/"}).json()
        story = client.made_story(TEXT, shots=1)
        with listener.heard:
            assert listener.heard.wait_for(lambda: len(listener.ends) == 2 and len(listener.ids) == 2, timeout=90)
        assert stack.restarts("worker") == 1
        (first, _), (second, _) = listener.ends
        assert first["webhook-id"] == second["webhook-id"]
        for headers, body in listener.told:
            data = standardwebhooks.Webhook(hook["secret"]).verify(body, headers)["data"]
            assert data["story_id"] == story["id"]
        shown = client.http.get(f"/v1/webhooks/{hook['id']}/deliveries").json()["deliveries"]
        assert {one["event_id"] for one in shown} == listener.ids
        assert next(one["attempt"] for one in shown if one["event_id"] == first["webhook-id"]) == 2
