"""How soon a cancel stops the engine that works on the operation, frees its place and ends the operation.

Stories are cancelled at random moments of their pictures' making, by the embedded painter. What the model service has in hand
is read from its metrics, and the operation's end from its event stream: each is timed from the POST of the cancel.
"""

import argparse
import random
import re
import socket
import tempfile
import threading
import time
from pathlib import Path

import httpx2

from bench import report
from tests.e2e.harness import Client, running_stack

BODY = {
    "display_name": "A bench",
    "script_content": "A knight rides through a dark forest. Snow falls on the old castle.",
    "shots": 8,
}
LOOK_SECONDS = 0.01
LONGEST_WAIT_SECONDS = 0.8
PATIENCE_SECONDS = 30.0
IN_FLIGHT = re.compile(r'^storyreel_engine_in_flight\{service="\w+"\} (\S+)$', re.MULTILINE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Engines:
    """What the model service says that it has in hand."""

    def __init__(self, port: int) -> None:
        self._http = httpx2.Client(base_url=f"http://127.0.0.1:{port}")

    def in_flight(self) -> float:
        return sum(float(number) for number in IN_FLIGHT.findall(self._http.get("/metrics").text))

    def idle_at(self) -> float:
        """Wait until nothing is being made; that moment."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.in_flight():
            if time.monotonic() > deadline:
                raise SystemExit("the engines did not stop")
            time.sleep(LOOK_SECONDS)
        return time.perf_counter()


def cancelled(client: Client, engines: Engines, chance: random.Random) -> tuple[float, float]:
    """Milliseconds from one cancel to the end of the engines' work, and to the operation's end."""
    operation = client.create_story(
        BODY | {"display_name": f"A bench {chance.random()}", "style": chance.choice(("anime", "ink", "movie"))}
    )
    for event in client.follow(operation):
        if event.kind == "step_started" and event.data.get("data", {}).get("step") == "keyframe":
            break
    time.sleep(chance.uniform(0.0, LONGEST_WAIT_SECONDS))
    began = time.perf_counter()
    client.cancel(operation)
    idle: list[float] = []
    watcher = threading.Thread(target=lambda: idle.append(engines.idle_at()))
    watcher.start()
    ended = client.ended(operation)
    over = time.perf_counter()
    watcher.join()
    if ended["status"] != "cancelled":
        raise SystemExit(f"a cancelled operation ended {ended['status']}")
    return (idle[0] - began) * 1000, (over - began) * 1000


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    port = free_port()
    chance = random.Random(chosen.seed)
    with (
        tempfile.TemporaryDirectory(prefix="storyreel-bench-") as folder,
        running_stack(Path(folder), {"STORYREEL_METRICS_PORT": str(port)}) as stack,
        stack.client() as client,
    ):
        engines = Engines(port)
        found = [cancelled(client, engines, chance) for _ in range(chosen.times)]
    stopped = report.percentiles([idle for idle, _ in found])
    ended = report.percentiles([over for _, over in found])
    rows = [["engines stopped, places free", *stopped.values()], ["operation cancelled", *ended.values()]]
    report.tell(
        {"benchmark": "cancel", "machine": report.machine(), "times": chosen.times, "stopped_ms": stopped, "ended_ms": ended},
        report.markdown([f"milliseconds from the cancel, {chosen.times} times", "p50", "p90", "p99", "max"], rows),
    )


if __name__ == "__main__":
    main()
